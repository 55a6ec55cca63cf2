import { describe, expect, test } from "vitest";
import { type DecodeOptions, decode } from "./decode.ts";
import { Tagged } from "./encode.ts";
import type { MalformedReason } from "./malformed.ts";
import { toValue } from "./to-value.ts";

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));
const options: DecodeOptions = { field: "x", tags: [18] };

interface Refused {
  readonly name: string;
  readonly input: string;
  readonly reason: MalformedReason;
  readonly offset: number;
}

/** One fault a row. `offset` is where the refused head starts; see `decode` for the three exceptions. */
const refused: readonly Refused[] = [
  { name: "nothing", input: "", reason: "truncated", offset: 0 },
  { name: "trailing bytes", input: "01 02", reason: "trailing-bytes", offset: 1 },
  { name: "bytes after an array", input: "82 01 02 03", reason: "trailing-bytes", offset: 3 },
  { name: "a truncated byte string", input: "45 0102", reason: "truncated", offset: 0 },
  { name: "a truncated text", input: "62 61", reason: "truncated", offset: 0 },
  { name: "a truncated nested string", input: "82 01 42 00", reason: "truncated", offset: 2 },
  { name: "a truncated 8-bit head", input: "18", reason: "truncated", offset: 0 },
  { name: "a truncated 16-bit head", input: "81 19 01", reason: "truncated", offset: 1 },
  { name: "a truncated 32-bit head", input: "1a 010203", reason: "truncated", offset: 0 },
  { name: "a truncated 64-bit head", input: "1b 01020304050607", reason: "truncated", offset: 0 },
  { name: "an array that lacks all elements", input: "81", reason: "truncated", offset: 0 },
  { name: "an array that lacks one element", input: "82 81 01", reason: "truncated", offset: 3 },
  { name: "a map that lacks its value", input: "a1 01", reason: "truncated", offset: 0 },
  { name: "a map whose nested key took its value", input: "a1 81 01", reason: "truncated", offset: 3 },
  { name: "a tag without an item", input: "d2", reason: "truncated", offset: 1 },
  { name: "a duplicate integer key", input: "a2 01 00 01 01", reason: "duplicate-key", offset: 3 },
  { name: "a duplicate text key", input: "a2 6161 00 6161 01", reason: "duplicate-key", offset: 4 },
  { name: "a duplicate array key", input: "a2 8101 00 8101 01", reason: "duplicate-key", offset: 4 },
  { name: "a duplicate key in a nested map", input: "81 a2 01 00 01 01", reason: "duplicate-key", offset: 4 },
  { name: "a duplicate key in a tagged map", input: "d2 a2 01 00 01 01", reason: "duplicate-key", offset: 4 },
  { name: "unsorted integer keys", input: "a2 02 00 01 00", reason: "unsorted-keys", offset: 3 },
  { name: "unsorted text keys", input: "a2 6162 00 6161 00", reason: "unsorted-keys", offset: 4 },
  { name: "length-first order (4.2.3)", input: "a2 20 00 1818 00", reason: "unsorted-keys", offset: 3 },
  { name: "text before integer keys", input: "a2 60 00 00 00", reason: "unsorted-keys", offset: 3 },
  { name: "a key equal to the last but one", input: "a3 01 00 02 00 01 00", reason: "unsorted-keys", offset: 5 },
  { name: "an indefinite byte string", input: "5f 41 01 42 0203 ff", reason: "indefinite-length", offset: 0 },
  { name: "an indefinite text", input: "7f 61 61 ff", reason: "indefinite-length", offset: 0 },
  { name: "an indefinite array", input: "9f 01 02 ff", reason: "indefinite-length", offset: 0 },
  { name: "an indefinite map", input: "bf 01 02 ff", reason: "indefinite-length", offset: 0 },
  { name: "an indefinite array in an array", input: "81 9f ff", reason: "indefinite-length", offset: 1 },
  { name: "a non-minimal integer", input: "18 00", reason: "non-shortest", offset: 0 },
  { name: "a non-minimal negative integer", input: "38 17", reason: "non-shortest", offset: 0 },
  { name: "a non-minimal byte string length", input: "58 01 aa", reason: "non-shortest", offset: 0 },
  { name: "a non-minimal text length", input: "78 01 61", reason: "non-shortest", offset: 0 },
  { name: "a non-minimal array count", input: "98 01 00", reason: "non-shortest", offset: 0 },
  { name: "a non-minimal map count", input: "b8 01 00 00", reason: "non-shortest", offset: 0 },
  { name: "a non-minimal tag", input: "d8 12 00", reason: "non-shortest", offset: 0 },
  { name: "a non-minimal 64-bit integer", input: "1b 0000000000000001", reason: "non-shortest", offset: 0 },
  { name: "an unknown tag", input: "d9 03e7 00", reason: "tag-not-allowed", offset: 0 },
  { name: "an unknown tag inside", input: "82 00 d9 03e7 00", reason: "tag-not-allowed", offset: 2 },
  { name: "an unknown tag without an item", input: "d3", reason: "tag-not-allowed", offset: 0 },
  { name: "a bignum", input: "c2 49 010000000000000000", reason: "tag-not-allowed", offset: 0 },
  {
    name: "a date",
    input: "c0 74 323031332d30332d32315432303a30343a30305a",
    reason: "tag-not-allowed",
    offset: 0,
  },
  { name: "a byte string of 2^32-1", input: "5a ffffffff 00", reason: "truncated", offset: 0 },
  { name: "a byte string of 2^53", input: "5b 0020000000000000 00", reason: "truncated", offset: 0 },
  { name: "a text of 2^64-1", input: "7b ffffffffffffffff 00", reason: "truncated", offset: 0 },
  { name: "an array of 2^32-1", input: "9a ffffffff", reason: "truncated", offset: 0 },
  { name: "an array of 2^26", input: "9a 04000000", reason: "truncated", offset: 0 },
  { name: "an array of 2^64-1", input: "9b ffffffffffffffff", reason: "truncated", offset: 0 },
  { name: "a map of 2^31", input: "ba 7fffffff", reason: "truncated", offset: 0 },
  { name: "a map of 2^64-1", input: "bb ffffffffffffffff", reason: "truncated", offset: 0 },
  { name: "a map with room for its keys only", input: "a3 01 00 02 00 03", reason: "truncated", offset: 0 },
  { name: "depth 100 000", input: `${"81".repeat(100_000)}00`, reason: "too-deep", offset: 16 },
  { name: "depth 17 by maps", input: `${"a100".repeat(17)}00`, reason: "too-deep", offset: 32 },
  { name: "depth 17 by map keys", input: `${"a1".repeat(17)}00`, reason: "too-deep", offset: 16 },
  { name: "depth 17 by tags", input: `${"d2".repeat(17)}00`, reason: "too-deep", offset: 16 },
  { name: "bad UTF-8", input: "61 ff", reason: "invalid-utf8", offset: 0 },
  { name: "a lone surrogate", input: "63 eda080", reason: "invalid-utf8", offset: 0 },
  { name: "a surrogate pair in UTF-8", input: "66 eda080edb080", reason: "invalid-utf8", offset: 0 },
  { name: "an overlong slash", input: "62 c0af", reason: "invalid-utf8", offset: 0 },
  { name: "an overlong NUL", input: "63 e08080", reason: "invalid-utf8", offset: 0 },
  { name: "a code point above 10FFFF", input: "64 f4908080", reason: "invalid-utf8", offset: 0 },
  { name: "a cut-off character", input: "61 c3", reason: "invalid-utf8", offset: 0 },
  { name: "bad UTF-8 in a map", input: "a1 01 62 61ff", reason: "invalid-utf8", offset: 2 },
  { name: "reserved information 28", input: "1c", reason: "reserved-information", offset: 0 },
  { name: "reserved information 29", input: "5d", reason: "reserved-information", offset: 0 },
  { name: "reserved information 30", input: "9e", reason: "reserved-information", offset: 0 },
  { name: "reserved information of major type 7", input: "fc", reason: "reserved-information", offset: 0 },
  { name: "reserved information 30 of major type 7", input: "fe", reason: "reserved-information", offset: 0 },
  { name: "an indefinite unsigned integer", input: "1f", reason: "reserved-information", offset: 0 },
  { name: "an indefinite negative integer", input: "3f", reason: "reserved-information", offset: 0 },
  { name: "an indefinite tag", input: "df 00 ff", reason: "reserved-information", offset: 0 },
  { name: "a stray break", input: "ff", reason: "unexpected-break", offset: 0 },
  { name: "a break in an array", input: "82 00 ff", reason: "unexpected-break", offset: 2 },
  { name: "simple 24", input: "f8 18", reason: "simple-value", offset: 0 },
  { name: "simple 255", input: "f8 ff", reason: "simple-value", offset: 0 },
  { name: "true in two bytes", input: "f8 15", reason: "simple-value", offset: 0 },
  { name: "simple 0", input: "e0", reason: "simple-value", offset: 0 },
  { name: "simple 19", input: "f3", reason: "simple-value", offset: 0 },
  { name: "undefined", input: "f7", reason: "undefined", offset: 0 },
  { name: "undefined as a value", input: "a1 01 f7", reason: "undefined", offset: 2 },
  { name: "float16 1.0", input: "f9 3c00", reason: "float", offset: 0 },
  { name: "float32 1.0", input: "fa 3f800000", reason: "float", offset: 0 },
  { name: "float64 1.0", input: "fb 3ff0000000000000", reason: "float", offset: 0 },
  { name: "NaN with payload", input: "f9 7e01", reason: "float", offset: 0 },
  { name: "a record, tag 105", input: "d8 69 83 19 e000 81 6161 00", reason: "tag-not-allowed", offset: 0 },
  { name: "shared references 28 and 29", input: "82 d81c 80 d81d 00", reason: "tag-not-allowed", offset: 1 },
  { name: "packed, tag 51", input: "d8 33 82 80 80", reason: "tag-not-allowed", offset: 0 },
  { name: "a set, tag 258", input: "d9 0102 81 01", reason: "tag-not-allowed", offset: 0 },
  { name: "a typed array, tag 64", input: "d8 40 43 010203", reason: "tag-not-allowed", offset: 0 },
  { name: "tag 27 RegExp", input: "d8 1b 82 66526567457870 6128", reason: "tag-not-allowed", offset: 0 },
  {
    name: "tag 27 Error",
    input: "d8 1b 83 654572726f72 656572726f72 6178",
    reason: "tag-not-allowed",
    offset: 0,
  },
];

