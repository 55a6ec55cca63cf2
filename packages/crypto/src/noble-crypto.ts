import { p256 } from "@noble/curves/nist.js";
import { hashes, verify as verifyEd25519 } from "@noble/ed25519";
import { sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
import type { Crypto, DigestName, RunningDigest } from "./crypto.ts";
import { keyFault } from "./usable-key.ts";

// Without this the synchronous verification throws; the asynchronous one would need Web Crypto, which a device lacks.
hashes.sha512 = sha512;

const digests: Record<DigestName, { create(): RunningDigest }> = {
  "sha-256": sha256,
  "sha-384": sha384,
  "sha-512": sha512,
};

/**
 * The Crypto port on the noble libraries: no `node:` module, for devices and pages.
 *
 * Known difference: RFC 8032 5.1.7 lets a verifier multiply the equation by the cofactor; noble does, OpenSSL does not.
 * The two disagree only on signatures that the owner of the private key crafted for that purpose.
 */
export const nobleCrypto: Crypto = {
  startDigest(name): RunningDigest {
    const hash = digests[name].create();
    return { update: (chunk) => void hash.update(chunk), digest: () => hash.digest() };
  },

  verify(key, message, signature): boolean {
    // Both libraries throw on another length; the port has one refusal for every bad signature.
    if (signature.length !== 64 || keyFault(key) !== undefined) return false;
    return key.scheme === "ed25519"
      ? // The default (true) accepts the all-zero key with the all-zero signature for every message.
        verifyEd25519(signature, message, key.bytes, { zip215: false })
      : // lowS: peers do not normalise s, and no decision hangs on a signature being unique. prehash: SHA-256 here.
        p256.verify(signature, message, key.bytes, { prehash: true, lowS: false, format: "compact" });
  },
};
