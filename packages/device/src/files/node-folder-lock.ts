import { closeSync, openSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { processIdentity } from "../installer/node-process-identity.ts";
import { Unavailable } from "../unavailable.ts";

const claimName = /^lock\.(\d{1,10})\.(\d{1,20})\.([0-9a-f-]{36})$/;

/** Held until it is released or the process ends, in whatever way. */
export interface FolderLock {
  release(): void;
}

/**
 * Keeps other processes of this machine out of a folder. The claim is a file whose name says which process it is, so that
 * it is whole as soon as it is there. First the claim is made, then the claims of others are looked at: of two processes
 * that start together at least one sees the other and steps back, perhaps both. A claim of a process that is no more, or of
 * a former start of the machine, counts for nothing and is removed.
 * Throws `Unavailable`: `storage-locked` with the other's number, `storage-failed`.
 */
export function lockFolder(folder: string): FolderLock {
  const self = processIdentity(process.pid);
  if (self === undefined) throw new Unavailable("storage-failed", { retryable: false, detail: "there is no /proc" });
  const own = `lock.${self.pid}.${self.startTicks}.${self.bootId}`;
  const release = (): void => rmSync(join(folder, own), { force: true });
  claim(folder, own);
  try {
    for (const name of readdirSync(folder)) {
      const holder = claimName.exec(name);
      if (holder === null || name === own) continue;
      const [, pid, startTicks, bootId] = holder;
      const now = processIdentity(Number(pid));
      if (now?.startTicks === startTicks && now?.bootId === bootId) throw locked(folder, `${pid}`);
      rmSync(join(folder, name), { force: true });
    }
  } catch (error) {
    release();
    throw error instanceof Unavailable ? error : failed(folder, error);
  }
  return { release };
}

function claim(folder: string, name: string): void {
  try {
    closeSync(openSync(join(folder, name), "wx", 0o600));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") throw locked(folder, `${process.pid}`);
    throw failed(folder, error);
  }
}

const locked = (folder: string, pid: string): Unavailable =>
  new Unavailable("storage-locked", { retryable: true, detail: `${folder} is in use by process ${pid}` });

const failed = (folder: string, cause: unknown): Unavailable =>
  new Unavailable("storage-failed", { retryable: true, detail: `lock ${folder}`, cause });
