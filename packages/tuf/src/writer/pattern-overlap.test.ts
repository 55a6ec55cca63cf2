import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { matchesPattern } from "../path-pattern.ts";
import { patternsOverlap } from "./pattern-overlap.ts";

describe("two patterns overlap", () => {
  test.each([
    ["drives/*/*", "drives/dx9-2026/*", true],
    ["drives/*/*", "pumps/*/*", false],
    ["drives/dx9/*", "drives/dx9-2026/*", false],
    ["drives/dx?/*", "drives/dx9/*", true],
    ["drives/*-2026/*", "drives/dx9-*/*", true],
    ["drives/*-2026/*", "drives/*-2025/*", false],
    ["a/*/*", "a/*", false],
    ["a*c", "ab*", true],
    ["**", "?", true],
    ["a", "a?", false],
    ["a", "a*", true],
  ])("%s and %s: %s", (one, other, overlaps) => {
    expect(patternsOverlap(one, other)).toBe(overlaps);
    expect(patternsOverlap(other, one)).toBe(overlaps);
  });

  test("exactly where some short text is in both", () => {
    const texts = ["", ..."ab"].flatMap((a) =>
      ["", ..."ab"].flatMap((b) => ["", ..."ab"].flatMap((c) => ["", ..."ab"].map((d) => a + b + c + d))),
    );
    const pattern = fc.string({ unit: fc.constantFrom("a", "b", "*", "?"), maxLength: 3 });
    fc.assert(
      fc.property(pattern, pattern, (one, other) => {
        // Two patterns of three parts that meet at all meet in a text of at most three characters.
        const meet = texts.some((text) => matchesPattern(one, text) && matchesPattern(other, text));
        expect(patternsOverlap(one, other)).toBe(meet);
      }),
      { numRuns: 500 },
    );
  });
});
