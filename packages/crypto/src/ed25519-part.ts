import { hashes, verify as verifyEd25519 } from "@noble/ed25519";
import { sha512 } from "@noble/hashes/sha2.js";
import type { SignaturePart } from "./compose-crypto.ts";
import { ed25519Fault } from "./ed25519-key.ts";

// Without this the synchronous verification throws; the asynchronous one would need Web Crypto, which a device lacks.
hashes.sha512 = sha512;

/**
 * Ed25519 by noble.
 *
 * Known difference: RFC 8032 5.1.7 lets a verifier multiply the equation by the cofactor; noble does, OpenSSL does not.
 * The two disagree only on signatures that the owner of the private key crafted for that purpose.
 */
export const ed25519Part: SignaturePart = {
  schemes: ["ed25519"],
  keyFault: ({ bytes }) => ed25519Fault(bytes),
  // zip215: the default (true) accepts the all-zero key with the all-zero signature for every message.
  verify: (key, message, signature) => verifyEd25519(signature, message, key.bytes, { zip215: false }),
};
