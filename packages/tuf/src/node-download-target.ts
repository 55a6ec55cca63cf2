import { constants } from "node:fs";
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import path from "node:path";
import type { Result } from "@sumac/cbor";
import type { Crypto } from "@sumac/crypto";
import { FileCheck } from "./file-check.ts";
import type { TargetFile } from "./metadata.ts";
import { type HttpSource, Stalled } from "./node-http-source.ts";
import { attempt, syncFolder } from "./node-trusted-files.ts";
import type { TufPolicy } from "./policy.ts";
import type { TufRefusal } from "./refusal.ts";
import { encodeName } from "./role-name.ts";
import { targetUrlPath } from "./target-path.ts";

const { O_CREAT, O_NOFOLLOW, O_RDONLY, O_RDWR } = constants;

export interface TargetDownload {
  readonly target: TargetFile;
  readonly consistentSnapshot: boolean;
  readonly source: HttpSource;
  readonly folder: string;
  readonly policy: Pick<TufPolicy, "digests">;
  readonly crypto: Crypto;
}

/**
 * Fetches a target into `folder`, under its percent-encoded path, and answers the file. It appears there only whole and
 * checked. One that is there already is not fetched again. What came before a lost connection is kept aside and gone on
 * with; it is checked like the rest, and nothing of a refused file stays.
 */
export async function downloadTarget(download: TargetDownload): Promise<Result<string, TufRefusal>> {
  const { target, folder } = download;
  const name = encodeName(target.path);
  const file = path.join(folder, name);
  await attempt("make", folder, () => mkdir(folder, { recursive: true, mode: 0o700 }));
  if (await isThere(file, download)) return { ok: true, value: file };
  const partial = `${file}.partial`;
  const handle = await attempt("open", partial, () => open(partial, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600));
  let refusal: TufRefusal | undefined;
  try {
    refusal = await receive(handle, download);
    if (refusal === undefined) await attempt("sync", partial, () => handle.sync());
  } finally {
    await handle.close();
  }
  if (refusal !== undefined) {
    // Slowness is no fault of the bytes: the next attempt goes on behind them.
    if (refusal.code !== "stalled") await attempt("remove", partial, () => rm(partial, { force: true }));
    return { ok: false, error: refusal };
  }
  await attempt("rename", partial, () => rename(partial, file));
  await attempt("sync", folder, () => syncFolder(folder));
  return { ok: true, value: file };
}

const checkOf = ({ target, policy, crypto }: TargetDownload): FileCheck =>
  new FileCheck(target.path, target, policy.digests, crypto);

async function isThere(file: string, download: TargetDownload): Promise<boolean> {
  const handle = await open(file, O_RDONLY | O_NOFOLLOW).catch(() => undefined);
  if (handle === undefined) return false;
  try {
    const check = checkOf(download);
    if (check.start() !== undefined) return false;
    for await (const chunk of handle.createReadStream({ autoClose: false })) {
      if (check.take(chunk) !== undefined) return false;
    }
    return check.finish() === undefined;
  } finally {
    await handle.close();
  }
}

async function receive(handle: FileHandle, download: TargetDownload): Promise<TufRefusal | undefined> {
  const { target, source, consistentSnapshot } = download;
  const refusal = checkOf(download).start();
  if (refusal !== undefined) return refusal;
  const there = await startOf(handle, target.length);
  const url = targetUrlPath(target, consistentSnapshot);
  try {
    const answer = await source.open(url, there);
    if (answer.kind === "absent") return { code: "file-missing", file: target.path };
    return await writeChecked(handle, answer.start, answer.chunks, checkOf(download));
  } catch (error) {
    if (error instanceof Stalled) return { code: "stalled", file: target.path };
    throw error;
  }
}

/** How much of an interrupted download can be gone on with: all of it, unless it is no beginning of the target. */
async function startOf(handle: FileHandle, length: number): Promise<number> {
  const { size } = await handle.stat();
  return size < length ? size : 0;
}

async function writeChecked(
  handle: FileHandle,
  start: number,
  chunks: AsyncIterable<Uint8Array>,
  check: FileCheck,
): Promise<TufRefusal | undefined> {
  for (let offset = 0; offset < start; ) {
    const chunk = new Uint8Array(Math.min(65_536, start - offset));
    const { bytesRead } = await attempt("read", "the part that is there", () =>
      handle.read(chunk, 0, chunk.length, offset),
    );
    if (bytesRead === 0) break;
    check.take(chunk.subarray(0, bytesRead));
    offset += bytesRead;
  }
  await attempt("truncate", "the part that is there", () => handle.truncate(start));
  let offset = start;
  for await (const chunk of chunks) {
    const refusal = check.take(chunk);
    if (refusal !== undefined) return refusal;
    await attempt("write", "a target", () => handle.write(chunk, 0, chunk.length, offset));
    offset += chunk.length;
  }
  return check.finish();
}
