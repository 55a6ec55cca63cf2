import { randomBytes } from "node:crypto";
import { link, open, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { err, ok, type Result } from "@sumac/cbor";
import { KeyStorageUnavailable, systemCode } from "./node-unavailable.ts";

export interface NewFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Permission bits, set whatever the umask says. */
  readonly mode: number;
}

/**
 * Creates all files or none, and never replaces one. Each is written and synced under a temporary name first and then
 * linked to its own: unlike rename, link refuses a name that is taken, so two runs at once cannot overwrite each other.
 * A crash leaves at most temporary files (`.NAME.*.tmp`).
 */
export async function createFiles(
  files: readonly NewFile[],
): Promise<Result<void, { readonly code: "exists"; readonly path: string }>> {
  const temporary: string[] = [];
  const created: string[] = [];
  let current = "";
  try {
    for (const file of files) {
      current = file.path;
      const path = join(dirname(current), `.${basename(current)}.${randomBytes(6).toString("hex")}.tmp`);
      temporary.push(path);
      await writeSynced(path, file);
    }
    for (const [index, { path }] of files.entries()) {
      current = path;
      await link(temporary[index] as string, path).catch(refuseLink);
      created.push(path);
    }
    for (const directory of new Set(files.map(({ path }) => dirname(path)))) await syncDirectory(directory);
    return ok(undefined);
  } catch (fault) {
    for (const path of created) await unlink(path).catch(() => {});
    if (systemCode(fault) === "EEXIST") return err({ code: "exists", path: current });
    if (fault instanceof NoHardLinks) throw new KeyStorageUnavailable(current, fault.cause, "no-hard-links");
    throw new KeyStorageUnavailable(current, fault);
  } finally {
    for (const path of temporary) await unlink(path).catch(() => {});
  }
}

function refuseLink(fault: unknown): never {
  const isUnsupported = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"].includes(systemCode(fault) ?? "");
  throw isUnsupported ? new NoHardLinks("link refused", { cause: fault }) : fault;
}

class NoHardLinks extends Error {}

async function writeSynced(path: string, { bytes, mode }: NewFile): Promise<void> {
  const handle = await open(path, "wx", 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.chmod(mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** So that a power cut cannot lose the name of a file whose content is safe. */
async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
