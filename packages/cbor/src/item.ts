/**
 * One decoded data item. `offset` is where its head starts and `end` where the item ends, both counted from the start
 * of the outermost file (see `DecodeOptions.baseOffset`), so that an error in a nested byte string names a byte that a
 * person can find with a hex viewer.
 */
export type CborItem = CborInteger | CborBytes | CborText | CborArray | CborMap | CborTagged | CborSimple;

interface Span {
  readonly offset: number;
  readonly end: number;
}

/** Major types 0 and 1. A `number` wherever it is a safe integer, else a `bigint`: never a rounded value. */
export interface CborInteger extends Span {
  readonly kind: "integer";
  readonly value: number | bigint;
}

/** A view into the input, not a copy: whoever verifies and whoever uses it see the same bytes. */
export interface CborBytes extends Span {
  readonly kind: "bytes";
  readonly value: Uint8Array;
  /** Where the content starts (the head lies between `offset` and here). */
  readonly contentOffset: number;
}

export interface CborText extends Span {
  readonly kind: "text";
  readonly value: string;
}

export interface CborArray extends Span {
  readonly kind: "array";
  readonly items: readonly CborItem[];
}

export interface CborMap extends Span {
  readonly kind: "map";
  readonly entries: readonly CborEntry[];
}

export interface CborEntry {
  readonly key: CborItem;
  readonly value: CborItem;
}

export interface CborTagged extends Span {
  readonly kind: "tagged";
  readonly tag: number;
  readonly item: CborItem;
}

/** Only `false`, `true` and `null`: undefined and floats have no place in a signed structure. */
export interface CborSimple extends Span {
  readonly kind: "simple";
  readonly value: boolean | null;
}
