import { err, malformed, ok, type Result } from "@sumac/cbor";
import type { Crypto, PublicKey } from "@sumac/crypto";
import type { DeviceKey } from "../statement/device-key.ts";
import { type StatementRefusal, signStatement, verifyStatement } from "../statement/device-statement.ts";

/** What the device signs of a backup that was made at it (CR 7.3 RE 1): enough to tell it from every other file. */
export interface BackupRecord {
  /** Without its folder. */
  readonly file: string;
  /** Bytes. */
  readonly size: number;
  /** SHA-256 of the file. */
  readonly sha256: Uint8Array;
  /** Digest of the manifest of what ran when the backup was made. */
  readonly running: Uint8Array;
  /** Seconds since 1970 by the trusted time; undefined = there was none. */
  readonly time: bigint | undefined;
}

const kind = "sumac backup record 1";

export const signBackupRecord = (
  { file, size, sha256, running, time }: BackupRecord,
  key: DeviceKey,
  crypto: Crypto,
): Promise<Uint8Array> => signStatement(kind, [file, size, sha256, running, time ?? null], key, crypto);

export function readBackupRecord(
  bytes: Uint8Array,
  deviceKey: PublicKey,
  crypto: Crypto,
): Result<BackupRecord, StatementRefusal> {
  const content = verifyStatement(bytes, kind, deviceKey, crypto);
  if (!content.ok) return content;
  const [file, size, sha256, running, time, ...rest] = content.value;
  const seconds = time?.kind === "integer" ? BigInt(time.value) : undefined;
  const isTime = seconds !== undefined || (time?.kind === "simple" && time.value === null);
  const isSize = size?.kind === "integer" && typeof size.value === "number" && size.value >= 0;
  if (file?.kind !== "text" || !isSize || sha256?.kind !== "bytes" || running?.kind !== "bytes" || !isTime) {
    return err(malformed("wrong-value", "backup", 0));
  }
  if (rest.length > 0) return err(malformed("wrong-value", "backup", 0));
  return ok({
    file: file.value,
    size: Number(size.value),
    sha256: sha256.value,
    running: running.value,
    time: seconds,
  });
}
