import { type Crypto, concatBytes, type DigestName, hexToBytes, type PublicKey, schemeForms } from "@sumac/crypto";

/** How an image names the key that signed it: the image's own digest algorithm over the SubjectPublicKeyInfo. */
export function keyHash(key: PublicKey, algorithm: DigestName, crypto: Crypto): Uint8Array {
  return digestOf(subjectPublicKeyInfo(key), algorithm, crypto);
}

export const subjectPublicKeyInfo = (key: PublicKey): Uint8Array =>
  concatBytes(hexToBytes(schemeForms[key.scheme].spkiPrefix), key.bytes);

export function digestOf(bytes: Uint8Array, algorithm: DigestName, crypto: Crypto): Uint8Array {
  const digest = crypto.startDigest(algorithm);
  digest.update(bytes);
  return digest.digest();
}
