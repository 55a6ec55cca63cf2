import { createHash, createPublicKey, verify as verifySignature } from "node:crypto";
import { composeCrypto, type SignaturePart } from "./compose-crypto.ts";
import type { Crypto, PublicKey, RunningDigest, SignatureScheme } from "./crypto.ts";
import { schemeForms, signatureSchemes } from "./scheme-forms.ts";
import { keyFault } from "./usable-key.ts";

/** Ed25519 and ML-DSA hash by themselves (null). */
const digestOf: Readonly<Record<SignatureScheme, "sha256" | "sha384" | null>> = {
  ed25519: null,
  "ecdsa-p256-sha256": "sha256",
  "ecdsa-p384-sha384": "sha384",
  "ml-dsa-65": null,
  "ml-dsa-87": null,
};

const openssl: SignaturePart = {
  schemes: signatureSchemes,
  keyFault,
  verify(key, message, signature): boolean {
    const publicKey = createPublicKey({ key: subjectPublicKeyInfo(key), format: "der", type: "spki" });
    // COSE writes ECDSA signatures as r || s, not as DER; the other schemes ignore the option.
    return verifySignature(digestOf[key.scheme], message, { key: publicKey, dsaEncoding: "ieee-p1363" }, signature);
  },
};

function startDigest(name: string): RunningDigest {
  const hash = createHash(name.replace("-", ""));
  return {
    update: (chunk) => void hash.update(chunk),
    // Node hands out a Buffer over a shared pool; the port promises plain bytes of their own.
    digest: () => new Uint8Array(hash.digest()),
  };
}

/**
 * The Crypto port on `node:crypto` (OpenSSL), with every scheme. Keys are imported again at each call: a cache by object
 * would answer for the bytes a key had once.
 */
export const nodeCrypto: Crypto = composeCrypto(startDigest, [openssl]);

const subjectPublicKeyInfo = ({ scheme, bytes }: PublicKey): Buffer =>
  Buffer.concat([Buffer.from(schemeForms[scheme].spkiPrefix, "hex"), bytes]);
