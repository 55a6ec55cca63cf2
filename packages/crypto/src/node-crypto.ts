import { createHash, createPublicKey, verify as verifySignature } from "node:crypto";
import type { Crypto, PublicKey, RunningDigest, SignatureScheme } from "./crypto.ts";
import { keyFault } from "./usable-key.ts";

/**
 * The Crypto port on `node:crypto` (OpenSSL). Keys are imported again at each call: a cache by object would answer for
 * the bytes a key had once.
 */
export const nodeCrypto: Crypto = {
  startDigest(name): RunningDigest {
    const hash = createHash(name.replace("-", ""));
    return {
      update: (chunk) => void hash.update(chunk),
      // Node hands out a Buffer over a shared pool; the port promises plain bytes of their own.
      digest: () => new Uint8Array(hash.digest()),
    };
  },

  verify(key, message, signature): boolean {
    if (signature.length !== 64 || keyFault(key) !== undefined) return false;
    const publicKey = createPublicKey({ key: subjectPublicKeyInfo(key), format: "der", type: "spki" });
    // Ed25519 hashes by itself (null); COSE writes ECDSA signatures as r || s, not as DER.
    return key.scheme === "ed25519"
      ? verifySignature(null, message, publicKey, signature)
      : verifySignature("sha256", message, { key: publicKey, dsaEncoding: "ieee-p1363" }, signature);
  },
};

/** RFC 8410 4 and RFC 5480 2: what stands before the raw key in its SubjectPublicKeyInfo. */
const spkiPrefix: Record<SignatureScheme, string> = {
  ed25519: "302a300506032b6570032100",
  "ecdsa-p256-sha256": "3059301306072a8648ce3d020106082a8648ce3d030107034200",
};

const subjectPublicKeyInfo = (key: PublicKey): Buffer =>
  Buffer.concat([Buffer.from(spkiPrefix[key.scheme], "hex"), key.bytes]);
