import type { Decryption } from "./decryption.ts";

/**
 * A secret that payloads are encrypted to. Like a signer it keeps the secret to itself: in memory, as the functions
 * below make it, or in a secure element behind the same two shapes (62443-4-2 CR 4.3).
 */
export type RecipientKey = KeyEncryptionKey | AgreementKey;

/** A symmetric key shared with the vendor, one a device: with one a product family, each device could forge for all. */
export interface KeyEncryptionKey {
  readonly kind: "key-encryption";
  readonly keyId: Uint8Array;
  readonly keyLength: 16 | 32;
  /** RFC 3394; undefined if the wrapped key was not wrapped by this one. */
  unwrap(wrapped: Uint8Array): Promise<Uint8Array | undefined>;
}

/** The private half of a P-256 key pair. */
export interface AgreementKey {
  readonly kind: "agreement";
  readonly keyId: Uint8Array;
  /** The x coordinate of the shared point; undefined for a point off the curve. */
  agree(point: Uint8Array): Promise<Uint8Array | undefined>;
}

/** `secret` is copied. Throws `RangeError` unless it has 16 or 32 bytes. */
export function keyEncryptionKey(keyId: Uint8Array, secret: Uint8Array, decryption: Decryption): KeyEncryptionKey {
  const own = new Uint8Array(secret);
  if (own.length !== 16 && own.length !== 32) throw new RangeError("a key encryption key has 16 or 32 bytes");
  const unwrap = async (wrapped: Uint8Array): Promise<Uint8Array | undefined> => decryption.unwrapKey(own, wrapped);
  return { kind: "key-encryption", keyId: new Uint8Array(keyId), keyLength: own.length, unwrap };
}

/** `privateKey`, the scalar, is copied. Throws `RangeError` unless it has 32 bytes. */
export function agreementKey(keyId: Uint8Array, privateKey: Uint8Array, decryption: Decryption): AgreementKey {
  const own = new Uint8Array(privateKey);
  if (own.length !== 32) throw new RangeError("a P-256 private key has 32 bytes");
  const agree = async (point: Uint8Array): Promise<Uint8Array | undefined> => decryption.agree(own, point);
  return { kind: "agreement", keyId: new Uint8Array(keyId), agree };
}
