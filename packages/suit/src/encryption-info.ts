import { decode, type Result } from "@sumac/cbor";
import { type Encrypt, encryptTag, parseEncrypt } from "@sumac/cose";
import type { SuitRefusal } from "./refusal.ts";

/**
 * Reads the content of an encryption-info parameter (draft-ietf-suit-firmware-encryption-24): a tagged COSE_Encrypt.
 * Apart from the manifest parser, which keeps the bytes, so that only those who decrypt carry this. `offset` is where
 * the content starts in the outermost file.
 */
export function parseEncryptionInfo(encoded: Uint8Array, offset: number): Result<Encrypt, SuitRefusal> {
  const field = "encryption-info";
  const decoded = decode(encoded, {
    field,
    baseOffset: offset,
    tags: [encryptTag],
    mapOrder: "any",
    // Tag, array, recipients, recipient, header, ephemeral key.
    maxDepth: 6,
  });
  return decoded.ok ? parseEncrypt(decoded.value, field) : decoded;
}
