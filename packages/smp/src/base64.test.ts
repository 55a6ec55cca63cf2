import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeBase64, encodeBase64 } from "./base64.ts";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

test("bytes become what the platform makes of them, and bytes again", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const text = encodeBase64(bytes);
      expect(Buffer.from(text).toString()).toBe(Buffer.from(bytes).toString("base64"));
      expect(decodeBase64(text)).toEqual(bytes);
    }),
  );
});

describe("what is no base64 is refused", () => {
  test.each([
    "A",
    "AB",
    "ABC",
    "AB=C",
    "=ABC",
    "A===",
    "====",
    "AB==ABCD",
    "AB-_",
    "AB\r\n",
    "AB C",
    "ABCD\u0000\u0000\u0000\u0000",
  ])("%j", (text) => {
    expect(decodeBase64(ascii(text))).toBeUndefined();
  });
});
