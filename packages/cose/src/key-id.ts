import { bytesToHex, type Crypto, type PublicKey } from "@sumac/crypto";
import { publicKeyPem } from "./public-key.ts";

/**
 * The id of a key: SHA-256 over the canonical JSON (OLPC dialect) of its TUF key object (TUF 1.0.33 4.2). The same
 * 32 bytes are the COSE `kid`, so one key has one name in every format.
 */
export function keyId(key: PublicKey, crypto: Crypto): Uint8Array {
  const digest = crypto.startDigest("sha-256");
  digest.update(new TextEncoder().encode(canonicalKeyObject(key)));
  return digest.digest();
}

/**
 * Members sorted, no white space. The OLPC dialect escapes only `"` and `\`, which neither hex nor PEM contains: the
 * line feeds of the PEM stand raw.
 */
function canonicalKeyObject(key: PublicKey): string {
  return key.scheme === "ed25519"
    ? `{"keytype":"ed25519","keyval":{"public":"${bytesToHex(key.bytes)}"},"scheme":"ed25519"}`
    : `{"keytype":"ecdsa","keyval":{"public":"${publicKeyPem(key)}"},"scheme":"ecdsa-sha2-nistp256"}`;
}
