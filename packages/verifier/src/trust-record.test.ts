import { encode } from "@sumac/cbor";
import { bytesToHex } from "@sumac/crypto";
import { nobleEd25519Crypto } from "@sumac/crypto/noble-ed25519";
import { nodeCrypto } from "@sumac/crypto/node";
import { describe, expect, test } from "vitest";
import type { Profile } from "./profile.ts";
import { testKey } from "./signed-release.test.support.ts";
import {
  checkTrustRecord,
  mayWrite,
  parseTrustRecord,
  type Role,
  serializeTrustRecord,
  type TrustedKey,
  type TrustRecord,
} from "./trust-record.ts";

const a = testKey("ed25519").trusted;
const b = testKey("ed25519").trusted;
const p384 = testKey("ecdsa-p384-sha384").trusted;
const mlDsa65 = testKey("ml-dsa-65").trusted;
const mlDsa87 = testKey("ml-dsa-87").trusted;
const firmware = [new TextEncoder().encode("firmware")];
const release: Role = { name: "release", purpose: "release", threshold: 1, keys: [a], components: [firmware] };
const owner: Role = { name: "owner", purpose: "approval", threshold: 1, keys: [b], components: "any" };
const record: TrustRecord = { profile: "classic", roles: [release, owner], legacyAlgorithms: [-7] };

test("a record survives its own encoding, byte for byte", () => {
  const bytes = serializeTrustRecord(record);
  const parsed = parseTrustRecord(bytes, nodeCrypto);
  expect(parsed).toEqual({ ok: true, value: record });
  expect(parsed.ok && serializeTrustRecord(parsed.value)).toEqual(bytes);
});

test.each<TrustRecord>([
  { ...record, roles: [{ ...release, keys: [a, p384] }] },
  { ...record, profile: "hybrid", roles: [{ ...release, keys: [a, p384, mlDsa65, mlDsa87], threshold: 2 }, owner] },
  { ...record, profile: "cnsa2", roles: [{ ...release, keys: [mlDsa87] }], legacyAlgorithms: [] },
])("so does one of every profile: $profile", (each) => {
  const bytes = serializeTrustRecord(each);
  expect(parseTrustRecord(bytes, nodeCrypto)).toEqual({ ok: true, value: each });
});

test("a record without a profile is written as classic", () => {
  const { profile: _, ...unnamed } = record;
  expect(serializeTrustRecord(unnamed)).toEqual(serializeTrustRecord(record));
});

describe("version 1", () => {
  const roles = (keys: readonly TrustedKey[], label: number) => [
    ["release", 1, 1, keys.map(({ key }) => [label, key.bytes]), null],
  ];

  test("is read as classic, and written again as version 2", () => {
    const bytes = encode([1, roles([a, b], 1), [-7]]);
    const parsed = parseTrustRecord(bytes, nodeCrypto);
    expect(parsed).toEqual({
      ok: true,
      value: {
        profile: "classic",
        roles: [{ ...release, keys: [a, b], components: "any" }],
        legacyAlgorithms: [-7],
      },
    });
    expect(parsed.ok && serializeTrustRecord(parsed.value)).toEqual(encode([2, 1, roles([a, b], 1), [-7]]));
  });

  test("cannot bring ML-DSA keys under a profile that never counts them", () => {
    expect(parseTrustRecord(encode([1, roles([mlDsa87], 5), []]), nodeCrypto)).toMatchObject({
      ok: false,
      error: { code: "trust-key-not-in-profile", profile: "classic" },
    });
  });
});

