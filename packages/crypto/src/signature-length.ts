import type { SignatureScheme } from "./crypto.ts";

/** Bytes of a signature: RFC 8032, FIPS 186-5 (r || s), FIPS 204 table 2. Apart from `schemeForms`, so that a device carries no key files. */
export const signatureLength: Readonly<Record<SignatureScheme, number>> = {
  ed25519: 64,
  "ecdsa-p256-sha256": 64,
  "ecdsa-p384-sha384": 96,
  "ml-dsa-65": 3309,
  "ml-dsa-87": 4627,
};
