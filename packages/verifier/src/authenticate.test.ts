/** Which refusal is the most telling one, and whose signature counts for what. */
import { bytesToHex, type Crypto } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { type Envelope, parseEnvelope } from "@sumac/suit";
import { describe, expect, test } from "vitest";
import { authenticate } from "./authenticate.ts";
import { blockBy, release, roleOf, signedBy, type TestKey, testKey } from "./signed-release.test.support.ts";
import type { Role, TrustRecord } from "./trust-record.ts";

const vendor = testKey("ed25519");
const second = testKey("ecdsa-p256-sha256");
const third = testKey("ed25519");
const owner = testKey("ed25519");
const stranger = testKey("ed25519");
const otherStranger = testKey("ecdsa-p384-sha384");
const postQuantum = testKey("ml-dsa-65");

const idOf = (key: TestKey): string => bytesToHex(key.trusted.keyId);
const other = new TextEncoder().encode("the digest of another release");

/** Registered for nothing that is known here. */
const unknownAlgorithm = -999;
/** EdDSA: of the key's scheme, but deprecated. */
const legacyAlgorithm = -8;

type Blocks = (digest: Uint8Array) => readonly Uint8Array[];

function envelopeOf(blocks: Blocks): Envelope {
  const parsed = parseEnvelope(release(blocks));
  if (!parsed.ok) throw new Error(parsed.error.code);
  return parsed.value;
}

const trustOf = (...roles: readonly Role[]): TrustRecord => ({ roles, legacyAlgorithms: [] });
const trust = trustOf(roleOf("release", [vendor, second, third], { threshold: 2 }));

const judge = (blocks: Blocks, record: TrustRecord = trust, crypto: Crypto = nodeCrypto) =>
  authenticate(envelopeOf(blocks), record, crypto);

const unsigned: Blocks = () => [];
const bad = (key: TestKey): Uint8Array => blockBy(key, other);
const notAllowed = (algorithm: number | null, key: TestKey | null) => ({
  code: "algorithm-not-allowed",
  algorithm,
  keyId: key && idOf(key),
});
const invalid = (key: TestKey | null) => ({ code: "signature-invalid", keyId: key && idOf(key) });
const unknown = (...keys: readonly TestKey[]) => ({ code: "signer-unknown", keyIds: keys.map(idOf) });
const missing = (have: number, need: number, role = "release") => ({
  code: "threshold-not-met",
  role,
  have,
  need,
  part: "any",
});

