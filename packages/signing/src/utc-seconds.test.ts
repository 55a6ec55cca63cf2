import { expect, test } from "vitest";
import { parseUtcSeconds } from "./utc-seconds.ts";

test.each<[string, bigint]>([
  ["1970-01-01T00:00:00Z", 0n],
  ["2027-01-15T08:00:00Z", 1_800_000_000n],
  ["2028-02-29T23:59:59Z", 1_835_481_599n],
  ["9999-12-31T23:59:59Z", 253_402_300_799n],
])("%s", (text, seconds) => {
  expect(parseUtcSeconds(text)).toBe(seconds);
});

test.each([
  "",
  "2027-01-15",
  "2027-01-15T08:00:00",
  "2027-01-15T08:00:00+01:00",
  "2027-01-15 08:00:00Z",
  "2027-13-01T00:00:00Z",
  "2027-00-01T00:00:00Z",
  "2027-02-29T00:00:00Z",
  "2027-01-00T00:00:00Z",
  "2027-01-01T24:00:00Z",
  "2027-01-01T00:60:00Z",
  "2027-01-01T00:00:60Z",
  "1969-12-31T23:59:59Z",
])("not %j", (text) => {
  expect(parseUtcSeconds(text)).toBeUndefined();
});
