import fc from "fast-check";
import { expect, test } from "vitest";
import { utcTime } from "./utc-time.ts";

test.each([
  [0n, "1970-01-01T00:00:00Z"],
  [951_782_400n, "2000-02-29T00:00:00Z"],
  [1_800_000_000n, "2027-01-15T08:00:00Z"],
  [4_107_542_399n, "2100-02-28T23:59:59Z"],
  [4_107_542_400n, "2100-03-01T00:00:00Z"],
  [253_402_300_799n, "9999-12-31T23:59:59Z"],
])("%s seconds is %s", (seconds, text) => {
  expect(utcTime(seconds)).toBe(text);
});

test("agrees with the platform's calendar", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 253_402_300_799 }), (seconds) => {
      expect(utcTime(BigInt(seconds))).toBe(new Date(seconds * 1000).toISOString().replace(".000Z", "Z"));
    }),
  );
});
