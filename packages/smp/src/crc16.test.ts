import { expect, test } from "vitest";
import { crc16 } from "./crc16.ts";

test("the check value of CRC-16/XMODEM, and 0 over data with its CRC", () => {
  const digits = new TextEncoder().encode("123456789");
  expect(crc16(digits)).toBe(0x31c3);
  expect(crc16(Uint8Array.of(...digits, 0x31, 0xc3))).toBe(0);
  expect(crc16(new Uint8Array(0))).toBe(0);
});
