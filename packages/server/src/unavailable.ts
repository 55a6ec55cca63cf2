/** What of the world failed. Public and never reused: logs, exit codes and tests use them. */
export const unavailableCodes = [
  "disk-full",
  /** A file or folder could not be read or written (I/O error, permission, read-only). */
  "storage-failed",
  /** A published blob is gone from the disk, or has another length than when it was published. */
  "blob-damaged",
  "database-failed",
  /** Written by a newer program: refused, because migrations only go forward. */
  "database-too-new",
  /** Another server holds the same data directory. */
  "data-directory-in-use",
  /** The signed tree is not as it was published: files were changed, removed or put in by others. */
  "repository-damaged",
  /** A key that the server was given speaks for root, targets or a line of its repository. */
  "online-key-offline-role",
  /** The host and port cannot be listened on. */
  "address-unavailable",
] as const;

export type UnavailableCode = (typeof unavailableCodes)[number];

/** A fault of the world: thrown, never returned, because no decision of ours caused it. The message names no secret. */
export class Unavailable extends Error {
  readonly code: UnavailableCode;
  readonly retryable: boolean;

  constructor(
    code: UnavailableCode,
    message: string,
    options: { readonly retryable: boolean; readonly cause?: unknown },
  ) {
    super(message, { cause: options.cause });
    this.name = "Unavailable";
    this.code = code;
    this.retryable = options.retryable;
  }
}

const fullDisk: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);
const failedStorage: ReadonlySet<string> = new Set(
  "EIO EROFS EACCES EPERM EMFILE ENFILE ENOTDIR EISDIR ENOENT ENOMEM EBUSY EEXIST ENXIO ENODEV ESTALE ELOOP".split(" "),
);

/** Primary result codes of SQLite that mean the disk or another process, not a mistake in a statement. */
const sqliteFull = 13;
const failedDatabase: ReadonlySet<number> = new Set([
  3 /* PERM */, 5 /* BUSY */, 6 /* LOCKED */, 7 /* NOMEM */, 8 /* READONLY */, 10 /* IOERR */, 11 /* CORRUPT */,
  14 /* CANTOPEN */, 26 /* NOTADB */,
]);

/** Turns a fault of disk or database into `Unavailable`; whatever else was thrown is a bug and comes back unchanged. */
export function asUnavailable(thrown: unknown): unknown {
  if (!(thrown instanceof Error) || thrown instanceof Unavailable) return thrown;
  const { code, errcode } = thrown as { code?: unknown; errcode?: unknown };
  if (typeof errcode === "number") {
    const primary = errcode & 0xff;
    if (primary === sqliteFull) {
      return new Unavailable("disk-full", "the database cannot grow", { retryable: true, cause: thrown });
    }
    if (!failedDatabase.has(primary)) return thrown;
    return new Unavailable("database-failed", `the database failed (${primary})`, { retryable: true, cause: thrown });
  }
  if (typeof code !== "string") return thrown;
  if (fullDisk.has(code)) return new Unavailable("disk-full", "the disk is full", { retryable: true, cause: thrown });
  if (!failedStorage.has(code)) return thrown;
  return new Unavailable("storage-failed", `the storage failed (${code})`, { retryable: true, cause: thrown });
}

/** Runs what touches disk or database; its faults leave as `Unavailable`. */
export async function guardStorage<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw asUnavailable(thrown);
  }
}
