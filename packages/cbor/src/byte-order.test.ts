import { expect, test } from "vitest";
import { compareBytes } from "./byte-order.ts";

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
});
