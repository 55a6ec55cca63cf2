import { bytesToHex, hexToBytes } from "@sumac/crypto";
import { expect, test } from "vitest";
import { toBeSigned } from "./to-be-signed.ts";

test("is the Sig_structure of RFC 9052 C.2.1", () => {
  const payload = new TextEncoder().encode("This is the content.");
  expect(bytesToHex(toBeSigned(hexToBytes("a10126"), payload))).toBe(
    "846a5369676e61747572653143a101264054546869732069732074686520636f6e74656e742e",
  );
});

test("writes an absent protected header and an empty payload as empty byte strings", () => {
  expect(bytesToHex(toBeSigned(new Uint8Array(), new Uint8Array()))).toBe("846a5369676e617475726531404040");
});
