import { compareRanges } from "./byte-order.ts";
import { majorType, readHead } from "./head.ts";
import type { CborEntry, CborItem } from "./item.ts";
import type { Malformed, MalformedReason } from "./malformed.ts";
import { attempt, refuseMalformed } from "./refusal.ts";
import type { Result } from "./result.ts";

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
  /** How many data items there may be; the one too many is refused (`too-many-items`) before it is made. Default: no limit. */
  readonly maxItems?: number;
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
export const decode = (bytes: Uint8Array, options: DecodeOptions): Result<CborItem, Malformed> =>
  attempt(() => decodeItem(bytes, options));

// A byte order mark is content like any other: removing it would let two different inputs decode to one value.
const utf8 = /* @__PURE__ */ new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** `decode` for parsers that run inside `attempt`. */
export function decodeItem(input: Uint8Array, options: DecodeOptions): CborItem {
  const { field, tags = [], maxItems = Number.POSITIVE_INFINITY } = options;
  const base = count(options.baseOffset ?? 0, "baseOffset", Number.MAX_SAFE_INTEGER);
  const startDepth = count(options.depth ?? 0, "depth", Number.MAX_SAFE_INTEGER);
  const maxDepth = count(options.maxDepth ?? 16, "maxDepth", deepestMaxDepth);
  // The same memory, but never a Buffer, whose subclass methods (slice) would travel into every byte string.
  const isPlain = input.constructor === Uint8Array;
  const bytes = isPlain ? input : new Uint8Array(input.buffer, input.byteOffset, input.length);
  let at = 0;
  let items = 0;

  const fail = (reason: MalformedReason, offset: number): never => refuseMalformed(reason, field, offset);

  /** A count of things that take at least `least` bytes each, refused before anything is done that many times. */
  const affordable = (claimed: number | bigint, least: number, offset: number): number =>
    claimed <= (bytes.length - at) / least ? Number(claimed) : fail("truncated", offset);

  const take = (claimed: number | bigint, offset: number): Uint8Array => {
    const start = at;
    at += affordable(claimed, 1, offset);
    return bytes.subarray(start, at);
  };

  const text = (content: Uint8Array, offset: number): string => {
    try {
      return utf8.decode(content);
    } catch {
      return fail("invalid-utf8", offset);
    }
  };

  /** Major type 7 is judged by its initial byte alone: nothing that carries an argument is allowed. */
  const simple = (info: number, offset: number): boolean | null => {
    if (info >= 20 && info <= 22) return info === 22 ? null : info === 21;
    if (info === 23) fail("undefined", offset);
    if (info === 31) fail("unexpected-break", offset);
    if (info >= 28) fail("reserved-information", offset);
    return fail(info >= 25 ? "float" : "simple-value", offset);
  };

  const entries = (length: number, depth: number, order: DecodeOptions["mapOrder"]): readonly CborEntry[] => {
    const read: CborEntry[] = [];
    const seen = order === "any" ? new Set<string>() : undefined;
    let last = at;
    let lastEnd = at;
    while (read.length < length) {
      const start = at;
      // Equal keys must have equal bytes, or a duplicate could hide behind another order inside the key.
      const key = item(depth, "deterministic");
      if (seen !== undefined) {
        const text = bytes.subarray(start, at).join();
        if (seen.has(text)) fail("duplicate-key", base + start);
        seen.add(text);
      } else {
        const step = compareRanges(bytes, start, at, last, lastEnd);
        if (step <= 0) fail(step === 0 ? "duplicate-key" : "unsorted-keys", base + start);
        [last, lastEnd] = [start, at];
      }
      read.push({ key, value: item(depth, order) });
    }
    return read;
  };

  const item = (depth: number, order: DecodeOptions["mapOrder"]): CborItem => {
    const offset = base + at;
    const initial = bytes[at];
    if (initial === undefined) return fail("truncated", offset);
    items += 1;
    if (items > maxItems) fail("too-many-items", offset);
    if (initial >> 5 === majorType.simple) {
      at += 1;
      return { kind: "simple", value: simple(initial & 0x1f, offset), offset, end: base + at };
    }
    const head = readHead(bytes, at);
    if (typeof head === "string") return fail(head, offset);
    const { major, argument } = head;
    at = head.end;
    switch (major) {
      case majorType.unsigned:
        return { kind: "integer", value: argument, offset, end: base + at };
      case majorType.negative:
        return { kind: "integer", value: negative(argument), offset, end: base + at };
      case majorType.bytes: {
        const value = take(argument, offset);
        return { kind: "bytes", value, contentOffset: base + head.end, offset, end: base + at };
      }
      case majorType.text:
        return { kind: "text", value: text(take(argument, offset), offset), offset, end: base + at };
      case majorType.tag:
        // A bigint is a tag beyond 2^53: as a number it could be rounded to one that is allowed.
        if (typeof argument === "bigint" || !tags.includes(argument)) return fail("tag-not-allowed", offset);
    }
    if (depth >= maxDepth) fail("too-deep", offset);
    if (major === majorType.tag) {
      return { kind: "tagged", tag: Number(argument), item: item(depth + 1, order), offset, end: base + at };
    }
    const length = affordable(argument, major === majorType.map ? 2 : 1, offset);
    if (major === majorType.map) {
      return { kind: "map", entries: entries(length, depth + 1, order), offset, end: base + at };
    }
    const read: CborItem[] = [];
    while (read.length < length) read.push(item(depth + 1, order));
    return { kind: "array", items: read, offset, end: base + at };
  };

  if (startDepth > maxDepth) fail("too-deep", base);
  const whole = item(startDepth, options.mapOrder);
  if (at < bytes.length) fail("trailing-bytes", base + at);
  return whole;
}

/** Major type 1 stands for -1 - argument. */
function negative(argument: number | bigint): number | bigint {
  const isSafe = typeof argument === "number" && argument < Number.MAX_SAFE_INTEGER;
  return isSafe ? -1 - argument : -1n - BigInt(argument);
}

function count(value: number, name: string, most: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw new RangeError(`${name} is a whole number from 0 to ${most}, not ${value}`);
}
