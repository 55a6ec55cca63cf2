import { expect, test } from "vitest";
import { compareBytes, compareRanges } from "./byte-order.ts";

const sign = (a: readonly number[], b: readonly number[]): number =>
  Math.sign(compareBytes(Uint8Array.from(a), Uint8Array.from(b)));

test.each([
  { name: "a difference in the first byte", less: [1, 0xff], greater: [2, 0] },
  { name: "a difference in the last byte", less: [1, 2, 3], greater: [1, 2, 4] },
  { name: "the first difference, whatever follows", less: [1, 2, 0xff], greater: [1, 3] },
  { name: "bytes as unsigned", less: [0x7f], greater: [0x80] },
  { name: "a prefix before what it begins", less: [1, 2], greater: [1, 2, 0] },
  { name: "nothing before everything", less: [], greater: [0] },
])("orders by $name", ({ less, greater }) => {
  expect(sign(less, greater)).toBe(-1);
  expect(sign(greater, less)).toBe(1);
  expect(sign(less, less)).toBe(0);
  expect(sign(greater, [...greater])).toBe(0);
  // The same where both lie in one byte string: in either order, and with what would decide otherwise around them.
  for (const [first, second] of [
    [less, greater],
    [greater, less],
  ] as const) {
    const bytes = Uint8Array.of(0xff, ...first, 0x00, ...second, 0xff);
    const [start, end] = [1, 1 + first.length];
    const [otherStart, otherEnd] = [end + 1, end + 1 + second.length];
    expect(Math.sign(compareRanges(bytes, start, end, otherStart, otherEnd))).toBe(sign(first, second));
    expect(Math.sign(compareRanges(bytes, otherStart, otherEnd, start, end))).toBe(sign(second, first));
    expect(compareRanges(bytes, start, end, start, end)).toBe(0);
  }
});
