import { err, ok, type Result } from "@sumac/cbor";
import type { Crypto } from "@sumac/crypto";
import type { FileSystem } from "../files/file-system.ts";
import { Unavailable } from "../unavailable.ts";

/** Bytes; what is larger is no backup of settings. */
const largestBackupBytes: number = 4 * 1024 ** 3;

/** Why there is no backup to digest. `kind`: what stands under its name. */
export type BackupFileFault =
  | { readonly because: "file-missing" }
  | { readonly because: "file-foreign"; readonly kind: string }
  | { readonly because: "file-too-large"; readonly size: number; readonly limit: number }
  /** It became shorter while it was read. */
  | { readonly because: "file-changing" };

const chunkBytes = 65_536;

/**
 * Size and SHA-256 of a plain file of at most `largestBackupBytes`, in memory that does not grow with it. Nothing but a
 * file is opened: a link could lead anywhere, and a pipe would wait for ever. Throws `Unavailable` where it cannot be read.
 */
export async function digestBackupFile(
  files: FileSystem,
  path: string,
  crypto: Crypto,
): Promise<Result<{ readonly size: number; readonly sha256: Uint8Array }, BackupFileFault>> {
  const seen = await files.facts(path);
  if (seen === undefined) return err({ because: "file-missing" });
  if (seen.kind !== "file") return err({ because: "file-foreign", kind: seen.kind });
  let file: Awaited<ReturnType<FileSystem["open"]>>;
  try {
    file = await files.open(path, "read");
  } catch (fault) {
    // Exchanged between the two.
    if (fault instanceof Unavailable && fault.code === "storage-foreign") {
      return err({ because: "file-foreign", kind: "other" });
    }
    throw fault;
  }
  try {
    const { size, kind } = file.facts;
    if (kind !== "file") return err({ because: "file-foreign", kind });
    if (size > largestBackupBytes) return err({ because: "file-too-large", size, limit: largestBackupBytes });
    const digest = crypto.startDigest("sha-256");
    const chunk = new Uint8Array(chunkBytes);
    for (let at = 0; at < size; ) {
      const read = await file.read(at, chunk.subarray(0, Math.min(chunkBytes, size - at)));
      if (read === 0) return err({ because: "file-changing" });
      digest.update(chunk.subarray(0, read));
      at += read;
    }
    return ok({ size, sha256: digest.digest() });
  } finally {
    await file.close();
  }
}
