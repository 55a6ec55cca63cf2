/**
 * A cipher for payloads. Only GCM notices that its ciphertext was changed; whoever uses CTR needs a digest of the
 * ciphertext and must check it first (RFC 9459 section 8, suit.md 7.2).
 */
export type ContentCipher = "aes-128-gcm" | "aes-128-ctr" | "aes-256-ctr";

/** Lengths in bytes. `tagLength` 0 = the cipher authenticates nothing. */
export interface CipherShape {
  readonly keyLength: 16 | 32;
  readonly ivLength: number;
  readonly tagLength: 0 | 16;
}

export const cipherShapes: Readonly<Record<ContentCipher, CipherShape>> = {
  "aes-128-gcm": { keyLength: 16, ivLength: 12, tagLength: 16 },
  "aes-128-ctr": { keyLength: 16, ivLength: 16, tagLength: 0 },
  "aes-256-ctr": { keyLength: 32, ivLength: 16, tagLength: 0 },
};
