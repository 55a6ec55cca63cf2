import type { CborItem, Malformed, Result } from "@sumac/cbor";

/** A detached COSE_Sign1 (RFC 9052 4.2) as received. */
export interface Sign1 {
  /** From the protected header only; undefined = the header names none. Whether it is allowed is the key's business. */
  readonly algorithm: number | bigint | undefined;
  /** Label 4, protected or unprotected: a hint for finding the key, nothing more. */
  readonly keyId: Uint8Array | undefined;
  /** The encoded protected header, part of what is signed. */
  readonly protected: Uint8Array;
  readonly signature: Uint8Array;
}
/** `item` is the decoded tag-18 item. Refuses a payload that is not nil, an empty signature, `crit` (label 2), alg outside the protected header, duplicate labels. */
export declare function parseSign1(item: CborItem, field: string): Result<Sign1, Malformed>;
