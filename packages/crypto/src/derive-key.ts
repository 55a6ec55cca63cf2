import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";

/** HKDF with SHA-256 (RFC 5869) and no salt. `length` in bytes, at most 8160. */
export const deriveKey = (secret: Uint8Array, info: Uint8Array, length: number): Uint8Array =>
  hkdf(sha256, secret, undefined, info, length);
