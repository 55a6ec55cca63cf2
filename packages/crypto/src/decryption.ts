import type { ContentCipher } from "./content-cipher.ts";

export interface DecryptionParameters {
  readonly cipher: ContentCipher;
  /** Of the length that `cipherShapes` gives, like the IV; any other is a bug and throws. */
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
  /** Covered by the tag, not encrypted. A cipher without a tag ignores it. */
  readonly additionalData: Uint8Array;
}

/** A running decryption: constant memory. The last bytes of the ciphertext are its tag and never come out as plaintext. */
export interface RunningDecryption {
  /**
   * The plaintext of everything that is certain not to be the tag; often shorter than the chunk, sometimes empty. With
   * GCM it is unverified until `finish`, and whoever passes it on must be able to take it back.
   */
  update(chunk: Uint8Array): Uint8Array;
  /** Whether the ciphertext had its tag and the tag is right; true without meaning for a cipher without one. Call once. */
  finish(): boolean;
}

/**
 * The cryptography of encrypted payloads (62443-4-2 FR 4), apart from `Crypto`: a verifier that has no use for it does
 * not carry it. Every implementation passes `decryption.contract.ts`.
 */
export interface Decryption {
  /** RFC 3394 unwrap with a key of 16 or 32 bytes; undefined if the integrity check fails or the length is none of a wrapped key. */
  unwrapKey(keyEncryptionKey: Uint8Array, wrapped: Uint8Array): Uint8Array | undefined;
  /**
   * ECDH on P-256: the x coordinate of the shared point, 32 bytes. `privateKey` is the scalar, 32 bytes, `point` 65
   * bytes (04 x y); undefined unless it lies on the curve (an invalid one would leak the scalar).
   */
  agree(privateKey: Uint8Array, point: Uint8Array): Uint8Array | undefined;
  start(parameters: DecryptionParameters): RunningDecryption;
}
