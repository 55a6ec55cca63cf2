import fc from "fast-check";
import { expect, test } from "vitest";
import { parseSequence, sequenceKey, sequenceText } from "./sequence-key.ts";

const sequence = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });

test("keys sort like the numbers, and come back", () => {
  fc.assert(
    fc.property(sequence, sequence, (a, b) => {
      expect(sequenceKey(a) < sequenceKey(b)).toBe(a < b);
      expect(sequenceText(sequenceKey(a))).toBe(a.toString());
      expect(parseSequence(a.toString())).toBe(a);
    }),
  );
});

test("64 bits and no more", () => {
  expect(parseSequence("18446744073709551615")).toBe((1n << 64n) - 1n);
  expect(parseSequence("18446744073709551616")).toBeUndefined();
});
