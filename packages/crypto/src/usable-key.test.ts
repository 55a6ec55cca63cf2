import { p256 } from "@noble/curves/nist.js";
import { Point } from "@noble/ed25519";
import { describe, expect, test } from "vitest";
import { bytesToHex, hexToBytes } from "./index.ts";
import { keyFault } from "./usable-key.ts";

const ed25519Fault = (bytes: Uint8Array) => keyFault({ scheme: "ed25519", bytes });
const p256Fault = (bytes: Uint8Array) => keyFault({ scheme: "ecdsa-p256-sha256", bytes });
const littleEndian = (y: bigint): Uint8Array => hexToBytes(y.toString(16).padStart(64, "0")).reverse();
const ed25519Prime = 2n ** 255n - 19n;

describe("Ed25519", () => {
  test("refuses all eight points of small order, computed from one of order 8", () => {
    const orderEight = Point.fromHex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05");
    const points = [Point.ZERO];
    while (points.length < 8) points.push((points.at(-1) ?? Point.ZERO).add(orderEight));
    const encodings = points.map((point) => point.toBytes());
    expect(new Set(encodings.map(bytesToHex)).size).toBe(8);
    expect(points.every((point) => point.isSmallOrder())).toBe(true);
    expect(encodings.map(ed25519Fault)).toEqual(Array(8).fill("weak-key"));
  });

  test("refuses them with the other sign too, also where x is 0", () => {
    for (const y of [0n, 1n, ed25519Prime - 1n]) {
      const bytes = littleEndian(y);
      expect(ed25519Fault(bytes)).toBe("weak-key");
      expect(ed25519Fault(bytes.with(31, (bytes[31] ?? 0) | 0x80))).toBe("weak-key");
    }
  });

  test("refuses every second encoding of a point (y from p to 2^255 - 1)", () => {
    for (let y = ed25519Prime; y < 2n ** 255n; y++) {
      expect(ed25519Fault(littleEndian(y))).toBe("not-a-point");
      expect(ed25519Fault(littleEndian(y + 2n ** 255n))).toBe("not-a-point");
    }
  });

  test("takes ordinary points", () => {
    for (let scalar = 1n; scalar < 20n; scalar++) {
      expect(ed25519Fault(Point.BASE.multiply(scalar).toBytes())).toBeUndefined();
    }
    expect(ed25519Fault(littleEndian(ed25519Prime - 2n))).toBeUndefined();
  });

  test.each([0, 31, 33, 64])("refuses %i bytes", (length) => {
    expect(ed25519Fault(new Uint8Array(length))).toBe("wrong-length");
  });
});

describe("P-256", () => {
  const base = p256.Point.BASE.toBytes(false);

  test("takes ordinary points", () => {
    for (let scalar = 1n; scalar < 20n; scalar++) {
      expect(p256Fault(p256.Point.BASE.multiply(scalar).toBytes(false))).toBeUndefined();
    }
  });

  test("refuses compressed points by name", () => {
    expect(p256Fault(p256.Point.BASE.toBytes(true))).toBe("compressed-point");
    expect(p256Fault(base.slice(0, 33).with(0, 2))).toBe("compressed-point");
  });

  test("refuses other forms of 65 and 33 bytes", () => {
    for (const first of [0, 2, 3, 5, 6, 7, 0xff]) expect(p256Fault(base.with(0, first))).toBe("not-a-point");
    expect(p256Fault(base.slice(0, 33))).toBe("wrong-length");
  });

  test("refuses a point off the curve, whichever byte is wrong", () => {
    for (let i = 1; i < 65; i++) expect(p256Fault(base.with(i, (base[i] ?? 0) ^ 1))).toBe("not-a-point");
    expect(p256Fault(new Uint8Array(65).with(0, 4))).toBe("not-a-point");
  });

  test("refuses coordinates that are not reduced", () => {
    // x = 5 has a point, so x = p + 5 satisfies the equation just as well.
    const { x, y } = p256.Point.fromHex(`02${"5".padStart(64, "0")}`).toAffine();
    const prime = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
    const coordinates = (a: bigint, b: bigint): Uint8Array =>
      hexToBytes(`04${a.toString(16).padStart(64, "0")}${b.toString(16).padStart(64, "0")}`);
    expect(p256Fault(coordinates(x, y))).toBeUndefined();
    expect(p256Fault(coordinates(x + prime, y))).toBe("not-a-point");
    expect(p256Fault(coordinates(x, prime))).toBe("not-a-point");
    // And x = 0 has a point too, so x = p is the first value that must fall.
    const atZero = p256.Point.fromHex(`02${"0".repeat(64)}`).toAffine();
    expect(p256Fault(coordinates(0n, atZero.y))).toBeUndefined();
    expect(p256Fault(coordinates(prime, atZero.y))).toBe("not-a-point");
  });

  test.each([0, 1, 32, 64, 66])("refuses %i bytes", (length) => {
    expect(p256Fault(new Uint8Array(length).fill(4))).toBe("wrong-length");
  });
});
