import { type Failure, unavailable } from "./failure.ts";

interface Known {
  readonly code: string;
  readonly problem: string;
  readonly remedy: string;
}

/** What the operating system says, by errno name, in words a person can act on. `$` stands for the file as it was typed. */
const fileFaults: Readonly<Record<string, Known>> = {
  ENOENT: {
    code: "file-not-found",
    problem: "there is no file $",
    remedy: "check the path; relative paths start in the current folder",
  },
  ENOTDIR: { code: "not-a-folder", problem: "a part of the path $ is not a folder", remedy: "check the path" },
  EISDIR: { code: "is-a-folder", problem: "$ is a folder, not a file", remedy: "name a file in it" },
  EACCES: {
    code: "permission-denied",
    problem: "$ may not be accessed by this user",
    remedy: "change its permissions, or run as its owner",
  },
  EPERM: {
    code: "permission-denied",
    problem: "$ may not be accessed by this user",
    remedy: "change its permissions, or run as its owner",
  },
  EROFS: {
    code: "read-only",
    problem: "$ lies on a read-only file system",
    remedy: "choose another place with --out or --dir",
  },
  ENOSPC: { code: "disk-full", problem: "no space is left for $", remedy: "free some space and run the command again" },
  EDQUOT: {
    code: "disk-full",
    problem: "the disk quota leaves no space for $",
    remedy: "free some space and run the command again",
  },
  EMFILE: {
    code: "too-many-open-files",
    problem: "too many files are open to open $",
    remedy: "raise the limit (ulimit -n) and try again",
  },
  ENAMETOOLONG: { code: "name-too-long", problem: "the name $ is too long", remedy: "choose a shorter one" },
  ELOOP: { code: "link-loop", problem: "the links at $ lead in a circle", remedy: "check the path" },
  EIO: { code: "disk-failed", problem: "reading or writing $ failed", remedy: "check the disk" },
};

export const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === "string";

/** A failed file operation as a failure with exit code 5. Anything that is no system error is thrown on: it is a bug. */
export function fileFailure(error: unknown, path: string): Failure {
  if (!isSystemError(error)) throw error;
  const errno = error.code ?? "unknown";
  const known = fileFaults[errno] ?? {
    code: "disk-failed",
    problem: `the system answered ${errno} for $`,
    remedy: "check the path and the disk",
  };
  return unavailable(
    known.code,
    known.problem.replace("$", () => path),
    known.remedy,
  );
}
