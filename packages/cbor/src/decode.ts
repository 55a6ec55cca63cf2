import { compareBytes } from "./byte-order.ts";
import { majorType, readHead } from "./head.ts";
import type { CborEntry, CborItem } from "./item.ts";
import { type Malformed, type MalformedReason, malformed } from "./malformed.ts";
import { err, ok, type Result } from "./result.ts";

export interface DecodeOptions {
  /** Name of the decoded thing; it becomes `Malformed.field`. */
  readonly field: string;
  /** Tags that may occur anywhere in the input; every other tag is refused. Default: none. */
  readonly tags?: readonly number[];
  /** Where `bytes` starts in the outermost file; added to every offset. Default 0. */
  readonly baseOffset?: number;
  /** How deep `bytes` already lies (arrays, maps, tags and enclosing byte strings), counted towards `maxDepth`. Default 0. */
  readonly depth?: number;
  /** How many arrays, maps and tags may enclose one another. Default 16, at most 256. */
  readonly maxDepth?: number;
  /**
   * `deterministic` (default): RFC 8949 4.2.1 order. `any`: for COSE headers only; duplicates are refused all the same,
   * and a key that is itself a map must be in deterministic order.
   */
  readonly mapOrder?: "deterministic" | "any";
}

/** A ceiling for `maxDepth`: the reader recurses once a level, so the limit also protects the stack. */
const deepestMaxDepth = 256;

/**
 * Decodes exactly one data item that fills `bytes` (RFC 8949 4.2.1; no floats, no undefined, no simple values but false,
 * true and null). Byte strings are views into `bytes`. Never throws on input, and compares every length and count with
 * the bytes that are left before it loops or allocates. Throws `RangeError` on options that make no sense.
 *
 * `Malformed.offset` is where the head of the refused item starts (of a map key: the later of the two). Exceptions:
 * `trailing-bytes` names the first byte after the item, `truncated` the end of the input where an item should start there,
 * and `too-deep` the start of the input where `depth` alone is over the limit.
 */
export function decode(bytes: Uint8Array, options: DecodeOptions): Result<CborItem, Malformed> {
  const reader = new Reader(bytes, options);
  try {
    return ok(reader.readWhole());
  } catch (thrown) {
    if (thrown instanceof Refusal) return err(malformed(thrown.reason, options.field, thrown.offset));
    throw thrown;
  }
}

/** Unwinds the recursion; never leaves this file. Not an `Error`, because nobody needs its stack. */
class Refusal {
  readonly reason: MalformedReason;
  readonly offset: number;

  constructor(reason: MalformedReason, offset: number) {
    this.reason = reason;
    this.offset = offset;
  }
}

// A byte order mark is content like any other: removing it would let two different inputs decode to one value.
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

class Reader {
  readonly #bytes: Uint8Array;
  readonly #base: number;
  readonly #tags: readonly number[];
  readonly #startDepth: number;
  readonly #maxDepth: number;
  #mapOrder: "deterministic" | "any";
  #at = 0;

  constructor(bytes: Uint8Array, options: DecodeOptions) {
    // The same memory, but never a Buffer, whose subclass methods (slice) would travel into every byte string.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#base = count(options.baseOffset ?? 0, "baseOffset", Number.MAX_SAFE_INTEGER);
    this.#startDepth = count(options.depth ?? 0, "depth", Number.MAX_SAFE_INTEGER);
    this.#maxDepth = count(options.maxDepth ?? 16, "maxDepth", deepestMaxDepth);
    this.#tags = options.tags ?? [];
    this.#mapOrder = options.mapOrder ?? "deterministic";
  }

