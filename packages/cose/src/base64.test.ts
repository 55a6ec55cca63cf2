import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeBase64, encodeBase64 } from "./base64.ts";

/** RFC 4648 10. */
const published = [
  ["", ""],
  ["f", "Zg=="],
  ["fo", "Zm8="],
  ["foo", "Zm9v"],
  ["foob", "Zm9vYg=="],
  ["fooba", "Zm9vYmE="],
  ["foobar", "Zm9vYmFy"],
] as const;

test.each(published)('"%s" is "%s"', (text, encoded) => {
  const bytes = new TextEncoder().encode(text);
  expect(encodeBase64(bytes)).toBe(encoded);
  expect(decodeBase64(encoded)).toEqual(bytes);
});

test("agrees with Buffer", () => {
  const property = fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
    const encoded = Buffer.from(bytes).toString("base64");
    expect(encodeBase64(bytes)).toBe(encoded);
    expect(decodeBase64(encoded)).toEqual(bytes);
  });
  void fc.assert(property, { numRuns: 300 });
});

test("any text: refused, or exactly what the bytes are written as", () => {
  const unit = fc.constantFrom(..."ABab09+/=- \n\u00e9");
  const property = fc.property(fc.string({ unit, maxLength: 12 }), (text) => {
    const decoded = decodeBase64(text);
    if (decoded !== undefined) expect(encodeBase64(decoded)).toBe(text);
  });
  void fc.assert(property, { numRuns: 500 });
});

describe("refuses", () => {
  test.each([
    "Zg",
    "Zg=",
    "Zg===",
    "Z",
    "Zm9v=",
    "====",
    "Zh==",
    "Zm9=",
    "Zm 9v",
    "Zm9v\n",
    "Zm9-",
    "Zm9_",
    "=Zm9",
    "Zm\u00e9v",
  ])("%j", (text) => {
    expect(decodeBase64(text)).toBeUndefined();
  });
});
