import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { quote } from "./quote.ts";

describe("text from a file is shown", () => {
  test.each([
    ["plain text, umlauts äöü and 漢字", '"plain text, umlauts äöü and 漢字"'],
    ["a\nsignature 1: valid", '"a\\nsignature 1: valid"'],
    ["\u001b[2J\u0007", '"\\u{1b}[2J\\u{7}"'],
    ["abc\u202ecba", '"abc\\u{202e}cba"'],
    ["zero\u200bwidth\ufeff", '"zero\\u{200b}width\\u{feff}"'],
    ["hangul \u3164\u115f\uffa0 fillers", '"hangul \\u{3164}\\u{115f}\\u{ffa0} fillers"'],
    ["a\u034f\u00ad\ufe0f\u{e0100}b", '"a\\u{34f}\\u{ad}\\u{fe0f}\\u{e0100}b"'],
    ["\u0085\u2028\u2029", '"\\u{85}\\u{2028}\\u{2029}"'],
    ['a" and b\\', '"a\\" and b\\\\"'],
    ["", '""'],
  ])("%j as %s", (text, shown) => {
    expect(quote(text)).toBe(shown);
  });

  test("up to 400 characters, and the rest is counted", () => {
    expect(quote("x".repeat(400))).toBe(`"${"x".repeat(400)}"`);
    expect(quote("x".repeat(401))).toBe(`"${"x".repeat(400)}" and 1 more characters`);
    expect(quote("😀".repeat(402))).toBe(`"${"😀".repeat(400)}" and 2 more characters`);
  });

  test("on one line, whatever it is", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(quote(text))));
  });
});
