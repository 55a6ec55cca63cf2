import { constants } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import type { TrustedFiles } from "./client/drive.ts";
import { TufUnavailable } from "./tuf-unavailable.ts";

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = constants;

/** Larger files are none of ours. */
const largestFile = 16_000_000;

const temporarySuffix = ".new";

/** Of a file that this store writes; what else lies in the folder is left alone. */
const isTemporary = (name: string): boolean => /^(time|.*\.json)\.new$/.test(name);

/**
 * Trusted metadata as files of one folder, which belongs to one process at a time. A name is the encoded role name; a file
 * is replaced by renaming a complete and synced one over it, so a power cut leaves the old or the new file. What another
 * hand damaged is caught by its signature when it is read.
 */
export async function openTrustedFiles(folder: string): Promise<TrustedFiles> {
  await attempt("make", folder, () => mkdir(folder, { recursive: true, mode: 0o700 }));
  for (const name of await attempt("list", folder, () => readdir(folder))) {
    if (isTemporary(name)) await attempt("remove", name, () => rm(path.join(folder, name)));
  }
  const fileOf = (name: string): string => path.join(folder, name);
  return {
    load: (name) => attempt("read", name, () => readWhole(fileOf(name))),
    store: (name, bytes) => attempt("write", name, () => replaceFile(fileOf(name), bytes)),
    forget: (name) =>
      attempt("remove", name, async () => {
        await rm(fileOf(name), { force: true });
        await syncFolder(folder);
      }),
  };
}

async function readWhole(file: string): Promise<Uint8Array | undefined> {
  const handle = await open(file, O_RDONLY | O_NOFOLLOW).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (handle === undefined) return undefined;
  try {
    const { size } = await handle.stat();
    return size > largestFile ? undefined : new Uint8Array(await handle.readFile());
  } finally {
    await handle.close();
  }
}

/** Temporary file, sync, rename, sync of the folder. */
async function replaceFile(file: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${file}${temporarySuffix}`;
  const handle = await openNew(temporary);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
  await syncFolder(path.dirname(file));
}

/** What lies there already is left of a write that failed; whatever it is, nothing is written through it. */
async function openNew(file: string): Promise<FileHandle> {
  const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
  try {
    return await open(file, flags, 0o600);
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code !== "EEXIST") throw fault;
    await rm(file, { force: true });
    return open(file, flags, 0o600);
  }
}

export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, O_RDONLY | O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export async function attempt<T>(what: string, name: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
    throw new TufUnavailable("storage-failed", `${what} ${name} (${code})`, cause);
  }
}