describe("refuses", () => {
  test.each(refused)("$name", ({ input, reason, offset }) => {
    expect(decode(hex(input), options)).toEqual({
      ok: false,
      error: { code: "malformed", reason, field: "x", offset },
    });
  });

  test.each(refused)("$name, and counts the offset from the outermost file", ({ input, reason, offset }) => {
    expect(decode(hex(input), { ...options, baseOffset: 1000 })).toMatchObject({
      error: { reason, offset: offset + 1000 },
    });
  });

  test("a tag that would round to an allowed one", () => {
    const allowed = { field: "x", tags: [2 ** 53] };
    expect(decode(hex("db 0020000000000001 00"), allowed)).toMatchObject({ error: { reason: "tag-not-allowed" } });
    expect(decode(hex("db 0020000000000000 00"), allowed)).toMatchObject({ error: { reason: "tag-not-allowed" } });
  });

  test("every tag, unless told otherwise", () => {
    expect(decode(hex("d2 80"), { field: "x" })).toMatchObject({ error: { reason: "tag-not-allowed", offset: 0 } });
  });
});

describe("accepts", () => {
  test.each([
    { name: "tag 18", input: "d2 80", value: new Tagged(18, []) },
    { name: "uint64 max", input: "1b ffffffffffffffff", value: 2n ** 64n - 1n },
    { name: "2^53+1 unrounded", input: "1b 0020000000000001", value: 2n ** 53n + 1n },
    { name: "2^53 as bigint", input: "1b 0020000000000000", value: 2n ** 53n },
    { name: "2^53-1 as number", input: "1b 001fffffffffffff", value: 2 ** 53 - 1 },
    { name: "2^32 as number", input: "1b 0000000100000000", value: 2 ** 32 },
    { name: "-2^64", input: "3b ffffffffffffffff", value: -(2n ** 64n) },
    { name: "-2^53 as bigint", input: "3b 001fffffffffffff", value: -(2n ** 53n) },
    { name: "-(2^53-1) as number", input: "3b 001ffffffffffffe", value: -(2 ** 53 - 1) },
    {
      name: "a __proto__ key",
      input: "a1 69 5f5f70726f746f5f5f a1 6161 01",
      value: new Map([["__proto__", new Map([["a", 1]])]]),
    },
    {
      name: "integer and text keys",
      input: "a2 01 02 6161 03",
      value: new Map<number | string, number>([
        [1, 2],
        ["a", 3],
      ]),
    },
    { name: "false, true, null", input: "83 f4 f5 f6", value: [false, true, null] },
    { name: "empty strings, array, map", input: "84 40 60 80 a0", value: [new Uint8Array(), "", [], new Map()] },
    {
      name: "4.2.1 order of a long low and a short high key",
      input: "a2 1818 00 20 00",
      value: new Map([
        [24, 0],
        [-1, 0],
      ]),
    },
    { name: "a byte order mark as content", input: "64 efbbbf61", value: "\u{feff}a" },
    { name: "NUL in text", input: "61 00", value: "\0" },
    { name: "four-byte UTF-8", input: "64 f0908591", value: "\u{10151}" },
    { name: "a decomposed character as it is", input: "63 65cc81", value: "e\u0301" },
  ])("$name", ({ input, value }) => {
    const decoded = decode(hex(input), options);
    expect(decoded.ok && toValue(decoded.value)).toEqual(value);
  });

  test("depth 16, in arrays, map values and tags alike", () => {
    for (const opening of ["81", "a100", "d2"]) {
      expect(decode(hex(`${opening.repeat(16)}00`), options).ok).toBe(true);
    }
  });
});

