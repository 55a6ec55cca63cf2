import { p256, p384 } from "@noble/curves/nist.js";
import { Point } from "@noble/ed25519";
import { describe, expect, test } from "vitest";
import { bytesToHex, hexToBytes, schemeForms } from "./index.ts";
import { keyFault } from "./usable-key.ts";

const ed25519Fault = (bytes: Uint8Array) => keyFault({ scheme: "ed25519", bytes });
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

describe.each([
  {
    scheme: "ecdsa-p256-sha256",
    curve: p256,
    size: 32,
    prime: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
    wrongLengths: [0, 1, 32, 64, 66, 97],
  },
  {
    scheme: "ecdsa-p384-sha384",
    curve: p384,
    size: 48,
    prime: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    wrongLengths: [0, 1, 48, 65, 96, 98],
  },
] as const)("$scheme", ({ scheme, curve: { Point: CurvePoint }, size, prime, wrongLengths }) => {
  const fault = (bytes: Uint8Array) => keyFault({ scheme, bytes });
  const base = CurvePoint.BASE.toBytes(false);
  const coordinate = (value: bigint): string => value.toString(16).padStart(2 * size, "0");

  test("takes ordinary points", () => {
    for (let scalar = 1n; scalar < 20n; scalar++) {
      expect(fault(CurvePoint.BASE.multiply(scalar).toBytes(false))).toBeUndefined();
    }
  });

  test("refuses compressed points by name", () => {
    expect(fault(CurvePoint.BASE.toBytes(true))).toBe("compressed-point");
    expect(fault(base.slice(0, 1 + size).with(0, 2))).toBe("compressed-point");
    expect(fault(base.slice(0, 1 + size).with(0, 3))).toBe("compressed-point");
  });

  test("refuses other forms of the two lengths", () => {
    for (const first of [0, 2, 3, 5, 6, 7, 0xff]) expect(fault(base.with(0, first))).toBe("not-a-point");
    expect(fault(base.slice(0, 1 + size))).toBe("wrong-length");
  });

  test("refuses a point off the curve, whichever byte is wrong", () => {
    for (let i = 1; i < base.length; i++) expect(fault(base.with(i, (base[i] ?? 0) ^ 1))).toBe("not-a-point");
    expect(fault(new Uint8Array(base.length).with(0, 4))).toBe("not-a-point");
  });

  test("refuses coordinates that are not reduced", () => {
    const point = (x: bigint, y: bigint): Uint8Array => hexToBytes(`04${coordinate(x)}${coordinate(y)}`);
    // The first x from 0 that has a point: x + p satisfies the equation just as well.
    const { x, y } = firstPoint((value) => CurvePoint.fromHex(`02${coordinate(value)}`).toAffine());
    expect(fault(point(x, y))).toBeUndefined();
    expect(fault(point(x + prime, y))).toBe("not-a-point");
    expect(fault(point(x, prime))).toBe("not-a-point");
  });

  test.each(wrongLengths)("refuses %i bytes", (length) => {
    expect(fault(new Uint8Array(length).fill(4))).toBe("wrong-length");
  });
});

function firstPoint<Affine>(pointAt: (x: bigint) => Affine): Affine {
  for (let x = 0n; x < 100n; x++) {
    try {
      return pointAt(x);
    } catch {
      // No point has this x.
    }
  }
  throw new Error("half of all x have a point");
}

describe.each(["ml-dsa-65", "ml-dsa-87"] as const)("%s", (scheme) => {
  const { keyLength } = schemeForms[scheme];
  const fault = (bytes: Uint8Array) => keyFault({ scheme, bytes });

  test.each([0x00, 0xff])("refuses a t1 of 0x%s, whatever rho is", (fill) => {
    const erased = new Uint8Array(keyLength).fill(fill);
    expect(fault(erased)).toBe("weak-key");
    expect(fault(erased.with(0, 0x5a))).toBe("weak-key");
  });

  test("takes every other t1", () => {
    const erased = new Uint8Array(keyLength);
    for (const at of [32, 1000, keyLength - 1]) {
      expect(fault(erased.with(at, 1))).toBeUndefined();
      expect(fault(erased.fill(0xff).with(at, 0xfe))).toBeUndefined();
      erased.fill(0);
    }
  });

  test.each([0, 32, 1312, keyLength - 1, keyLength + 1])("refuses %i bytes", (length) => {
    expect(fault(new Uint8Array(length).fill(4))).toBe("wrong-length");
  });
});
