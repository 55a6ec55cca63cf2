import { refuse } from "@sumac/cbor";

/**
 * Why bytes are not the JSON, or not the metadata, they claim to be. The first group is JSON as this reader takes it
 * (RFC 8259 without its liberties), the second the shape TUF gives it (TUF 1.0.34 4).
 */
export type JsonReason =
  | "truncated"
  | "syntax"
  | "trailing-bytes"
  | "byte-order-mark"
  | "invalid-utf8"
  | "lone-surrogate"
  | "control-character"
  | "duplicate-member"
  | "number-not-integer"
  | "number-too-large"
  | "negative-zero"
  | "too-deep"
  | "wrong-type"
  | "wrong-value"
  | "missing"
  | "duplicate-name"
  | "not-allowed-here";

/** `offset` counts bytes from the start of the file; `field` is a dotted path in it, empty before there is one. */
export interface JsonMalformed {
  readonly code: "malformed";
  readonly reason: JsonReason;
  readonly field: string;
  readonly offset: number;
}

/** Unwinds a reader; `attempt` of @sumac/cbor around it makes a value of it. */
export const refuseJson = (reason: JsonReason, field: string, offset: number): never =>
  refuse({ code: "malformed", reason, field, offset } satisfies JsonMalformed);
