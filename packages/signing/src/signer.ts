import type { Algorithm } from "@sumac/cose";
import type { PublicKey } from "@sumac/crypto";

/**
 * Something that signs with one private key it keeps to itself: a key file, an HSM, an external command.
 * `algorithm` is the current one of the key's scheme. `sign` gets the bytes to be signed (not a digest of them) and
 * answers the raw signature, of the length in `schemeForms`: r || s for ECDSA. It signs ML-DSA pure, with an empty
 * context. Every implementation passes `signer.contract.ts`.
 */
export interface Signer {
  /** The COSE kid: `keyId` of @sumac/cose over the public key. */
  readonly keyId: Uint8Array;
  readonly algorithm: Algorithm;
  readonly publicKey: PublicKey;
  sign(toBeSigned: Uint8Array): Promise<Uint8Array>;
}