test("gives every item the offsets of its head and its end", () => {
  expect(decode(hex("a2 01 42 aabb 02 d2 81 61 7a"), { ...options, baseOffset: 100 })).toEqual({
    ok: true,
    value: {
      kind: "map",
      offset: 100,
      end: 110,
      entries: [
        {
          key: { kind: "integer", value: 1, offset: 101, end: 102 },
          value: { kind: "bytes", value: hex("aabb"), contentOffset: 103, offset: 102, end: 105 },
        },
        {
          key: { kind: "integer", value: 2, offset: 105, end: 106 },
          value: {
            kind: "tagged",
            tag: 18,
            offset: 106,
            end: 110,
            item: {
              kind: "array",
              offset: 107,
              end: 110,
              items: [{ kind: "text", value: "z", offset: 108, end: 110 }],
            },
          },
        },
      ],
    },
  });
});

test.each([
  ["an unsigned integer", "18 20", "integer"],
  ["a negative integer", "38 20", "integer"],
  ["a byte string", "42 aabb", "bytes"],
  ["a text", "62 6162", "text"],
  ["an empty array", "80", "array"],
  ["an empty map", "a0", "map"],
  ["a tag", "d2 80", "tagged"],
  ["null", "f6", "simple"],
])("counts head and end of %s from the outermost file", (_name, input, kind) => {
  const end = 100 + hex(input).length;
  expect(decode(hex(input), { ...options, baseOffset: 100 })).toMatchObject({ value: { kind, offset: 100, end } });
});

