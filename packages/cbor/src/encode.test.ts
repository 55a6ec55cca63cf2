import { describe, expect, test } from "vitest";
import { type CborValue, Encoded, encode, Tagged } from "./encode.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** RFC 8949 appendix A, the rows without floats, undefined, other simple values and indefinite lengths. */
const published: readonly (readonly [CborValue, string])[] = [
  [0, "00"],
  [1, "01"],
  [10, "0a"],
  [23, "17"],
  [24, "1818"],
  [25, "1819"],
  [100, "1864"],
  [1000, "1903e8"],
  [1_000_000, "1a000f4240"],
  [1_000_000_000_000, "1b000000e8d4a51000"],
  [18_446_744_073_709_551_615n, "1bffffffffffffffff"],
  [-18_446_744_073_709_551_616n, "3bffffffffffffffff"],
  [-1, "20"],
  [-10, "29"],
  [-100, "3863"],
  [-1000, "3903e7"],
  [false, "f4"],
  [true, "f5"],
  [null, "f6"],
  [new Tagged(0, "2013-03-21T20:04:00Z"), "c074323031332d30332d32315432303a30343a30305a"],
  [new Tagged(1, 1_363_896_240), "c11a514b67b0"],
  [new Tagged(23, Uint8Array.of(1, 2, 3, 4)), "d74401020304"],
  [new Tagged(24, Uint8Array.of(0x64, 0x49, 0x45, 0x54, 0x46)), "d818456449455446"],
  [new Tagged(32, "http://www.example.com"), "d82076687474703a2f2f7777772e6578616d706c652e636f6d"],
  [new Uint8Array(), "40"],
  [Uint8Array.of(1, 2, 3, 4), "4401020304"],
  ["", "60"],
  ["a", "6161"],
  ["IETF", "6449455446"],
  ['"\\', "62225c"],
  ["\u00fc", "62c3bc"],
  ["\u6c34", "63e6b0b4"],
  ["\u{10151}", "64f0908591"],
  [[], "80"],
  [[1, 2, 3], "83010203"],
  [[1, [2, 3], [4, 5]], "8301820203820405"],
  [Array.from({ length: 25 }, (_, i) => i + 1), "98190102030405060708090a0b0c0d0e0f101112131415161718181819"],
  [new Map(), "a0"],
  [
    new Map([
      [1, 2],
      [3, 4],
    ]),
    "a201020304",
  ],
  [
    new Map<string, CborValue>([
      ["a", 1],
      ["b", [2, 3]],
    ]),
    "a26161016162820203",
  ],
  [["a", new Map([["b", "c"]])], "826161a161626163"],
  [new Map([..."abcde"].map((c) => [c, c.toUpperCase()])), "a56161614161626142616361436164614461656145"],
];

describe("RFC 8949 appendix A", () => {
  test.each(published)("%o", (value, expected) => {
    expect(hex(encode(value))).toBe(expected);
  });
});

describe("maps", () => {
  test("are written in the order of RFC 8949 4.2.1, whatever order they came in", () => {
    const keys: readonly CborValue[] = [false, [-1], "aa", "z", [100], -1, 100, 10];
    const sorted = "a8 0a00 186400 2000 617a00 62616100 81186400 812000 f400".replaceAll(" ", "");
    expect(hex(encode(new Map(keys.map((key) => [key, 0]))))).toBe(sorted);
    expect(hex(encode(new Map(keys.toReversed().map((key) => [key, 0]))))).toBe(sorted);
  });

  test("put a long key of a low type before a short key of a high type", () => {
    expect(
      hex(
        encode(
          new Map([
            [-1, 0],
            [24, 0],
          ]),
        ),
      ),
    ).toBe("a21818002000");
  });

  test("with two keys of one encoding throw, also where JavaScript tells them apart", () => {
    expect(() =>
      encode(
        new Map<CborValue, CborValue>([
          [1, 0],
          [1n, 0],
        ]),
      ),
    ).toThrow(RangeError);
    expect(() =>
      encode(
        new Map([
          [Uint8Array.of(1), 0],
          [Uint8Array.of(1), 0],
        ]),
      ),
    ).toThrow(RangeError);
  });
});

describe("encoded items", () => {
  test("are written as they are, even out of order", () => {
    const received = new Encoded(new Uint8Array(Buffer.from("a202000100", "hex")));
    expect(hex(encode([1, received]))).toBe("8201a202000100");
  });

  test("are never empty", () => {
    expect(() => new Encoded(new Uint8Array())).toThrow(RangeError);
  });
});

test("the caller's bytes are not aliased", () => {
  const bytes = Uint8Array.of(1, 2);
  const encoded = encode(bytes);
  bytes[0] = 9;
  expect(hex(encoded)).toBe("420102");
});

test("a Buffer is a byte string", () => {
  expect(hex(encode(Buffer.from("aa", "hex")))).toBe("41aa");
});

test("minus zero is zero", () => {
  expect(hex(encode(-0))).toBe("00");
});

describe("throws on what has no place in a signed structure", () => {
  test.each([
    { name: "a fraction", value: 1.5, error: RangeError },
    { name: "NaN", value: Number.NaN, error: RangeError },
    { name: "infinity", value: Number.POSITIVE_INFINITY, error: RangeError },
    { name: "a number that may be rounded", value: 2 ** 53, error: RangeError },
    { name: "a negative number that may be rounded", value: -(2 ** 53), error: RangeError },
    { name: "2^64", value: 2n ** 64n, error: RangeError },
    { name: "-2^64 - 1", value: -(2n ** 64n) - 1n, error: RangeError },
    { name: "a lone surrogate", value: "a\ud800", error: TypeError },
    { name: "a lone surrogate as a key", value: new Map([["\udc00", 1]]), error: TypeError },
    { name: "a negative tag", value: new Tagged(-1, 0), error: RangeError },
    { name: "a fractional tag", value: new Tagged(0.5, 0), error: RangeError },
  ])("$name", ({ value, error }) => {
    expect(() => encode(value)).toThrow(error);
  });

  test.each([undefined, {}, new Date(0), Symbol("s"), new ArrayBuffer(1), new Uint16Array(1), new Set([1])])(
    "%o",
    (value) => {
      // What JavaScript callers can pass although the type forbids it.
      expect(() => encode(value as unknown as CborValue)).toThrow(TypeError);
      expect(() => encode([value as unknown as CborValue])).toThrow(TypeError);
    },
  );
});