describe("the most telling refusal", () => {
  test.each<{ name: string; blocks: Blocks; error: object; record?: TrustRecord }>([
    { name: "no block at all", blocks: unsigned, error: missing(0, 2) },
    { name: "one of two", blocks: signedBy(vendor), error: missing(1, 2) },
    { name: "one of two, who signed twice", blocks: signedBy(vendor, vendor), error: missing(1, 2) },
    { name: "one of two, beside a stranger", blocks: signedBy(stranger, vendor), error: missing(1, 2) },
    { name: "a stranger", blocks: signedBy(stranger), error: unknown(stranger) },
    { name: "two strangers", blocks: signedBy(stranger, otherStranger), error: unknown(stranger, otherStranger) },
    { name: "a bad signature", blocks: () => [bad(vendor)], error: invalid(vendor) },
    {
      name: "a bad signature beside a good one",
      blocks: (d) => [blockBy(second, d), bad(vendor)],
      error: invalid(vendor),
    },
    {
      name: "a bad signature after a stranger",
      blocks: (d) => [blockBy(stranger, d), bad(vendor)],
      error: invalid(vendor),
    },
    {
      name: "a bad signature after an algorithm that is not the key's",
      blocks: (d) => [blockBy(second, d, { algorithm: legacyAlgorithm }), bad(vendor)],
      error: invalid(vendor),
    },
    {
      name: "a bad signature before an algorithm that is not the key's",
      blocks: (d) => [bad(vendor), blockBy(second, d, { algorithm: legacyAlgorithm })],
      error: invalid(vendor),
    },
    { name: "the first of two bad signatures", blocks: () => [bad(second), bad(vendor)], error: invalid(second) },
    {
      name: "an algorithm that is not the key's, after a stranger",
      blocks: (d) => [blockBy(stranger, d), blockBy(vendor, d, { algorithm: -9 })],
      error: notAllowed(-9, vendor),
    },
    {
      name: "a legacy algorithm that the record does not allow",
      blocks: (d) => [blockBy(vendor, d, { algorithm: legacyAlgorithm })],
      error: notAllowed(legacyAlgorithm, vendor),
    },
    {
      name: "an unknown algorithm by a known key",
      blocks: (d) => [blockBy(vendor, d, { algorithm: unknownAlgorithm })],
      error: notAllowed(unknownAlgorithm, vendor),
    },
    {
      name: "an unknown algorithm by an unknown key",
      blocks: (d) => [blockBy(stranger, d, { algorithm: unknownAlgorithm })],
      error: unknown(stranger),
    },
    {
      name: "an unknown algorithm by nobody",
      blocks: (d) => [blockBy(stranger, d, { algorithm: unknownAlgorithm, keyId: "none" })],
      error: notAllowed(unknownAlgorithm, null),
    },
    {
      name: "an unknown algorithm by nobody, after an unknown key",
      blocks: (d) => [blockBy(otherStranger, d), blockBy(stranger, d, { algorithm: unknownAlgorithm, keyId: "none" })],
      error: notAllowed(unknownAlgorithm, null),
    },
    {
      name: "an algorithm outside the profile, by an unknown key",
      blocks: signedBy(postQuantum),
      error: notAllowed(-49, postQuantum),
    },
    {
      name: "an unknown key, where another block is outside the profile",
      blocks: signedBy(postQuantum, stranger),
      error: unknown(stranger),
    },
    {
      name: "one of two, beside an algorithm outside the profile",
      blocks: signedBy(postQuantum, vendor),
      error: missing(1, 2),
    },
    {
      name: "a bad signature by nobody",
      blocks: () => [blockBy(vendor, other, { keyId: "none" })],
      error: invalid(null),
    },
    {
      name: "a signature by nobody in a scheme that no key has",
      blocks: (d) => [blockBy(otherStranger, d, { keyId: "none" })],
      error: unknown(),
    },
    {
      name: "of the roles the one that lacks the fewest, first in the record",
      blocks: signedBy(vendor, second),
      record: trustOf(
        roleOf("near", [vendor, second, third], { threshold: 3 }),
        roleOf("far", [vendor, stranger, owner], { threshold: 3 }),
      ),
      error: missing(2, 3, "near"),
    },
    {
      name: "of the roles the one that lacks the fewest, last in the record",
      blocks: signedBy(vendor, second),
      record: trustOf(
        roleOf("far", [vendor, stranger, owner], { threshold: 3 }),
        roleOf("near", [vendor, second, third], { threshold: 3 }),
      ),
      error: missing(2, 3, "near"),
    },
    {
      name: "of the roles the one that lacks the fewest, though its threshold is higher",
      blocks: signedBy(vendor, second),
      record: trustOf(
        roleOf("far", [stranger, owner], { threshold: 2 }),
        roleOf("near", [vendor, second, third], { threshold: 3 }),
      ),
      error: missing(2, 3, "near"),
    },
    {
      name: "of the roles the one that lacks the fewest, though more have signed for another",
      blocks: signedBy(vendor, second),
      record: trustOf(
        roleOf("far", [vendor, second, third, stranger, owner], { threshold: 5 }),
        roleOf("near", [stranger], { threshold: 1 }),
      ),
      error: missing(0, 1, "near"),
    },
    {
      name: "of two roles that lack as many, the first",
      blocks: unsigned,
      record: trustOf(roleOf("first", [vendor]), roleOf("second", [second])),
      error: missing(0, 1, "first"),
    },
    {
      name: "a release role, though an approval is nearer",
      blocks: signedBy(owner),
      record: trustOf(
        roleOf("owner", [owner], { purpose: "approval" }),
        roleOf("release", [vendor, second], { threshold: 2 }),
      ),
      error: missing(0, 2),
    },
  ])("$name", ({ blocks, error, record }) => {
    expect(judge(blocks, record)).toEqual({ ok: false, error });
  });

  test("a scheme that this crypto cannot verify counts as an algorithm that is not allowed", () => {
    const small: Crypto = {
      schemes: ["ed25519"],
      startDigest: nodeCrypto.startDigest,
      verify: (key, message, signature) => nodeCrypto.verify(key, message, signature),
    };
    expect(judge(signedBy(second), trust, small)).toEqual({ ok: false, error: notAllowed(-9, second) });
    expect(judge(signedBy(otherStranger), trust, small)).toEqual({ ok: false, error: notAllowed(-51, otherStranger) });
    expect(judge(signedBy(vendor, third), trust, small)).toMatchObject({ ok: true });
  });
});

describe("whose signature counts", () => {
  test("for every role that its key belongs to, and for no other", () => {
    const record = trustOf(
      roleOf("a", [vendor, second], { threshold: 2 }),
      roleOf("b", [vendor, stranger]),
      roleOf("c", [second], { purpose: "approval" }),
      roleOf("d", [owner], { purpose: "approval" }),
    );
    const answer = judge(signedBy(vendor, second), record);
    if (!answer.ok) throw new Error(answer.error.code);
    const { signers, releases, approvals } = answer.value;
    expect(signers.map(({ keyId, algorithm, roles }) => [keyId, algorithm.id, roles])).toEqual([
      [idOf(vendor), -19, ["a", "b"]],
      [idOf(second), -9, ["a", "c"]],
    ]);
    expect(releases.map(({ role, have, part }) => [role.name, have, part])).toEqual([
      ["a", 2, "any"],
      ["b", 1, "any"],
    ]);
    expect(approvals.map(({ role, have, part }) => [role.name, have, part])).toEqual([
      ["c", 1, "any"],
      ["d", 0, "any"],
    ]);
  });

  test("a block by nobody is the one key's that fits, among keys of other schemes", () => {
    const mixed = trustOf(roleOf("release", [second, vendor, third]));
    const answer = judge((digest) => [blockBy(third, digest, { keyId: "none" })], mixed);
    expect(answer.ok && answer.value.signers.map(({ keyId }) => keyId)).toEqual([idOf(third)]);
  });

  test("a key of several roles is tried once for a block that names nobody", () => {
    let checks = 0;
    const counting: Crypto = { ...nodeCrypto, verify: (...asked) => ++checks > 0 && nodeCrypto.verify(...asked) };
    const record = trustOf(roleOf("release", [vendor]), roleOf("again", [vendor]), roleOf("third", [vendor]));
    const blocks: Blocks = () => [blockBy(vendor, other, { keyId: "none" })];
    expect(judge(blocks, record, counting)).toEqual({ ok: false, error: invalid(null) });
    expect(checks).toBe(1);
  });

  test("a record without a release role is a bug of the caller's, which nothing may pass", () => {
    const approvalOnly = trustOf(roleOf("owner", [owner], { purpose: "approval" }));
    expect(() => judge(signedBy(owner), approvalOnly)).toThrow("a trust record has at least one release role");
  });
});
