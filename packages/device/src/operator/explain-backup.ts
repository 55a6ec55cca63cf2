import type { BackupInvalid } from "./signed-backup.ts";

/** What is wrong with a backup; the file is named by whoever calls. */
export function describeBackupDoubt(problem: BackupInvalid): string {
  switch (problem.because) {
    case "record-missing":
      return "this device has signed no record of a backup";
    case "record-unreadable":
      return "the record of the backup is not of its form, or others may write it";
    case "record-signature-invalid":
      return "the signature of its record does not fit";
    case "record-of-another-key":
      return `its record is signed by key ${problem.keyId}, not by this device's ${problem.expected}`;
    case "record-of-another-file":
      return `the record is of a file named ${problem.name}`;
    case "file-missing":
      return "it is not there";
    case "file-foreign":
      return `it is no plain file (${problem.kind})`;
    case "file-too-large":
      return `it has ${problem.size} bytes, and a backup has at most ${problem.limit}`;
    case "file-changing":
      return "it changes while it is read";
    case "size-differs":
      return `it has ${problem.received} bytes instead of ${problem.expected}`;
    case "digest-differs":
      return `its SHA-256 is ${problem.computed} instead of ${problem.expected}`;
  }
}
