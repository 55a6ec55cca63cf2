import { generateKeyPairSync } from "node:crypto";
import { encode } from "@sumac/cbor";
import type { PublicKey } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { describe, expect, test } from "vitest";
import {
  checkTrustRecord,
  mayWrite,
  parseTrustRecord,
  type Role,
  serializeTrustRecord,
  type TrustRecord,
  trustKey,
} from "./trust-record.ts";

function freshKey(): PublicKey {
  const { publicKey } = generateKeyPairSync("ed25519");
  return { scheme: "ed25519", bytes: new Uint8Array(publicKey.export({ type: "spki", format: "der" })).slice(-32) };
}

const a = trustKey(freshKey(), nodeCrypto);
const b = trustKey(freshKey(), nodeCrypto);
const firmware = [new TextEncoder().encode("firmware")];
const release: Role = { name: "release", purpose: "release", threshold: 1, keys: [a], components: [firmware] };
const owner: Role = { name: "owner", purpose: "approval", threshold: 1, keys: [b], components: "any" };
const record: TrustRecord = { roles: [release, owner], legacyAlgorithms: [-7] };

test("a record survives its own encoding, byte for byte", () => {
  const bytes = serializeTrustRecord(record);
  const parsed = parseTrustRecord(bytes, nodeCrypto);
  expect(parsed).toEqual({ ok: true, value: record });
  expect(parsed.ok && serializeTrustRecord(parsed.value)).toEqual(bytes);
});

test.each([
  { name: "a threshold of zero", roles: [{ ...release, threshold: 0 }], error: { code: "trust-threshold" } },
  {
    name: "a threshold that its keys cannot meet",
    roles: [{ ...release, threshold: 2 }],
    error: { code: "trust-threshold", keys: 1 },
  },
  {
    name: "one key counted twice",
    roles: [{ ...release, keys: [a, a], threshold: 2 }],
    error: { code: "trust-duplicate-key" },
  },
  {
    name: "one key under two ids",
    roles: [{ ...release, keys: [a, { ...a, keyId: b.keyId }] }],
    error: { code: "trust-duplicate-key" },
  },
  { name: "two roles of one name", roles: [release, { ...release }], error: { code: "trust-duplicate-role" } },
  { name: "nobody who may release", roles: [owner], error: { code: "trust-no-release-role" } },
])("T-KEY-EXPOSURE refuses $name", ({ roles, error }) => {
  expect(checkTrustRecord({ roles, legacyAlgorithms: [] })).toMatchObject({ ok: false, error });
});

describe("malformed records", () => {
  const role = (over: unknown[]): Uint8Array => encode([1, [over as never], []]);
  const good = ["r", 1, 1, [[1, a.key.bytes]], null];
  test.each([
    ["no CBOR", Uint8Array.of(0xff), "unexpected-break"],
    ["empty", new Uint8Array(), "truncated"],
    ["another version", encode([2, [], []]), "wrong-value"],
    ["a map", encode(new Map()), "wrong-type"],
    ["two elements", encode([1, []]), "wrong-length"],
    ["an unknown purpose", role(["r", 3, 1, [[1, a.key.bytes]], null]), "wrong-value"],
    ["a name that is bytes", role([Uint8Array.of(1), 1, 1, [[1, a.key.bytes]], null]), "wrong-type"],
    ["a short key", role(["r", 1, 1, [[1, a.key.bytes.subarray(1)]], null]), "wrong-value"],
    ["an unknown scheme", role(["r", 1, 1, [[9, a.key.bytes]], null]), "wrong-value"],
    ["65 roles", encode([1, Array.from({ length: 65 }, () => good), []]), "wrong-length"],
  ])("%s", (_name, bytes, reason) => {
    expect(parseTrustRecord(bytes, nodeCrypto)).toMatchObject({ ok: false, error: { code: "malformed", reason } });
  });

  test("every truncation and every flipped bit is read or refused, never thrown", () => {
    const bytes = serializeTrustRecord(record);
    for (let length = 0; length < bytes.length; length++) {
      expect(parseTrustRecord(bytes.subarray(0, length), nodeCrypto).ok).toBe(false);
    }
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      parseTrustRecord(bytes.with(bit >> 3, (bytes[bit >> 3] as number) ^ (1 << (bit & 7))), nodeCrypto);
    }
  });
});

test("T-UPD-UNAPPROVED a role writes the components it was given, no others", () => {
  expect(mayWrite(release, firmware)).toBe(true);
  expect(mayWrite(release, [new TextEncoder().encode("bootloader")])).toBe(false);
  expect(mayWrite(release, [...firmware, ...firmware])).toBe(false);
  expect(mayWrite(owner, firmware)).toBe(true);
});