  readWhole(): CborItem {
    if (this.#startDepth > this.#maxDepth) this.#refuse("too-deep", 0);
    const item = this.#readItem(this.#startDepth);
    if (this.#at < this.#bytes.length) this.#refuse("trailing-bytes", this.#at);
    return item;
  }

  #readItem(depth: number): CborItem {
    const start = this.#at;
    const initial = this.#bytes[start];
    if (initial === undefined) return this.#refuse("truncated", start);
    if (initial >> 5 === majorType.simple) return this.#readSimple(initial & 0x1f, start);
    const head = readHead(this.#bytes, start);
    if (typeof head === "string") return this.#refuse(head, start);
    const { major, argument } = head;
    this.#at = head.end;
    switch (major) {
      case majorType.unsigned:
        return { kind: "integer", value: argument, ...this.#span(start) };
      case majorType.negative:
        return { kind: "integer", value: negative(argument), ...this.#span(start) };
      case majorType.bytes: {
        const value = this.#take(argument, start);
        return { kind: "bytes", value, contentOffset: this.#base + head.end, ...this.#span(start) };
      }
      case majorType.text:
        return { kind: "text", value: this.#readText(argument, start), ...this.#span(start) };
      case majorType.array:
        return { kind: "array", items: this.#readItems(argument, depth, start), ...this.#span(start) };
      case majorType.map:
        return { kind: "map", entries: this.#readEntries(argument, depth, start), ...this.#span(start) };
      default: {
        // A bigint is a tag beyond 2^53: as a number it could be rounded to one that is allowed.
        if (typeof argument === "bigint" || !this.#tags.includes(argument))
          return this.#refuse("tag-not-allowed", start);
        const item = this.#readItem(this.#enter(depth, start));
        return { kind: "tagged", tag: argument, item, ...this.#span(start) };
      }
    }
  }

  /** Major type 7 is judged by its initial byte alone: nothing that carries an argument is allowed. */
  #readSimple(info: number, start: number): CborItem {
    this.#at = start + 1;
    if (info === 20 || info === 21) return { kind: "simple", value: info === 21, ...this.#span(start) };
    if (info === 22) return { kind: "simple", value: null, ...this.#span(start) };
    if (info === 23) return this.#refuse("undefined", start);
    if (info === 31) return this.#refuse("unexpected-break", start);
    if (info >= 28) return this.#refuse("reserved-information", start);
    return this.#refuse(info >= 25 ? "float" : "simple-value", start);
  }

  #readText(length: number | bigint, start: number): string {
    const content = this.#take(length, start);
    try {
      return utf8.decode(content);
    } catch {
      return this.#refuse("invalid-utf8", start);
    }
  }

  #readItems(claimed: number | bigint, depth: number, start: number): readonly CborItem[] {
    const inner = this.#enter(depth, start);
    const length = this.#affordable(claimed, 1, start);
    const items: CborItem[] = [];
    while (items.length < length) items.push(this.#readItem(inner));
    return items;
  }

  #readEntries(claimed: number | bigint, depth: number, start: number): readonly CborEntry[] {
    const inner = this.#enter(depth, start);
    const length = this.#affordable(claimed, 2, start);
    const seen = this.#mapOrder === "any" ? new UnorderedKeys() : new OrderedKeys();
    const entries: CborEntry[] = [];
    while (entries.length < length) {
      const keyStart = this.#at;
      const key = this.#readKey(inner);
      const fault = seen.add(this.#bytes.subarray(keyStart, this.#at));
      if (fault !== undefined) return this.#refuse(fault, keyStart);
      entries.push({ key, value: this.#readItem(inner) });
    }
    return entries;
  }

  /** Equal keys must have equal bytes, or a duplicate could hide behind another order inside the key. */
  #readKey(depth: number): CborItem {
    const order = this.#mapOrder;
    this.#mapOrder = "deterministic";
    const key = this.#readItem(depth);
    this.#mapOrder = order;
    return key;
  }

  /** One level further down, or a refusal. */
  #enter(depth: number, start: number): number {
    return depth < this.#maxDepth ? depth + 1 : this.#refuse("too-deep", start);
  }

  /** A count of things that take at least `least` bytes each, refused before anything is done that many times. */
  #affordable(claimed: number | bigint, least: number, start: number): number {
    const left = this.#bytes.length - this.#at;
    return claimed <= left / least ? Number(claimed) : this.#refuse("truncated", start);
  }

  #take(claimed: number | bigint, start: number): Uint8Array {
    const length = this.#affordable(claimed, 1, start);
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  #span(start: number): { readonly offset: number; readonly end: number } {
    return { offset: this.#base + start, end: this.#base + this.#at };
  }

  #refuse(reason: MalformedReason, at: number): never {
    throw new Refusal(reason, this.#base + at);
  }
}

/** Keys in deterministic order: each greater than the one before. */
class OrderedKeys {
  #last: Uint8Array | undefined;

  add(key: Uint8Array): MalformedReason | undefined {
    const order = this.#last === undefined ? 1 : compareBytes(key, this.#last);
    this.#last = key;
    if (order > 0) return undefined;
    return order === 0 ? "duplicate-key" : "unsorted-keys";
  }
}

/** Keys in any order: each once. */
class UnorderedKeys {
  readonly #seen = new Set<string>();

  add(key: Uint8Array): MalformedReason | undefined {
    const before = this.#seen.size;
    this.#seen.add(key.join());
    return this.#seen.size > before ? undefined : "duplicate-key";
  }
}

/** Major type 1 stands for -1 - argument. */
function negative(argument: number | bigint): number | bigint {
  const value = -1n - BigInt(argument);
  return value >= Number.MIN_SAFE_INTEGER ? Number(value) : value;
}

function count(value: number, name: string, most: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw new RangeError(`${name} is a whole number from 0 to ${most}, not ${value}`);
}
