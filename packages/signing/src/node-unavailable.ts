export type KeyStorageFault =
  | "no-space"
  | "permission-denied"
  | "not-a-directory"
  | "is-a-directory"
  /** Without them a file cannot be created whole and without replacing another at the same time (FAT, some shares). */
  | "no-hard-links"
  | "storage-failed";

/** The disk did not do what it was asked. `code` is public; `cause` is the fault of the operating system. */
export class KeyStorageUnavailable extends Error {
  readonly code: KeyStorageFault;
  readonly path: string;

  constructor(path: string, cause: unknown, code: KeyStorageFault = faultCode(cause)) {
    super(`${path}: ${code}`, { cause });
    this.name = "KeyStorageUnavailable";
    this.code = code;
    this.path = path;
  }
}

/** The `code` of a fault from node:fs, such as ENOENT. */
export function systemCode(fault: unknown): string | undefined {
  const code = fault instanceof Error && "code" in fault ? fault.code : undefined;
  return typeof code === "string" ? code : undefined;
}

function faultCode(cause: unknown): KeyStorageFault {
  switch (systemCode(cause)) {
    case "ENOSPC":
    case "EDQUOT":
      return "no-space";
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return "permission-denied";
    case "ENOTDIR":
    case "EEXIST":
      return "not-a-directory";
    case "EISDIR":
      return "is-a-directory";
    default:
      return "storage-failed";
  }
}
