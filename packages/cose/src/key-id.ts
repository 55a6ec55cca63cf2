import { bytesToHex, type Crypto, type PublicKey, type SignatureScheme } from "@sumac/crypto";
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
 * line feeds of the PEM stand raw. The form for ML-DSA is ours (docs/decisions).
 */
function canonicalKeyObject(key: PublicKey): string {
  const { keytype, scheme, keyval } = tufForms[key.scheme];
  const text = keyval === "hex" ? bytesToHex(key.bytes) : publicKeyPem(key);
  return `{"keytype":"${keytype}","keyval":{"public":"${text}"},"scheme":"${scheme}"}`;
}

/** How a TUF key object names a scheme, and which text it makes of the key. */
const tufForms: Readonly<
  Record<SignatureScheme, { readonly keytype: string; readonly scheme: string; readonly keyval: "hex" | "pem" }>
> = {
  ed25519: { keytype: "ed25519", scheme: "ed25519", keyval: "hex" },
  "ecdsa-p256-sha256": { keytype: "ecdsa", scheme: "ecdsa-sha2-nistp256", keyval: "pem" },
  "ecdsa-p384-sha384": { keytype: "ecdsa", scheme: "ecdsa-sha2-nistp384", keyval: "pem" },
  "ml-dsa-65": { keytype: "ml-dsa", scheme: "ml-dsa-65", keyval: "hex" },
  "ml-dsa-87": { keytype: "ml-dsa", scheme: "ml-dsa-87", keyval: "hex" },
};
