/** What can be written: RFC 8949 4.2.1 core deterministic encoding, the subset that `decode` accepts. */
export type CborValue =
  | number
  | bigint
  | string
  | Uint8Array
  | boolean
  | null
  | readonly CborValue[]
  | ReadonlyMap<CborValue, CborValue>
  | Tagged
  | Encoded;

/** A tag around a value. */
export declare class Tagged {
  constructor(tag: number, value: CborValue);
  readonly tag: number;
  readonly value: CborValue;
}

/** One data item that is already encoded, written as it is (so that received bytes are never re-encoded). */
export declare class Encoded {
  constructor(bytes: Uint8Array);
  readonly bytes: Uint8Array;
}

/**
 * Encodes deterministically; map entries are sorted by their encoded keys.
 * Throws `RangeError` or `TypeError` on what has no place there (non-integers, duplicate keys, lone surrogates): a bug.
 */
export declare function encode(value: CborValue): Uint8Array;
