import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { guardStorage } from "../unavailable.ts";

const nothingHere: ReadonlySet<string | undefined> = new Set(["ENOENT", "ELOOP", "ENOTDIR", "ENXIO"]);

/**
 * Whole, so that its length and digest are those of what is sent. A link is none of ours, nor is a folder or a pipe, and
 * opening a pipe must not wait for somebody who writes into it.
 */
export function readPlainFile(file: string, maxBytes: number): Promise<Uint8Array | "absent" | "too-large"> {
  return guardStorage(async () => {
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const handle = await open(file, flags).catch((thrown: unknown) => {
      if (nothingHere.has((thrown as NodeJS.ErrnoException).code)) return undefined;
      throw thrown;
    });
    if (handle === undefined) return "absent";
    try {
      const stats = await handle.stat();
      if (!stats.isFile()) return "absent";
      return stats.size > maxBytes ? "too-large" : new Uint8Array(await handle.readFile());
    } finally {
      await handle.close();
    }
  });
}
