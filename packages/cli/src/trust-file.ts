import { nodeCrypto } from "@sumac/crypto/node";
import { parseTrustRecord, type TrustRecord } from "@sumac/verifier";
import { readWhole } from "./bound-read.ts";
import { malformedInput } from "./failure.ts";
import type { Io } from "./io.ts";

const maxTrustFileBytes = 256 * 1024;

/** Reads a trust record, the deterministic CBOR that a device holds. */
export async function readTrustFile(io: Io, name: string): Promise<TrustRecord> {
  const bytes = await readWhole(io, name, "a trust record", maxTrustFileBytes);
  const parsed = parseTrustRecord(bytes, nodeCrypto);
  if (parsed.ok) return parsed.value;
  if (bytes[0] === "-".charCodeAt(0)) {
    throw malformedInput("trust-file-invalid", `${name} is text, not a trust record`, "give a public key with --key");
  }
  const at = parsed.error.code === "malformed" ? ` (${parsed.error.field} at offset ${parsed.error.offset})` : "";
  const why = parsed.error.code.replaceAll("-", " ");
  throw malformedInput("trust-file-invalid", `${name} is no usable trust record: ${why}${at}`, "have it made again");
}
