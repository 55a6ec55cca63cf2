import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { asUnavailable, guardStorage, Unavailable } from "./unavailable.ts";

/** Where things lie below the data directory. */
export interface DataDirectory {
  readonly root: string;
  readonly database: string;
  readonly lock: string;
  readonly blobs: string;
}

/** Creates the directory, for its owner only: it holds digests of tokens and what devices said. */
export function prepareDataDirectory(dataDirectory: string): Promise<DataDirectory> {
  const root = resolve(dataDirectory);
  return guardStorage(async () => {
    await mkdir(root, { recursive: true, mode: 0o700 });
    return {
      root,
      database: join(root, "sumac.sqlite"),
      lock: join(root, "server.lock"),
      blobs: join(root, "blobs"),
    };
  });
}

/**
 * Makes this server the only one on the directory until `release`. The lock is the operating system's, taken through
 * SQLite, so that it ends with the process however that dies: there is no stale lock to recover from, and no process
 * id that could meanwhile belong to somebody else.
 * Throws `Unavailable` `data-directory-in-use`.
 */
export function lockDataDirectory(directory: DataDirectory): { release(): void } {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(directory.lock, { timeout: 0 });
    database.exec("pragma journal_mode = off; begin exclusive");
    const held = database;
    return {
      release() {
        if (held.isOpen) held.close();
      },
    };
  } catch (thrown) {
    database?.close();
    const errcode = (thrown as { errcode?: unknown }).errcode;
    if (typeof errcode === "number" && (errcode & 0xff) === 5) {
      throw new Unavailable("data-directory-in-use", "another server uses this data directory", {
        retryable: true,
        cause: thrown,
      });
    }
    throw asUnavailable(thrown);
  }
}
