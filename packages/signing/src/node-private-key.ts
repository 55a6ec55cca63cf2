import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { err, ok, type Result } from "@sumac/cbor";
import { algorithmForScheme, keyId, parsePublicKeyDer } from "@sumac/cose";
import type { PublicKey, SignatureScheme } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import type { Signer } from "./signer.ts";

/** Named as on the command line; each has one current COSE algorithm. */
export type KeyAlgorithm = "ed25519" | "esp256" | "esp384" | "ml-dsa-65" | "ml-dsa-87";

export type PrivateKeyRefusal = "not-pkcs8" | "unsupported-algorithm" | "parts-disagree";

export function generatePrivateKey(algorithm: KeyAlgorithm): KeyObject {
  switch (algorithm) {
    case "ed25519":
      return generateKeyPairSync("ed25519").privateKey;
    case "esp256":
      return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
    case "esp384":
      return generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey;
    case "ml-dsa-65":
      return generateKeyPairSync("ml-dsa-65").privateKey;
    case "ml-dsa-87":
      return generateKeyPairSync("ml-dsa-87").privateKey;
  }
}

/** Reads an unencrypted PKCS#8 PEM of one of these algorithms. What OpenSSL says about bad input is not passed on. */
export function parsePrivateKey(pem: Uint8Array): Result<KeyObject, PrivateKeyRefusal> {
  if (!new TextDecoder().decode(pem).includes("-----BEGIN PRIVATE KEY-----")) return err("not-pkcs8");
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: Buffer.from(pem.buffer, pem.byteOffset, pem.length), format: "pem" });
  } catch {
    return err("not-pkcs8");
  }
  return isSupported(key) ? ok(key) : err("unsupported-algorithm");
}

function isSupported(key: KeyObject): boolean {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === "ec") return details?.namedCurve === "prime256v1" || details?.namedCurve === "secp384r1";
  return type === "ed25519" || type === "ml-dsa-65" || type === "ml-dsa-87";
}

export function publicPart(key: KeyObject): PublicKey {
  const der = createPublicKey(key).export({ type: "spki", format: "der" });
  const parsed = parsePublicKeyDer(new Uint8Array(der));
  if (!parsed.ok) throw new Error("the public part of a supported key cannot be read");
  return parsed.value;
}

/** Ed25519 and ML-DSA hash by themselves (null); ML-DSA signs pure, with an empty context. */
const hashes: Readonly<Record<SignatureScheme, "sha256" | "sha384" | null>> = {
  ed25519: null,
  "ecdsa-p256-sha256": "sha256",
  "ecdsa-p384-sha384": "sha384",
  "ml-dsa-65": null,
  "ml-dsa-87": null,
};

/** A signer that holds the key in this process. */
export function privateKeySigner(key: KeyObject): Result<Signer, PrivateKeyRefusal> {
  const publicKey = publicPart(key);
  const hash = hashes[publicKey.scheme];
  const signBytes = (bytes: Uint8Array): Uint8Array =>
    new Uint8Array(sign(hash, bytes, { key, dsaEncoding: "ieee-p1363" }));
  // PKCS#8 may carry a public point that is not the private key's: its signatures would verify under neither.
  const probe = new TextEncoder().encode("does the key fit itself");
  if (!nodeCrypto.verify(publicKey, probe, signBytes(probe))) return err("parts-disagree");
  return ok({
    keyId: keyId(publicKey, nodeCrypto),
    algorithm: algorithmForScheme(publicKey.scheme),
    publicKey,
    sign: async (toBeSigned) => signBytes(toBeSigned),
  });
}
