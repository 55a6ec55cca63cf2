import { expect, test } from "vitest";
import { isControllerId, matchesPattern } from "./controller-id.ts";

test.each(["dev1", "SN-0001.a_b:c@d+e~f=g", "0", "x".repeat(128)])("accepts %s", (id) => {
  expect(isControllerId(id)).toBe(true);
});

test.each([
  "",
  ".",
  "..",
  "../x",
  "a/b",
  "a\\b",
  "a b",
  "a\n",
  "é",
  "-x",
  "<b>",
  "a'b",
  'a"b',
  "a%2e",
  "x".repeat(129),
  "a\u0000",
])("refuses %j", (id) => {
  expect(isControllerId(id)).toBe(false);
});

test.each([
  ["line1-*", "line1-7", true],
  ["line1-*", "line2-7", false],
  ["line1-*", "xline1-7", false],
  ["*", "anything", true],
  ["*-a", "7-a", true],
  ["*-a", "7-ab", false],
  ["a*b*c", "a-b-c", true],
  ["a*b*c", "a-c-b", false],
  ["a*a", "a", false],
  ["a*a", "aa", true],
  ["ab*ba", "aba", false],
  ["exact", "exact", true],
  ["exact", "exactly", false],
  // A pattern is no regular expression.
  ["a.c", "abc", false],
  ["(a+)+*", `${"a".repeat(64)}`, false],
  ["", "x", false],
])("pattern %s covers %s: %s", (pattern, id, covered) => {
  expect(matchesPattern(pattern, id)).toBe(covered);
});

test("a pattern of many stars is answered without backtracking", () => {
  expect(matchesPattern("a*".repeat(60), `${"a".repeat(127)}b`)).toBe(true);
  expect(matchesPattern(`${"a*".repeat(60)}c`, `${"a".repeat(127)}b`)).toBe(false);
});
