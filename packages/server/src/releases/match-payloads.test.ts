import { expect, test } from "vitest";
import { isSafeUri } from "./match-payloads.ts";

test.each(["sha256-00ff.bin", "firmware.bin", "A", `sha512-${"a".repeat(128)}.bin`, "a".repeat(160)])(
  "%s is a name",
  (uri) => {
    expect(isSafeUri(uri)).toBe(true);
  },
);

test.each([
  "",
  ".",
  "..",
  "../x",
  "a/b",
  "/a",
  "\\a",
  "a\\b",
  "%2e%2e",
  "a%2fb",
  "http://evil.example/x",
  "//evil",
  "#firmware",
  "a?b",
  "a b",
  "a\n",
  "a\u0000",
  "ä",
  "-rf",
  ".hidden",
  "manifest.suit",
  "x.MD5SUM",
  "x.md5sum",
  '"x"',
  "<x>",
  "a".repeat(161),
])("%j is none", (uri) => {
  expect(isSafeUri(uri)).toBe(false);
});
