import { formatVersion } from "@sumac/suit";
import { describe, expect, test } from "vitest";
import { parseVersionMatch, parseVersionText } from "./version-text.ts";

describe("parseVersionText", () => {
  test.each<[string, number[]]>([
    ["1", [1]],
    ["1.2.3", [1, 2, 3]],
    ["1.2-rc.3", [1, 2, -1, 3]],
    ["2.0.0-beta", [2, 0, 0, -2]],
    ["1.0-alpha.1.2", [1, 0, -3, 1, 2]],
    ["2147483647", [2147483647]],
  ])("%s", (text, version) => {
    expect(parseVersionText(text)).toEqual(version);
    expect(formatVersion(version)).toBe(text);
  });

  test.each([
    "",
    "v1",
    "1.",
    ".1",
    "1..2",
    "1.2-",
    "1.2-dev",
    "1.2-rc3",
    "1.2+build",
    "rc.1",
    "1,2",
    "١",
    "2147483648",
    "-1",
    Array(17).fill("1").join("."),
    `${Array(16).fill("1").join(".")}-rc`,
  ])("not %j", (text) => {
    expect(parseVersionText(text)).toBeUndefined();
  });
});

describe("parseVersionMatch", () => {
  test.each([
    [">= 1.2", "greater-or-equal"],
    [">1.2", "greater"],
    ["= 1.2", "equal"],
    ["<= 1.2", "less-or-equal"],
    ["< 1.2", "less"],
  ])("%s", (text, comparison) => {
    expect(parseVersionMatch(text)).toEqual({ comparison, version: [1, 2] });
  });

  test.each(["1.2", "== 1.2", ">=  1.2", "=> 1.2", ">= 1.x", ""])("not %j", (text) => {
    expect(parseVersionMatch(text)).toBeUndefined();
  });
});
