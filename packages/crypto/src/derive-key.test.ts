import { expect, test } from "vitest";
import { deriveKey } from "./derive-key.ts";
import { bytesToHex, hexToBytes } from "./index.ts";

test("RFC 5869 A.3: no salt, no info", () => {
  const secret = new Uint8Array(22).fill(0x0b);
  expect(bytesToHex(deriveKey(secret, new Uint8Array(), 42))).toBe(
    "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
  );
});

test("the info separates keys", () => {
  const secret = hexToBytes("00112233445566778899aabbccddeeff");
  const keys = [1, 2].map((info) => bytesToHex(deriveKey(secret, Uint8Array.of(info), 16)));
  expect(new Set(keys).size).toBe(2);
});
