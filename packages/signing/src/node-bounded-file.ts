import { type FileHandle, open } from "node:fs/promises";
import { platform } from "node:process";
import { err, ok, type Result } from "@sumac/cbor";
import { KeyStorageUnavailable, systemCode } from "./node-unavailable.ts";

export interface SmallFile {
  readonly bytes: Uint8Array;
  /** Permission bits that let others than the owner read it; 0 where the platform has none. */
  readonly openTo: number;
  readonly mode: number;
}

export type SmallFileRefusal = { readonly code: "not-found" | "too-large" };

/**
 * Reads a file of at most `limit` bytes: a device, a pipe or a huge file given by mistake is not swallowed whole.
 * Permissions are those of the opened file, not of whatever has its name a moment later.
 */
export async function readSmallFile(path: string, limit: number): Promise<Result<SmallFile, SmallFileRefusal>> {
  try {
    const handle = await open(path, "r");
    try {
      const { mode } = await handle.stat();
      const bytes = await readAtMost(handle, limit + 1);
      if (bytes.length > limit) return err({ code: "too-large" });
      const openTo = platform === "win32" ? 0 : mode & 0o044;
      return ok({ bytes, mode: mode & 0o777, openTo });
    } finally {
      await handle.close();
    }
  } catch (fault) {
    if (systemCode(fault) === "ENOENT") return err({ code: "not-found" });
    throw new KeyStorageUnavailable(path, fault);
  }
}

async function readAtMost(handle: FileHandle, limit: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(limit);
  let length = 0;
  while (length < limit) {
    const { bytesRead } = await handle.read(buffer, length, limit - length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}
