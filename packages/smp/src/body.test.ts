import { hexToBytes } from "@sumac/crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeBody, encodeBody, type SmpMap } from "./body.ts";
import { encodeReply } from "./reply-body.ts";

const decoded = (hex: string) => decodeBody(hexToBytes(hex));

describe("answers are read in every form", () => {
  test.each([
    ["nothing", "", {}],
    ["an empty map", "a0", {}],
    ["an empty map without a length", "bfff", {}],
    ["indefinite maps and lists", "bf61619f0102ffff", { a: [1, 2] }],
    ["integers longer than they need be", "a161611b0000000000000001", { a: 1 }],
    ["a large one", "a161611bffffffffffffffff", { a: 18446744073709551615n }],
    ["negative ones", "a161613903e7", { a: -1000 }],
    ["true, false and null", "a36161f56162f46163f6", { a: true, b: false, c: null }],
    ["members out of order", "a2616201616102", { b: 1, a: 2 }],
  ] as const)("%s", (_, hex, members) => {
    const read = decoded(hex);
    expect(read.ok && { ...read.value }).toEqual(members);
  });

  test("a byte string owns its bytes", () => {
    const bytes = hexToBytes("a16161420102");
    const read = decodeBody(bytes);
    bytes.fill(0xff);
    expect(read.ok && read.value["a"]).toEqual(Uint8Array.of(1, 2));
  });

  test("members with names of objects are members like others", () => {
    const read = decoded("a2695f5f70726f746f5f5fa16161016b636f6e7374727563746f7202");
    if (!read.ok) throw new Error(read.error.reason);
    expect(Object.keys(read.value)).toEqual(["__proto__", "constructor"]);
    expect(Object.getPrototypeOf(read.value)).toBeNull();
    expect(({} as { a?: number }).a).toBeUndefined();
  });
});

const deep = (head: string, depth: number, tail = ""): string => head.repeat(depth) + tail.repeat(depth);

describe("what is no body is refused by name", () => {
  test.each([
    ["no map", "01", "not-a-map"],
    ["a list", "80", "not-a-map"],
    ["half a map", "a1", "not-cbor"],
    ["a key without a value", "a16161", "not-cbor"],
    ["a second item", "a0a0", "not-cbor"],
    ["a text longer than there are bytes", "a161617affffffff", "not-cbor"],
    ["bytes of eight exabytes", "a161615b7fffffffffffffff", "not-cbor"],
    ["a map of a billion members", "ba3b9aca00", "not-cbor"],
    ["a list of 2^53 items", "a161619b0020000000000000", "not-cbor"],
    ["an indefinite map that never ends", "bf616101", "not-cbor"],
    ["a break alone", "ff", "not-cbor"],
    ["a break in a map with a length", "a161ff", "not-cbor"],
    ["a break after a key", "bf6161ff", "not-cbor"],
    ["bytes in pieces", "a161615f41014102ff", "not-allowed"],
    ["a text in pieces", "a161617f6268656178ff", "not-allowed"],
    ["an integer of indefinite length", "a161611f", "not-cbor"],
    ["a reserved length", "a161611c", "not-cbor"],
    ["a tag of indefinite length", "a16161df00", "not-cbor"],
    ["lists in lists", `a16161${deep("81", 9)}00`, "too-deep"],
    ["ten thousand lists in lists", `a16161${deep("9f", 10_000, "ff")}`, "too-deep"],
    ["tags around tags", `a16161${deep("c1", 10_000)}00`, "too-deep"],
    ["five thousand items", `a16161991388${deep("00", 5000)}`, "too-many-items"],
    ["five thousand items without an end", `a161619f${deep("40", 5000)}`, "too-many-items"],
    ["a number that is no integer", "a16161fb3ff8000000000000", "not-allowed"],
    ["not a number", "a16161f97e00", "not-allowed"],
    ["undefined", "a16161f7", "not-allowed"],
    ["a tag", "a16161c100", "not-allowed"],
    ["a key that is no text", "a10101", "not-allowed"],
    ["a key that is a map", "a1a001", "not-allowed"],
  ])("%s", (_, hex, reason) => {
    expect(decoded(hex)).toEqual({ ok: false, error: { code: "malformed-body", reason } });
  });

  test("no bytes make it throw, or take long", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void decodeBody(bytes)),
      { numRuns: 2000 },
    );
  });
});

test("what is written in either form is read as the same", () => {
  const value: fc.Arbitrary<SmpMap> = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.integer(),
      fc.string(),
      fc.boolean(),
      fc.uint8Array(),
      fc.array(tie("value"), { maxLength: 3 }),
      tie("map"),
    ),
    map: fc.dictionary(fc.string({ unit: "grapheme-ascii", maxLength: 5 }), tie("value"), { maxKeys: 3 }),
  })).map as fc.Arbitrary<SmpMap>;
  fc.assert(
    fc.property(value, (map) => {
      for (const form of ["definite", "indefinite"] as const) {
        const read = decodeBody(encodeReply(map, form));
        expect(read.ok ? JSON.stringify(read.value) : read.error.reason).toBe(JSON.stringify(map));
      }
    }),
    { numRuns: 200 },
  );
});

test("requests are deterministic, in the order in which they are given, without what is undefined", () => {
  const body = encodeBody({ off: 0, data: Uint8Array.of(1), image: undefined, len: 1 });
  expect(body).toEqual(hexToBytes("a3636f66660064646174614101636c656e01"));
});
