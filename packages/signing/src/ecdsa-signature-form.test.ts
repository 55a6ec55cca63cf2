import { generateKeyPairSync, sign } from "node:crypto";
import { hexToBytes } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { describe, expect, test } from "vitest";
import { rawFromDer } from "./ecdsa-signature-form.ts";
import { publicPart } from "./node-private-key.ts";

describe("rawFromDer", () => {
  test.each([
    ["P-256", "sha256", 32],
    ["P-384", "sha384", 48],
  ] as const)("a signature of %s verifies in its other form", (namedCurve, hash, size) => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve });
    // Enough of them that short and long integers both come.
    for (let round = 0; round < 200; round++) {
      const message = Uint8Array.of(round);
      const raw = rawFromDer(new Uint8Array(sign(hash, message, privateKey)), size);
      expect(raw).toHaveLength(size * 2);
      expect(nodeCrypto.verify(publicPart(privateKey), message, raw ?? new Uint8Array())).toBe(true);
    }
  });

  test("takes the smallest and the largest", () => {
    expect(rawFromDer(hexToBytes("3006020101020102"), 2)).toEqual(hexToBytes("00010002"));
    expect(rawFromDer(hexToBytes("3008020300ffff02017f"), 2)).toEqual(hexToBytes("ffff007f"));
  });

  test.each([
    ["nothing", ""],
    ["no sequence", "3106020101020102"],
    ["a byte behind", "300602010102010200"],
    ["a byte behind inside", "300702010102010200"],
    ["cut off", "30060201010201"],
    ["one integer", "3003020101"],
    ["a negative number", "3006020181020102"],
    ["a leading zero", "300702020001020102"],
    ["an empty integer", "30050200020102"],
    ["too large a number", "30080203010000020102"],
    ["a long length for a short one", "308106020101020102"],
    ["an indefinite length", "3080020101020102"],
    ["another type inside", "3006040101020102"],
  ])("refuses %s", (_, hex) => {
    expect(rawFromDer(hexToBytes(hex), 2)).toBeUndefined();
  });
});
