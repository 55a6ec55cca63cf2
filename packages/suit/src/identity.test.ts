import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { classIdFor, formatIdentifier, formatUuid, parseUuid, parseVendorId, uuidV5, vendorIdFor } from "./identity.ts";

const sha1 = (bytes: Uint8Array) => new Uint8Array(createHash("sha1").update(bytes).digest());

describe("identifiers by UUID version 5", () => {
  test("are those of the draft's examples", () => {
    const vendor = vendorIdFor("arm.com", sha1);
    expect(formatUuid(vendor)).toBe("fa6b4a53-d5ad-5fdf-be9d-e663e4d41ffe");
    expect(formatUuid(classIdFor(vendor, "suit", sha1))).toBe("1492af14-2569-5e48-bf42-9b2d51f2ab45");
  });

  test("set version and variant whatever the hash says", () => {
    for (const fill of [0x00, 0xff]) {
      const uuid = uuidV5(new Uint8Array(16), "x", () => new Uint8Array(20).fill(fill));
      expect(formatUuid(uuid)).toMatch(/^.{14}5.{4}[89ab]/);
      expect(uuid).toHaveLength(16);
    }
  });

  test("ignore the case of a domain, not that of a model", () => {
    const vendor = vendorIdFor("ARM.com", sha1);
    expect(vendor).toEqual(vendorIdFor("arm.com", sha1));
    expect(classIdFor(vendor, "Suit", sha1)).not.toEqual(classIdFor(vendor, "suit", sha1));
  });
});

describe("a UUID as text", () => {
  const bytes = Uint8Array.from({ length: 16 }, (_, i) => i * 17);
  test.each([
    "00112233-4455-6677-8899-aabbccddeeff",
    "00112233-4455-6677-8899-AABBCCDDEEFF",
    "00112233445566778899aabbccddeeff",
  ])("%s is read", (text) => {
    expect(parseUuid(text)).toEqual(bytes);
  });

  test.each([
    "",
    "00112233-4455-6677-8899-aabbccddeef",
    "00112233-4455-6677-8899-aabbccddeeff0",
    "00112233-44556677-8899-aabbccddeeff",
    "0011223344556677-8899-aabbccddeeff",
    "g0112233-4455-6677-8899-aabbccddeeff",
    " 00112233445566778899aabbccddeeff",
    "00112233445566778899aabbccddeeff\n",
  ])("%j is none", (text) => {
    expect(parseUuid(text)).toBeUndefined();
  });

  test("has no form for other lengths", () => {
    expect(formatUuid(bytes)).toBe("00112233-4455-6677-8899-aabbccddeeff");
    expect(() => formatUuid(new Uint8Array(15))).toThrow(RangeError);
  });
});

describe("a vendor identifier as text", () => {
  test.each(["00112233-4455-6677-8899-aabbccddeeff", "d8704101", "d8704381fd59", "d8704c818283848586878889808101"])(
    "%s comes back",
    (text) => {
      const id = parseVendorId(text);
      expect(id && formatIdentifier(id)).toBe(text);
    },
  );

  test.each([
    ["an empty number", "d87040"],
    ["a byte too few", "d8704281"],
    ["a byte too many", "d870410102"],
    ["16 bytes, which would be a UUID", "d8704d81828384858687888980818201"],
    ["half a byte", "d87041010"],
    ["another tag", "d86f4101"],
    ["a tag alone", "d870"],
  ])("%s is none", (_, text) => {
    const id = parseVendorId(text);
    expect(id === undefined || id.length === 16).toBe(true);
  });
});
