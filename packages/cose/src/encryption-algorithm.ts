import type { ContentCipher } from "@sumac/crypto";

/** A COSE algorithm that a payload is encrypted with. */
export interface ContentAlgorithm {
  readonly id: number;
  readonly name: string;
  readonly cipher: ContentCipher;
}

/** The only content algorithm that is written: a changed ciphertext is noticed. */
export const a128gcm: ContentAlgorithm = { id: 1, name: "A128GCM", cipher: "aes-128-gcm" };

/** IANA COSE Algorithms registry, the rows Sumac decrypts (draft-ietf-suit-firmware-encryption, RFC 9459). */
export const contentAlgorithms: readonly ContentAlgorithm[] = [
  a128gcm,
  { id: -65534, name: "A128CTR", cipher: "aes-128-ctr" },
  { id: -65532, name: "A256CTR", cipher: "aes-256-ctr" },
];

/** How a content key reaches a recipient. `keyLength` is that of the key that wraps it, in bytes. */
export interface KeyDistribution {
  readonly id: number;
  readonly name: string;
  readonly kind: "key-encryption" | "agreement";
  readonly keyLength: 16 | 32;
}

/** Also the algorithm that an agreed key is for (`AlgorithmID` of the KDF context). */
export const a128kw: KeyDistribution = { id: -3, name: "A128KW", kind: "key-encryption", keyLength: 16 };
export const a256kw: KeyDistribution = { id: -5, name: "A256KW", kind: "key-encryption", keyLength: 32 };
export const ecdhEsA128kw: KeyDistribution = { id: -29, name: "ECDH-ES+A128KW", kind: "agreement", keyLength: 16 };

export const keyDistributions: readonly KeyDistribution[] = [a128kw, a256kw, ecdhEsA128kw];
