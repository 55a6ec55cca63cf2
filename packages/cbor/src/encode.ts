import { compareBytes } from "./byte-order.ts";
import { majorType, writeHead } from "./head.ts";

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
export class Tagged {
  readonly tag: number | bigint;
  readonly value: CborValue;

  constructor(tag: number | bigint, value: CborValue) {
    this.tag = tag;
    this.value = value;
  }
}

/** One data item that is already encoded, written as it is (so that received bytes are never re-encoded). */
export class Encoded {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    if (bytes.length === 0) throw new RangeError("an encoded item has at least one byte");
    this.bytes = bytes;
  }
}

const utf8 = new TextEncoder();

/**
 * Encodes deterministically; map entries are sorted by their encoded keys.
 * Throws `RangeError` or `TypeError` on what has no place there (non-integers, duplicate keys, lone surrogates): a bug.
 */
export function encode(value: CborValue): Uint8Array {
  const parts: Uint8Array[] = [];
  write(value, parts);
  return join(parts);
}

function write(value: CborValue, parts: Uint8Array[]): void {
  if (typeof value === "number" || typeof value === "bigint") parts.push(integerHead(value));
  else if (typeof value === "string") writeText(value, parts);
  else if (value instanceof Uint8Array) parts.push(writeHead(majorType.bytes, value.length), value);
  else if (value === false) parts.push(Uint8Array.of(0xf4));
  else if (value === true) parts.push(Uint8Array.of(0xf5));
  else if (value === null) parts.push(Uint8Array.of(0xf6));
  else if (value instanceof Encoded) parts.push(value.bytes);
  else if (value instanceof Tagged) {
    parts.push(writeHead(majorType.tag, argumentOf(value.tag)));
    write(value.value, parts);
  } else if (Array.isArray(value)) {
    parts.push(writeHead(majorType.array, value.length));
    for (const item of value as readonly CborValue[]) write(item, parts);
  } else if (value instanceof Map) writeMap(value, parts);
  else throw new TypeError(`no encoding for ${Object.prototype.toString.call(value)}`);
}

function integerHead(value: number | bigint): Uint8Array {
  return value < 0
    ? writeHead(majorType.negative, argumentOf(-1n - wholeNumber(value)))
    : writeHead(majorType.unsigned, argumentOf(value));
}

function argumentOf(value: number | bigint): bigint {
  const argument = wholeNumber(value);
  if (argument < 0n || argument >= 1n << 64n) throw new RangeError(`${value} does not fit 64 bits`);
  return argument;
}

function wholeNumber(value: number | bigint): bigint {
  // Beyond 2^53 a number may already be rounded: large values come as bigint.
  if (typeof value === "number" && !Number.isSafeInteger(value)) throw new RangeError(`${value} is no safe integer`);
  return BigInt(value);
}

function writeText(text: string, parts: Uint8Array[]): void {
  // TextEncoder would write U+FFFD in its place, and the reader would see another text than the writer meant.
  if (!text.isWellFormed()) throw new TypeError("text with a lone surrogate has no UTF-8 form");
  const content = utf8.encode(text);
  parts.push(writeHead(majorType.text, content.length), content);
}

function writeMap(map: ReadonlyMap<CborValue, CborValue>, parts: Uint8Array[]): void {
  const entries = Array.from(map, ([key, value]) => ({ key: encode(key), value }));
  entries.sort((a, b) => compareBytes(a.key, b.key));
  parts.push(writeHead(majorType.map, entries.length));
  let last: Uint8Array | undefined;
  for (const { key, value } of entries) {
    if (last !== undefined && compareBytes(last, key) === 0) throw new RangeError("two map keys have one encoding");
    last = key;
    parts.push(key);
    write(value, parts);
  }
}

export function join(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