describe("byte strings", () => {
  test("are views into the input, also where the input is a view itself", () => {
    const file = hex("ffff 82 41 aa 58 18 000102030405060708090a0b0c0d0e0f1011121314151617 ffff");
    const decoded = decode(file.subarray(2, -2), options);
    if (!decoded.ok || decoded.value.kind !== "array") throw new Error("expected an array");
    const [short, long] = decoded.value.items;
    if (short?.kind !== "bytes" || long?.kind !== "bytes") throw new Error("expected byte strings");
    expect(short.value.buffer).toBe(file.buffer);
    expect(short.value.byteOffset).toBe(4);
    expect(long.value.byteOffset).toBe(7);
    expect(long.value).toHaveLength(24);
    expect(long.contentOffset).toBe(5);
  });

  test("are never a Buffer, even from a Buffer", () => {
    const decoded = decode(Buffer.from("41aa", "hex"), options);
    if (!decoded.ok || decoded.value.kind !== "bytes") throw new Error("expected a byte string");
    expect(Object.getPrototypeOf(decoded.value.value)).toBe(Uint8Array.prototype);
  });
});

describe("depth", () => {
  test.each([
    { input: "00", depth: 3, verdict: "accepted" },
    { input: "8100", depth: 2, verdict: "accepted" },
    { input: "8100", depth: 3, verdict: "too-deep", offset: 7 },
    { input: "818100", depth: 2, verdict: "too-deep", offset: 8 },
    { input: "80", depth: 3, verdict: "too-deep", offset: 7 },
    { input: "00", depth: 4, verdict: "too-deep", offset: 7 },
    { input: "", depth: 4, verdict: "too-deep", offset: 7 },
  ])("$input at depth $depth of 3: $verdict", ({ input, depth, verdict, offset }) => {
    const decoded = decode(hex(input), { field: "x", depth, maxDepth: 3, baseOffset: 7 });
    if (verdict === "accepted") expect(decoded.ok).toBe(true);
    else expect(decoded).toMatchObject({ error: { reason: verdict, offset } });
  });

  test("may be 256, which the stack bears", () => {
    expect(decode(hex(`${"81".repeat(256)}00`), { field: "x", maxDepth: 256 }).ok).toBe(true);
  });
});

