/** A digest algorithm, by the name used in SUIT and COSE registries. */
export type DigestName = "sha-256" | "sha-384" | "sha-512";

/** A signature scheme. It belongs to the key; it is never taken from a message. */
export type SignatureScheme = "ed25519" | "ecdsa-p256-sha256" | "ecdsa-p384-sha384" | "ml-dsa-65" | "ml-dsa-87";

/**
 * A public key as raw bytes: 32 bytes for Ed25519, the uncompressed point (04 x y) for P-256 and P-384, rho || t1 as in
 * FIPS 204 7.2 for ML-DSA. `schemeForms` has the lengths.
 */
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
 * `verify` answers false for a signature of any other length than its scheme's, for a key with a fault (`keyFault`) and
 * for a scheme that was left out; it never throws on such input. ECDSA signatures are raw r || s. Ed25519 is checked as
 * in RFC 8032 (no ZIP-215 relaxation), ML-DSA as in FIPS 204 5.3, pure and with an empty context. Every implementation
 * passes `crypto.contract.ts`.
 */
export interface Crypto {
  /**
   * What `verify` can check: a small device leaves out what its trust record never asks for. Absent = every scheme. Only
   * for saying early and by name what cannot be checked; a signature under any other scheme is false anyway.
   */
  readonly schemes?: readonly SignatureScheme[];
  startDigest(name: DigestName): RunningDigest;
  verify(key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean;
}

export const canVerify = ({ schemes }: Crypto, scheme: SignatureScheme): boolean => schemes?.includes(scheme) ?? true;
