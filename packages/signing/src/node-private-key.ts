import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { err, ok, type Result } from "@sumac/cbor";
import { algorithmForScheme, keyId, parsePublicKeyDer } from "@sumac/cose";
import type { PublicKey } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import type { Signer } from "./signer.ts";

/** Ed25519 is COSE -19; ESP256 is ECDSA on P-256 with SHA-256, COSE -9. */
export type KeyAlgorithm = "ed25519" | "esp256";

export type PrivateKeyRefusal = "not-pkcs8" | "unsupported-algorithm" | "parts-disagree";

export function generatePrivateKey(algorithm: KeyAlgorithm): KeyObject {
  return algorithm === "ed25519"
    ? generateKeyPairSync("ed25519").privateKey
    : generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
}

/** Reads an unencrypted PKCS#8 PEM of one of the two algorithms. What OpenSSL says about bad input is not passed on. */
export function parsePrivateKey(pem: Uint8Array): Result<KeyObject, PrivateKeyRefusal> {
  if (!new TextDecoder().decode(pem).includes("-----BEGIN PRIVATE KEY-----")) return err("not-pkcs8");
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: Buffer.from(pem.buffer, pem.byteOffset, pem.length), format: "pem" });
  } catch {
    return err("not-pkcs8");
  }
  const isSupported =
    key.asymmetricKeyType === "ed25519" ||
    (key.asymmetricKeyType === "ec" && key.asymmetricKeyDetails?.namedCurve === "prime256v1");
  return isSupported ? ok(key) : err("unsupported-algorithm");
}

export function publicPart(key: KeyObject): PublicKey {
  const der = createPublicKey(key).export({ type: "spki", format: "der" });
  const parsed = parsePublicKeyDer(new Uint8Array(der));
  if (!parsed.ok) throw new Error("the public part of a supported key cannot be read");
  return parsed.value;
}

/** A signer that holds the key in this process. */
export function privateKeySigner(key: KeyObject): Result<Signer, PrivateKeyRefusal> {
  const publicKey = publicPart(key);
  const signBytes = (bytes: Uint8Array): Uint8Array =>
    new Uint8Array(
      key.asymmetricKeyType === "ed25519"
        ? sign(null, bytes, key)
        : sign("sha256", bytes, { key, dsaEncoding: "ieee-p1363" }),
    );
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
