import { hexToBytes } from "@sumac/crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { derFromRaw, rawFromDer } from "./der-signature.ts";

const raw = new Uint8Array(64).fill(0x80, 0, 32).fill(1, 63);

test("any r and s, there and back", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), (bytes) => {
      expect(rawFromDer(derFromRaw(bytes), 32)).toEqual(bytes);
    }),
  );
});

test("zeros behind it, as older tools wrote them", () => {
  const der = derFromRaw(raw);
  const filled = new Uint8Array(72);
  filled.set(der);
  expect(rawFromDer(filled, 32)).toEqual(raw);
  expect(rawFromDer(filled.with(71, 1), 32)).toBeUndefined();
});

describe("only the one DER form", () => {
  test.each([
    ["empty", ""],
    ["a head alone", "30"],
    ["another tag", "3106020101020101"],
    ["longer than the bytes", "3007020101020101"],
    ["shorter than its integers", "3003020101020101"],
    ["one integer", "3003020101"],
    ["three integers", "3009020101020101020101"],
    ["an integer of no bytes", "300502000201 01".replaceAll(" ", "")],
    ["a negative integer", "3006020181020101"],
    ["an integer not in its shortest form", "300702020001020101"],
    ["another tag of an integer", "3006030101020101"],
    ["an integer too long", `3026022101${"00".repeat(32)}020101`],
    ["a length of another form", "308106020101020101"],
  ])("%s", (_, hex) => {
    expect(rawFromDer(hexToBytes(hex), 32)).toBeUndefined();
  });

  test("the shortest one is read", () => {
    expect(rawFromDer(hexToBytes("3006020101020102"), 32)).toEqual(new Uint8Array(64).with(31, 1).with(63, 2));
  });
});
