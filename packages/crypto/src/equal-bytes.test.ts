import { expect, test } from "vitest";
import { equalBytes } from "./equal-bytes.ts";

const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);

test.each([
  { a: bytes(), b: bytes(), equal: true },
  { a: bytes(1, 2, 3), b: bytes(1, 2, 3), equal: true },
  { a: bytes(9, 1, 2, 3, 9).subarray(1, 4), b: bytes(1, 2, 3), equal: true },
  { a: bytes(1, 2, 3), b: bytes(1, 2, 4), equal: false },
  { a: bytes(1, 2, 3), b: bytes(2, 2, 3), equal: false },
  { a: bytes(1, 2, 3), b: bytes(1, 2), equal: false },
  { a: bytes(1, 2), b: bytes(1, 2, 0), equal: false },
  // Differences that would cancel in a sum or an exclusive or.
  { a: bytes(1, 2), b: bytes(2, 1), equal: false },
  { a: bytes(0x80, 0x80), b: bytes(0, 0), equal: false },
])("$a and $b: $equal", ({ a, b, equal }) => {
  expect(equalBytes(a, b)).toBe(equal);
});
