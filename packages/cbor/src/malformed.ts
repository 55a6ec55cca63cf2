/**
 * Why bytes are not the format they claim to be. Codes are public and never reused.
 * The first group is CBOR itself (RFC 8949 4.2.1 and the limits of this reader); the second is the shape that a
 * format built on CBOR asks for (COSE, SUIT, trust record); the third is public keys as people hand them over.
 */
export type MalformedReason =
  | "truncated"
  | "trailing-bytes"
  | "non-shortest"
  | "indefinite-length"
  | "unsorted-keys"
  | "duplicate-key"
  | "float"
  | "undefined"
  | "simple-value"
  | "reserved-information"
  | "unexpected-break"
  | "tag-not-allowed"
  | "invalid-utf8"
  | "too-deep"
  | "too-many-items"
  | "wrong-type"
  | "wrong-value"
  | "wrong-length"
  | "missing"
  | "not-allowed-here"
  | "wrong-order"
  | "private-key"
  | "compressed-point"
  | "weak-key";

/** The bytes are not the format. `offset` counts from the start of the outermost file; `field` is a dotted path. */
export interface Malformed {
  readonly code: "malformed";
  readonly reason: MalformedReason;
  readonly field: string;
  readonly offset: number;
}

export const malformed = (reason: MalformedReason, field: string, offset: number): Malformed => ({
  code: "malformed",
  reason,
  field,
  offset,
});