test.each<{ name: string; profile?: Profile; roles: Role[]; error: object }>([
  {
    name: "ML-DSA in a record that names no profile",
    roles: [{ ...release, keys: [a, mlDsa65] }],
    error: { code: "trust-key-not-in-profile", role: "release", profile: "classic", keyId: bytesToHex(mlDsa65.keyId) },
  },
  {
    name: "hybrid without ML-DSA keys",
    profile: "hybrid",
    roles: [{ ...release, keys: [a, p384] }],
    error: { code: "trust-threshold", keys: 0, part: "ml-dsa" },
  },
  {
    name: "hybrid without classical keys",
    profile: "hybrid",
    roles: [{ ...release, keys: [mlDsa65, mlDsa87] }],
    error: { code: "trust-threshold", keys: 0, part: "classical" },
  },
  {
    name: "hybrid with two classical keys and one of ML-DSA for a threshold of two",
    profile: "hybrid",
    roles: [{ ...release, keys: [a, p384, mlDsa65], threshold: 2 }],
    error: { code: "trust-threshold", threshold: 2, keys: 1, part: "ml-dsa" },
  },
  {
    name: "one ML-DSA key twice in a hybrid role",
    profile: "hybrid",
    roles: [{ ...release, keys: [a, p384, mlDsa65, mlDsa65], threshold: 2 }],
    error: { code: "trust-duplicate-key", keyId: bytesToHex(mlDsa65.keyId) },
  },
  {
    name: "cnsa2 with Ed25519",
    profile: "cnsa2",
    roles: [{ ...release, keys: [a, mlDsa87] }],
    error: { code: "trust-key-not-in-profile", profile: "cnsa2", keyId: bytesToHex(a.keyId) },
  },
  {
    name: "cnsa2 with ML-DSA-65",
    profile: "cnsa2",
    roles: [{ ...release, keys: [mlDsa87, mlDsa65] }],
    error: { code: "trust-key-not-in-profile", keyId: bytesToHex(mlDsa65.keyId) },
  },
  {
    name: "cnsa2 with an owner of another kind",
    profile: "cnsa2",
    roles: [{ ...release, keys: [mlDsa87] }, owner],
    error: { code: "trust-key-not-in-profile", role: "owner" },
  },
])("T-KEY-EXPOSURE refuses $name", ({ profile, roles, error }) => {
  const refused = { roles, legacyAlgorithms: [], ...(profile !== undefined && { profile }) };
  expect(checkTrustRecord(refused)).toMatchObject({ ok: false, error });
  expect(parseTrustRecord(serializeTrustRecord(refused), nodeCrypto)).toMatchObject({ ok: false, error });
});

test("refuses a record whose signatures this device cannot check", () => {
  const hybrid = serializeTrustRecord({ ...record, profile: "hybrid", roles: [{ ...release, keys: [a, mlDsa65] }] });
  expect(parseTrustRecord(hybrid, nobleEd25519Crypto)).toEqual({
    ok: false,
    error: { code: "trust-scheme-unsupported", role: "release", scheme: "ml-dsa-65" },
  });
  expect(parseTrustRecord(serializeTrustRecord(record), nobleEd25519Crypto).ok).toBe(true);
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
  const role = (over: unknown[]): Uint8Array => encode([2, 1, [over as never], []]);
  const good = ["r", 1, 1, [[1, a.key.bytes]], null];
  test.each([
    ["no CBOR", Uint8Array.of(0xff), "unexpected-break"],
    ["empty", new Uint8Array(), "truncated"],
    ["another version", encode([3, 1, [], []]), "wrong-value"],
    ["a map", encode(new Map()), "wrong-type"],
    ["no elements", encode([]), "wrong-length"],
    ["two elements", encode([2, []]), "wrong-length"],
    ["version 2 without a profile", encode([2, [], []]), "wrong-length"],
    ["version 1 with a profile", encode([1, 1, [], []]), "wrong-length"],
    ["an unknown profile", encode([2, 4, [good as never], []]), "wrong-value"],
    ["a profile by name", encode([2, "classic", [good as never], []]), "wrong-type"],
    ["an unknown purpose", role(["r", 3, 1, [[1, a.key.bytes]], null]), "wrong-value"],
    ["a name that is bytes", role([Uint8Array.of(1), 1, 1, [[1, a.key.bytes]], null]), "wrong-type"],
    ["a short key", role(["r", 1, 1, [[1, a.key.bytes.subarray(1)]], null]), "wrong-value"],
    ["an unknown scheme", role(["r", 1, 1, [[9, a.key.bytes]], null]), "wrong-value"],
    ["an ML-DSA key of another set", role(["r", 1, 1, [[5, mlDsa65.key.bytes]], null]), "wrong-value"],
    ["65 roles", encode([2, 1, Array.from({ length: 65 }, () => good), []]), "wrong-length"],
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
