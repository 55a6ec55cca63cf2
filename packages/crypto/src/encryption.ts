export interface EncryptionParameters {
  readonly cipher: "aes-128-gcm";
  readonly key: Uint8Array;
  /** Never twice with one key: it would give away the authentication key (SP 800-38D section 8). */
  readonly iv: Uint8Array;
  readonly additionalData: Uint8Array;
}

export interface RunningEncryption {
  update(chunk: Uint8Array): Uint8Array;
  /** The tag, which stands behind the ciphertext. Call once. */
  finish(): Uint8Array;
}

/** An agreement with a key pair that existed for it alone: the private half is gone. */
export interface OneTimeAgreement {
  /** 65 bytes, 04 x y. */
  readonly ephemeralPoint: Uint8Array;
  readonly sharedSecret: Uint8Array;
}

/** The vendor's side of `Decryption`. It writes authenticated ciphers only. */
export interface Encryption {
  /** From a source fit for keys. */
  randomBytes(length: number): Uint8Array;
  /** RFC 3394 wrap of a key of 16 or 32 bytes by one of 16 or 32. */
  wrapKey(keyEncryptionKey: Uint8Array, key: Uint8Array): Uint8Array;
  /** Undefined unless the point (65 bytes) lies on P-256. */
  agreeOnce(point: Uint8Array): OneTimeAgreement | undefined;
  start(parameters: EncryptionParameters): RunningEncryption;
}
