import { bytesToHex, hexToBytes } from "@sumac/crypto";
import { formatUuid, uuidV5 } from "@sumac/suit";
import { expect, test } from "vitest";
import { nodeSha1 } from "./node-sha1.ts";
import { classIdOf, highestPen, vendorIdOf } from "./vendor-identity.ts";

const vendor = "vendor.example";

test("a domain gives the identifiers that the draft shows", () => {
  const id = vendorIdOf({ vendor: "arm.com" }, nodeSha1);
  expect(formatUuid(id)).toBe("fa6b4a53-d5ad-5fdf-be9d-e663e4d41ffe");
  expect(formatUuid(classIdOf(id, "suit", nodeSha1))).toBe("1492af14-2569-5e48-bf42-9b2d51f2ab45");
});

/** RFC 9090: tag 112 around seven bits a byte; worked out by hand. */
test.each<[number, string]>([
  [1, "d8704101"],
  [127, "d870417f"],
  [128, "d870428100"],
  [32473, "d8704381fd59"],
  [highestPen, "d870458fffffff7f"],
])("the private enterprise number %i", (vendorPen, encoded) => {
  expect(bytesToHex(vendorIdOf({ vendor, vendorPen }, nodeSha1))).toBe(encoded);
});

test("a class below a number: UUIDv5 in the UUIDv5 of the number (draft-37 8.4.8.2)", () => {
  const pen = vendorIdOf({ vendor, vendorPen: 32473 }, nodeSha1);
  // The namespace of numbers is itself made so: UUIDv5(OID, h'd86f452b06010401'). By hand, apart from `uuidV5`.
  const oid = hexToBytes("6ba7b8129dad11d180b400c04fd430c8");
  const v5 = (namespace: Uint8Array, name: Uint8Array): Uint8Array => {
    const hash = nodeSha1(Uint8Array.from([...namespace, ...name])).slice(0, 16);
    return hash.with(6, ((hash[6] ?? 0) & 15) | 0x50).with(8, ((hash[8] ?? 0) & 63) | 0x80);
  };
  const namespace = v5(oid, hexToBytes("d86f452b06010401"));
  expect(formatUuid(namespace)).toBe("47fbdabb-f2e4-55f0-bb39-3620c2f6df4e");
  expect(classIdOf(pen, "rtu", nodeSha1)).toEqual(uuidV5(v5(namespace, pen), "rtu", nodeSha1));
});
