/** A digest algorithm, by the name used in SUIT and COSE registries. */
export type DigestName = "sha-256" | "sha-384" | "sha-512";

/** A signature scheme. It belongs to the key; it is never taken from a message. */
export type SignatureScheme = "ed25519" | "ecdsa-p256-sha256";

/** A public key as raw bytes: 32 bytes for Ed25519, the 65-byte uncompressed point (04 x y) for P-256. */
export interface PublicKey {
  readonly scheme: SignatureScheme;
  readonly bytes: Uint8Array;
}

/** A running digest: constant memory. After `digest()` it must not be used again. */
export interface RunningDigest {
  update(chunk: Uint8Array): void;
  digest(): Uint8Array;
}

/**
 * The cryptography a verifier needs, and nothing else: no signing, no randomness.
 * `verify` answers false for a signature of any other length than 64 bytes, for a key that is no valid point and for
 * low-order Ed25519 keys; it never throws on such input. ECDSA signatures are raw r || s. Ed25519 is checked as in
 * RFC 8032 (no ZIP-215 relaxation). Every implementation passes `crypto.contract.ts`.
 */
export interface Crypto {
  startDigest(name: DigestName): RunningDigest;
  verify(key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean;
}