describe("with maxItems", () => {
  test.each<[name: string, input: string, items: number, last: number]>([
    ["one integer", "00", 1, 0],
    ["an array and its elements", "82 00 01", 3, 2],
    ["a map, its keys and its values", "a2 00 01 02 03", 5, 4],
    ["a tag and its item", "d2 81 00", 3, 2],
    ["simple values", "83 f4 f5 f6", 4, 3],
    ["strings as one, however long", "82 58 18 000102030405060708090a0b0c0d0e0f1011121314151617 63 616263", 3, 27],
  ])("%s are counted, and the one too many is refused where it starts", (_name, input, items, last) => {
    expect(decode(hex(input), { ...options, maxItems: items }).ok).toBe(true);
    expect(decode(hex(input), { ...options, maxItems: items - 1, baseOffset: 7 })).toEqual({
      ok: false,
      error: { code: "malformed", reason: "too-many-items", field: "x", offset: 7 + last },
    });
  });

  test("what is malformed before it is named as that, and nothing behind it is looked at", () => {
    expect(decode(hex("83 00 f9 0000 01"), { ...options, maxItems: 3 })).toMatchObject({ error: { reason: "float" } });
    expect(decode(hex("83 00 01 1c"), { ...options, maxItems: 3 })).toMatchObject({
      error: { reason: "too-many-items", offset: 3 },
    });
  });
});

describe('with mapOrder "any"', () => {
  const any: DecodeOptions = { field: "x", mapOrder: "any" };

  test.each(["a2 02 00 01 00", "a2 20 00 04 00", "81 a2 02 00 01 00", "a1 01 a2 02 00 01 00"])(
    "accepts %s",
    (input) => {
      expect(decode(hex(input), any).ok).toBe(true);
    },
  );

  test.each([
    { name: "adjacent duplicates", input: "a2 01 00 01 01", reason: "duplicate-key", offset: 3 },
    { name: "duplicates apart", input: "a3 02 00 01 00 02 00", reason: "duplicate-key", offset: 5 },
    { name: "duplicates in a nested map", input: "a1 05 a3 02 00 01 00 02 00", reason: "duplicate-key", offset: 7 },
    { name: "a map key in another order", input: "a1 a2 02 00 01 00 00", reason: "unsorted-keys", offset: 4 },
  ])("refuses $name", ({ input, reason, offset }) => {
    expect(decode(hex(input), any)).toMatchObject({ error: { reason, offset } });
  });

  test("takes order as free again after a key", () => {
    expect(decode(hex("a1 a1 01 00 a2 02 00 01 00"), any).ok).toBe(true);
  });

  test("tells keys apart that share their digits", () => {
    expect(decode(hex("a2 42 0112 00 42 0b02 00"), any).ok).toBe(true);
  });
});

test("false, true and null are simple values of one kind", () => {
  const decoded = decode(hex("83 f4 f5 f6"), options);
  expect(decoded.ok && decoded.value.kind === "array" && decoded.value.items).toEqual([
    { kind: "simple", value: false, offset: 1, end: 2 },
    { kind: "simple", value: true, offset: 2, end: 3 },
    { kind: "simple", value: null, offset: 3, end: 4 },
  ]);
});

describe("options that make no sense throw", () => {
  test.each([
    { wrong: { baseOffset: -1 }, said: "baseOffset is a whole number from 0 to 9007199254740991, not -1" },
    { wrong: { baseOffset: 0.5 }, said: "baseOffset is a whole number from 0 to 9007199254740991, not 0.5" },
    { wrong: { depth: -1 }, said: "depth is a whole number from 0 to 9007199254740991, not -1" },
    { wrong: { depth: Number.NaN }, said: "depth is a whole number from 0 to 9007199254740991, not NaN" },
    { wrong: { maxDepth: 257 }, said: "maxDepth is a whole number from 0 to 256, not 257" },
    { wrong: { maxDepth: Number.POSITIVE_INFINITY }, said: "maxDepth is a whole number from 0 to 256, not Infinity" },
    { wrong: { maxDepth: -1 }, said: "maxDepth is a whole number from 0 to 256, not -1" },
  ])("$wrong", ({ wrong, said }) => {
    expect(() => decode(hex("00"), { field: "x", ...wrong })).toThrow(new RangeError(said));
  });
});

test("a fault that is not the input's is thrown as it is, never called malformed", () => {
  const fault = new Error("out of order");
  const tags = new Proxy<number[]>([], {
    get: () => {
      throw fault;
    },
  });
  expect(() => decode(hex("d2 80"), { field: "x", tags })).toThrow(fault);
});
