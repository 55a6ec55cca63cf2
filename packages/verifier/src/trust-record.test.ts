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
  const record2 = (roles: readonly unknown[], legacy: readonly unknown[] = []): Uint8Array =>
    encode([2, 1, roles as never, legacy as never]);
  const role = (over: Readonly<Record<number, unknown>>): Uint8Array => record2([Object.assign([...good], over)]);
  // Offsets: 3 roles, 4 role, 5 name, 7 purpose, 8 threshold, 9 keys, 10 key, 11 scheme, 12 its bytes, 46 components.
  const good = ["r", 1, 1, [[1, a.key.bytes]], null];
  const many = (count: number, of: unknown): unknown[] => Array.from({ length: count }, () => of);
  const schemeAndKey = (scheme: unknown, key: unknown): Uint8Array => role({ 3: [[scheme, key]] });

  test.each<[name: string, bytes: Uint8Array, reason: string, field: string, offset: number]>([
    ["no CBOR", Uint8Array.of(0xff), "unexpected-break", "", 0],
    ["empty", new Uint8Array(), "truncated", "", 0],
    ["a tag", Uint8Array.of(0xc1, 0), "tag-not-allowed", "", 0],
    ["another version", encode([3, 1, [], []]), "wrong-value", ".version", 1],
    ["a version in words", encode(["2", 1, [], []]), "wrong-type", ".version", 1],
    ["a map", encode(new Map()), "wrong-type", ".trust-record", 0],
    ["no elements", encode([]), "wrong-length", ".trust-record", 0],
    ["two elements", encode([2, []]), "wrong-length", ".trust-record", 0],
    ["five elements", encode([2, 1, [], [], []]), "wrong-length", ".trust-record", 0],
    ["version 2 without a profile", encode([2, [], []]), "wrong-length", ".trust-record", 0],
    ["version 1 with a profile", encode([1, 1, [], []]), "wrong-length", ".trust-record", 0],
    ["an unknown profile", encode([2, 4, [good as never], []]), "wrong-value", ".profile", 2],
    ["a profile by name", encode([2, "classic", [good as never], []]), "wrong-type", ".profile", 2],
    ["roles that are no list", encode([2, 1, "r", []]), "wrong-type", ".roles", 3],
    ["65 roles", record2(many(65, good)), "wrong-length", ".roles", 3],
    ["a role that is no list", record2([7]), "wrong-type", ".role", 4],
    ["a role without components", record2([good.slice(0, 4)]), "wrong-length", ".role", 4],
    ["a role with more", record2([[...good, 0]]), "wrong-length", ".role", 4],
    ["a name that is bytes", role({ 0: Uint8Array.of(1) }), "wrong-type", ".role.name", 5],
    ["an unknown purpose", role({ 1: 4 }), "wrong-value", ".role.purpose", 7],
    ["a purpose by name", role({ 1: "release" }), "wrong-type", ".role.purpose", 7],
    ["a threshold in words", role({ 2: "1" }), "wrong-type", ".threshold", 8],
    ["a threshold beyond 2^53", role({ 2: 2n ** 53n }), "wrong-type", ".threshold", 8],
    ["keys that are no list", role({ 3: a.key.bytes }), "wrong-type", ".keys", 9],
    ["65 keys", role({ 3: many(65, [1, a.key.bytes]) }), "wrong-length", ".keys", 9],
    ["a key that is no list", role({ 3: [a.key.bytes] }), "wrong-type", ".key", 10],
    ["a key without bytes", role({ 3: [[1]] }), "wrong-length", ".key", 10],
    ["a key with more", role({ 3: [[1, a.key.bytes, 1]] }), "wrong-length", ".key", 10],
    ["an unknown scheme", schemeAndKey(9, a.key.bytes), "wrong-value", ".role.key", 11],
    ["a scheme by name", schemeAndKey("ed25519", a.key.bytes), "wrong-type", ".role.key", 11],
    ["a key in hex", schemeAndKey(1, bytesToHex(a.key.bytes)), "wrong-type", ".key", 12],
    ["a short key", schemeAndKey(1, a.key.bytes.subarray(1)), "wrong-value", ".role.key", 10],
    ["a long key", schemeAndKey(1, new Uint8Array(33)), "wrong-value", ".role.key", 10],
    ["an ML-DSA key of another set", schemeAndKey(5, mlDsa65.key.bytes), "wrong-value", ".role.key", 10],
    ["no components, as false", role({ 4: false }), "wrong-type", ".components", 46],
    ["every component, as true", role({ 4: true }), "wrong-type", ".components", 46],
    ["one component in place of a list", role({ 4: firmware[0] }), "wrong-type", ".components", 46],
    ["65 components", role({ 4: many(65, firmware) }), "wrong-length", ".components", 46],
    ["a component that is no list", role({ 4: firmware }), "wrong-type", ".component", 47],
    ["a component of words", role({ 4: [["firmware"]] }), "wrong-type", ".component", 48],
    ["legacy algorithms that are no list", encode([2, 1, [good as never], -7]), "wrong-type", ".legacy-algorithms", 47],
    ["a legacy algorithm by name", record2([good], ["ES256"]), "wrong-type", ".legacy-algorithms", 48],
    ["65 legacy algorithms", record2([good], many(65, -7)), "wrong-length", ".legacy-algorithms", 47],
  ])("%s", (_name, bytes, reason, field, offset) => {
    expect(parseTrustRecord(bytes, nodeCrypto)).toEqual({
      ok: false,
      error: { code: "malformed", reason, field: `trust-record${field}`, offset },
    });
  });

  test("64 roles are read, and 64 keys, components and legacy algorithms", () => {
    const roles = Array.from({ length: 64 }, (_, i) => Object.assign([...good], { 0: `role ${i}` }));
    expect(parseTrustRecord(record2(roles), nodeCrypto)).toMatchObject({ ok: true });
    const keys = Array.from({ length: 64 }, (_, i) => [1, new Uint8Array(32).fill(i)]);
    const components = Array.from({ length: 64 }, (_, i) => [Uint8Array.of(i)]);
    const parsed = parseTrustRecord(record2([["r", 1, 1, keys, components]], many(64, -7)), nodeCrypto);
    expect(parsed).toMatchObject({ ok: true });
    expect(parsed.ok && parsed.value.roles[0]?.components).toEqual(components);
  });

  test("a fault of the crypto is thrown as it is, never called malformed", () => {
    const faults: unknown[] = [new Error("no memory"), "a string", null, undefined, { code: "another" }];
    for (const fault of faults) {
      const broken = {
        ...nodeCrypto,
        startDigest: () => {
          throw fault;
        },
      };
      let thrown: unknown = "nothing";
      try {
        parseTrustRecord(serializeTrustRecord(record), broken);
      } catch (caught) {
        thrown = caught;
      }
      expect(thrown).toBe(fault);
    }
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
  const both: Role = { ...release, components: [[new TextEncoder().encode("radio")], firmware] };
  expect(mayWrite(both, firmware)).toBe(true);
  expect(mayWrite({ ...release, components: [] }, firmware)).toBe(false);
});
