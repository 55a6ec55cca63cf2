import type { Crypto } from "@sumac/crypto";

/** Of the parts, one behind the other. */
export function sha256(crypto: Crypto, ...parts: readonly Uint8Array[]): Uint8Array {
  const digest = crypto.startDigest("sha-256");
  for (const part of parts) digest.update(part);
  return digest.digest();
}
