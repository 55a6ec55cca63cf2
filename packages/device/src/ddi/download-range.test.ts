import { describe, expect, test } from "vitest";
import { contentLength, parseContentRange, parseUnsatisfiedTotal, strongEtag } from "./download-range.ts";

describe("Content-Range", () => {
  test("bytes first-last/total", () => {
    expect(parseContentRange("bytes 5-9/10")).toEqual({ first: 5, last: 9, total: 10 });
  });
  test.each([
    undefined,
    "",
    "bytes 5-9/*",
    "bytes */10",
    "bytes=5-9/10",
    "items 5-9/10",
    "bytes 5-10/10",
    "bytes 9-5/10",
    "bytes -5-9/10",
    "bytes 5-9/10, bytes 5-9/10",
    "bytes 5-9/9999999999999999",
    "bytes 5-9/99999999999999999999",
    "bytes 0x5-9/10",
    " bytes 5-9/10",
  ])("refuses %j", (value) => {
    expect(parseContentRange(value)).toBeUndefined();
  });
});

test("the total of an unsatisfied range", () => {
  expect(parseUnsatisfiedTotal("bytes */10")).toBe(10);
  for (const value of [undefined, "bytes */*", "bytes 0-9/10", "bytes */-1"]) {
    expect(parseUnsatisfiedTotal(value)).toBeUndefined();
  }
});

test("only a strong entity tag is one", () => {
  expect(strongEtag('"abc"')).toBe('"abc"');
  for (const value of [undefined, 'W/"abc"', "abc", '"a"b"', '"a", "b"', '"a\u0001"']) {
    expect(strongEtag(value)).toBeUndefined();
  }
});

test("a length is absent, a number or nonsense", () => {
  expect(contentLength(undefined)).toBeUndefined();
  expect(contentLength("10")).toBe(10);
  for (const value of ["-10", "1e3", "10, 10", ""]) expect(contentLength(value)).toBeNaN();
});
