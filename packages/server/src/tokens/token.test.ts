import { expect, test } from "vitest";
import { credentials, mintToken, tokenHash, tokenMatches } from "./token.ts";

test("tokens are 43 characters of base64url and never the same", () => {
  const tokens = Array.from({ length: 100 }, mintToken);
  expect(new Set(tokens).size).toBe(100);
  for (const token of tokens) expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
});

test("a token matches its own digest and no other", () => {
  const token = mintToken();
  expect(tokenMatches(token, tokenHash(token))).toBe(true);
  expect(tokenMatches(`${token}x`, tokenHash(token))).toBe(false);
  expect(tokenMatches("", tokenHash(token))).toBe(false);
});

test("no device is not the device with a digest of zeros", () => {
  expect(tokenMatches("anything", undefined)).toBe(false);
});

const token = "a".repeat(43);

test.each([
  [`Bearer ${token}`, token],
  [`bearer ${token}`, token],
  [`TargetToken ${token}`, undefined],
  [`Bearer  ${token}`, undefined],
  [`Bearer ${token} `, undefined],
  [`Bearer ${token}, Bearer ${token}`, undefined],
  [`Bearer "${token}"`, undefined],
  ["Bearer short", undefined],
  [`Bearer ${"a".repeat(129)}`, undefined],
  [`Bearer ${"a".repeat(1_000_000)}`, undefined],
  ["Bearer", undefined],
  ["", undefined],
  [undefined, undefined],
])("credentials of %j", (header, expected) => {
  expect(credentials(header, "Bearer")).toBe(expected);
});
