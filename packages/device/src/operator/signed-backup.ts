import { err, ok, type Result } from "@sumac/cbor";
import { bytesToHex, type Crypto, equalBytes, type PublicKey } from "@sumac/crypto";
import type { FileSystem } from "../files/file-system.ts";
import { readPrivateFile, replacePrivateFile } from "../files/private-file.ts";
import type { DeviceKey } from "../statement/device-key.ts";
import { Unavailable } from "../unavailable.ts";
import type { BackupEnd } from "./backup-command.ts";
import { type BackupFileFault, digestBackupFile } from "./backup-file.ts";
import { type BackupRecord, readBackupRecord, signBackupRecord } from "./backup-record.ts";

/** The name of the record in the device's folder. */
export const backupRecordFile = "backup-record";

const mostRecordBytes = 4096;

export interface BackupPlace {
  readonly files: FileSystem;
  /** Of the device. */
  readonly folder: string;
  /** Path of what the backup command writes. */
  readonly file: string;
  readonly crypto: Crypto;
}

export interface BackupSigning extends BackupPlace {
  /** Undefined: the device has none. */
  readonly key: DeviceKey | undefined;
  /** Digest of the manifest of what runs. */
  readonly running: Uint8Array;
  /** Seconds since 1970; undefined = no trusted time. */
  readonly time: bigint | undefined;
}

/** Why a backup is not restored (CR 7.3 RE 1). Digests and key ids are hex, sizes bytes. */
export type BackupInvalid = { readonly code: "backup-invalid"; readonly file: string } & (
  | BackupFileFault
  /** No backup was ever recorded here; or what stands there is no private file of this form. */
  | { readonly because: "record-missing" | "record-unreadable" | "record-signature-invalid" }
  /** Another device's. */
  | { readonly because: "record-of-another-key"; readonly keyId: string; readonly expected: string }
  | { readonly because: "record-of-another-file"; readonly name: string }
  | { readonly because: "size-differs"; readonly expected: number; readonly received: number }
  | { readonly because: "digest-differs"; readonly expected: string; readonly computed: string }
);

/**
 * Digests what the backup command has written and has the device sign it; the record is safe when this returns. A backup
 * without its record is none: it could not be restored.
 */
export async function signBackup(end: BackupEnd, signing: BackupSigning): Promise<BackupEnd> {
  if (end.result !== "saved") return end;
  const { files, folder, file, crypto, key, running, time } = signing;
  const failed = (how: string): BackupEnd => ({ ...end, result: "failed", how });
  if (key === undefined) return failed("the device has no key to sign a record with");
  try {
    const digested = await digestBackupFile(files, file, crypto);
    if (!digested.ok) return failed(digested.error.because);
    const record: BackupRecord = { file: nameOf(file), ...digested.value, running, time };
    await replacePrivateFile(files, folder, backupRecordFile, await signBackupRecord(record, key, crypto));
    return { ...end, record };
  } catch (fault) {
    if (fault instanceof Unavailable) return failed(fault.code);
    throw fault;
  }
}

/**
 * Whether the file is the backup that this device has recorded last, bit by bit. Changes nothing. An older backup that was
 * put back together with its own record is not told from the last one. Throws `Unavailable` where it cannot be read.
 */
export async function checkBackup(
  { files, folder, file, crypto }: BackupPlace,
  deviceKey: PublicKey,
): Promise<Result<BackupRecord, BackupInvalid>> {
  const invalid = { code: "backup-invalid", file } as const;
  const path = `${folder}/${backupRecordFile}`;
  if ((await files.facts(path)) === undefined) return err({ ...invalid, because: "record-missing" });
  const bytes = await readPrivateFile(files, path, mostRecordBytes);
  if (bytes === undefined) return err({ ...invalid, because: "record-unreadable" });
  const record = readBackupRecord(bytes, deviceKey, crypto);
  if (!record.ok) {
    const { error } = record;
    if (error.code === "statement-signer-unknown") {
      const { keyId, expected } = error;
      return err({ ...invalid, because: "record-of-another-key", keyId, expected });
    }
    const because = error.code === "malformed" ? "record-unreadable" : "record-signature-invalid";
    return err({ ...invalid, because });
  }
  const { file: name, size, sha256 } = record.value;
  if (name !== nameOf(file)) return err({ ...invalid, because: "record-of-another-file", name });
  const digested = await digestBackupFile(files, file, crypto);
  if (!digested.ok) return err({ ...invalid, ...digested.error });
  const found = digested.value;
  if (found.size !== size) return err({ ...invalid, because: "size-differs", expected: size, received: found.size });
  if (equalBytes(found.sha256, sha256)) return ok(record.value);
  const [expected, computed] = [bytesToHex(sha256), bytesToHex(found.sha256)];
  return err({ ...invalid, because: "digest-differs", expected, computed });
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
