/** What a message can try against the profile of a trust record: to leave out, repeat, relabel or weaken. */
import { bytesToHex, type Crypto, type DigestName } from "@sumac/crypto";
import { nobleEd25519Crypto } from "@sumac/crypto/noble-ed25519";
import { nodeCrypto } from "@sumac/crypto/node";
import { buildEnvelope, type Envelope, encloseBytes, encodeDigest, manifestDigest, parseEnvelope } from "@sumac/suit";
import { describe, expect, test } from "vitest";
import { explain } from "./explain.ts";
import {
  anonymous,
  classic,
  cnsa2,
  cnsa2Two,
  ed,
  hybrid,
  hybridApproved,
  hybridLines,
  hybridTwo,
  ml65,
  ml87,
  other,
  owner65,
  p384,
  record,
  strange65,
  strange87,
  strangeEd,
  strong,
  verify,
} from "./profile-records.test.support.ts";
import type { RejectionCode } from "./rejection.ts";
import { blockBy, release, roleOf, signedBy } from "./signed-release.test.support.ts";
import type { TrustRecord } from "./trust-record.ts";

interface Row {
  readonly name: string;
  readonly trust: TrustRecord;
  readonly send: () => Uint8Array;
  readonly code: RejectionCode;
  readonly facts?: object;
  readonly crypto?: Crypto;
}

const missing = (part: "any" | "classical" | "ml-dsa", have = 0, need = 1, role = "release") => ({
  code: "threshold-not-met" as const,
  facts: { role, have, need, part },
});

const hybridRows: readonly Row[] = [
  {
    name: "the ML-DSA block taken out",
    trust: hybrid,
    send: () => without(release(signedBy(ed, ml65)), 1),
    ...missing("ml-dsa"),
  },
  {
    name: "the classical block taken out",
    trust: hybrid,
    send: () => without(release(signedBy(ed, ml65)), 0),
    ...missing("classical"),
  },
  { name: "every block taken out", trust: hybrid, send: () => release(() => []), ...missing("classical") },
  {
    name: "the classical block twice",
    trust: hybrid,
    send: () => release(signedBy(ed, ed)),
    ...missing("ml-dsa"),
  },
  {
    name: "two classical keys, the ML-DSA keys silent",
    trust: hybrid,
    send: () => release(signedBy(ed, p384)),
    ...missing("ml-dsa"),
  },
  {
    name: "two ML-DSA keys, the classical ones silent",
    trust: hybrid,
    send: () => release(signedBy(ml65, ml87)),
    ...missing("classical"),
  },
  {
    name: "one ML-DSA key signing twice where two are needed",
    trust: hybridTwo,
    send: () => release(signedBy(ed, p384, ml65, ml65)),
    ...missing("ml-dsa", 1, 2),
  },
  {
    name: "one classical key signing twice where two are needed",
    trust: hybridTwo,
    send: () => release(signedBy(ed, ed, ml65, ml87)),
    ...missing("classical", 1, 2),
  },
  {
    name: "four signatures of one kind where two and two are needed",
    trust: hybridTwo,
    send: () => release(signedBy(ml65, ml87, ml65, ml87)),
    ...missing("classical", 0, 2),
  },
  {
    name: "a stranger's ML-DSA block",
    trust: hybrid,
    send: () => release(signedBy(ed, strange65)),
    ...missing("ml-dsa"),
  },
  {
    name: "a stranger's ML-DSA block without a key id",
    trust: hybrid,
    send: () => release((digest) => [blockBy(ed, digest), anonymous(strange65, digest)]),
    code: "signature-invalid",
    facts: { keyId: null },
  },
  {
    name: "a stranger's ML-DSA block under the vendor's key id",
    trust: hybrid,
    send: () => release((digest) => [blockBy(ed, digest), blockBy(strange65, digest, { keyId: ml65.trusted.keyId })]),
    code: "signature-invalid",
    facts: { keyId: bytesToHex(ml65.trusted.keyId) },
  },
  {
    name: "the ML-DSA block of another release",
    trust: hybrid,
    send: () => release((digest) => [blockBy(ed, digest), blockBy(ml65, other)]),
    code: "signature-invalid",
    facts: { keyId: bytesToHex(ml65.trusted.keyId) },
  },
  {
    name: "a classical signature under the ML-DSA key's id and algorithm",
    trust: hybrid,
    send: () =>
      release((digest) => [blockBy(ed, digest), blockBy(p384, digest, { keyId: ml65.trusted.keyId, algorithm: -49 })]),
    code: "signature-invalid",
  },
  {
    name: "a classical signature under the ML-DSA key's id, with its own algorithm",
    trust: hybrid,
    send: () => release((digest) => [blockBy(ed, digest), blockBy(p384, digest, { keyId: ml65.trusted.keyId })]),
    code: "algorithm-not-allowed",
    facts: { algorithm: -51, keyId: bytesToHex(ml65.trusted.keyId) },
  },
  {
    name: "an ML-DSA-65 signature called ML-DSA-87",
    trust: hybrid,
    send: () => release((digest) => [blockBy(ed, digest), blockBy(ml65, digest, { algorithm: -50 })]),
    code: "algorithm-not-allowed",
    facts: { algorithm: -50 },
  },
  {
    name: "ML-DSA-44, which nobody trusts",
    trust: hybrid,
    send: () => release((digest) => [blockBy(ed, digest), blockBy(ml65, digest, { algorithm: -48 })]),
    code: "algorithm-not-allowed",
    facts: { algorithm: -48 },
  },
  {
    name: "the classical block with a deprecated id",
    trust: hybrid,
    send: () => release((digest) => [blockBy(ed, digest, { algorithm: -8 }), blockBy(ml65, digest)]),
    code: "algorithm-not-allowed",
    facts: { algorithm: -8 },
  },
  {
    name: "each half by another line's keys",
    trust: hybridLines,
    send: () => release(signedBy(ed, ml87)),
    ...missing("ml-dsa", 0, 1, "line-a"),
  },
  {
    name: "the owner's ML-DSA key in place of the vendor's",
    trust: hybridApproved,
    send: () => release(signedBy(ed, owner65)),
    ...missing("ml-dsa"),
  },
  {
    name: "released in both kinds, not approved",
    trust: hybridApproved,
    send: () => release(signedBy(ed, ml65)),
    code: "not-approved",
    facts: { role: "owner", have: 0, need: 1 },
  },
  {
    name: "a verifier built without ML-DSA: it must not make do with the rest",
    trust: hybrid,
    send: () => release(signedBy(ed, ml65)),
    code: "algorithm-not-allowed",
    facts: { algorithm: -49 },
    crypto: nobleEd25519Crypto,
  },
];

const cnsa2Rows: readonly Row[] = [
  {
    name: "signed with Ed25519 only",
    trust: cnsa2,
    send: () => release(signedBy(ed), strong),
    code: "algorithm-not-allowed",
    facts: { algorithm: -19 },
  },
  {
    name: "signed with ESP384 only",
    trust: cnsa2,
    send: () => release(signedBy(p384), strong),
    code: "algorithm-not-allowed",
    facts: { algorithm: -51 },
  },
  {
    name: "signed with ML-DSA-65 only",
    trust: cnsa2,
    send: () => release(signedBy(ml65), strong),
    code: "algorithm-not-allowed",
    facts: { algorithm: -49 },
  },
  {
    name: "ML-DSA-65 without a key id",
    trust: cnsa2,
    send: () => release((digest) => [anonymous(ml65, digest)], strong),
    code: "algorithm-not-allowed",
    facts: { algorithm: -49, keyId: null },
  },
  {
    name: "the hybrid release of a device that asks for less",
    trust: cnsa2,
    send: () => release(signedBy(ed, ml65), strong),
    code: "algorithm-not-allowed",
  },
  {
    name: "ML-DSA-87 by a stranger, and ML-DSA-65 beside it",
    trust: cnsa2,
    send: () => release(signedBy(ml65, strange87), strong),
    code: "signer-unknown",
    facts: { keyIds: [bytesToHex(strange87.trusted.keyId)] },
  },
  {
    name: "an Ed25519 signature under the trusted key's id",
    trust: cnsa2,
    send: () => release((digest) => [blockBy(ed, digest, { keyId: ml87.trusted.keyId })], strong),
    code: "algorithm-not-allowed",
    facts: { algorithm: -19, keyId: bytesToHex(ml87.trusted.keyId) },
  },
  { name: "unsigned", trust: cnsa2, send: () => release(() => [], strong), ...missing("any") },
  {
    name: "one key of two, and a classical one",
    trust: cnsa2Two,
    send: () => release(signedBy(ml87, ed), strong),
    ...missing("any", 1, 2),
  },
  {
    name: "one key twice where two are needed",
    trust: cnsa2Two,
    send: () => release(signedBy(ml87, ml87), strong),
    ...missing("any", 1, 2),
  },
  {
    name: "the manifest by SHA-256",
    trust: cnsa2,
    send: () => release(signedBy(ml87), { image: "sha-384" }),
    code: "digest-not-allowed",
    facts: { digest: "sha-256", of: "manifest", profile: "cnsa2" },
  },
  {
    name: "the image by SHA-256",
    trust: cnsa2,
    send: () => release(signedBy(ml87), { manifest: "sha-384" }),
    code: "digest-not-allowed",
    facts: { digest: "sha-256", of: "image" },
  },
  {
    name: "the image by SHA-256 in one sequence only",
    trust: cnsa2,
    send: () => release(signedBy(ml87), { ...strong, installImage: "sha-256" }),
    code: "digest-not-allowed",
    facts: { digest: "sha-256", of: "image" },
  },
  {
    name: "the image by SHA-256 in a try-each",
    trust: cnsa2,
    send: () => release(signedBy(ml87), { ...strong, installImage: "sha-256", within: "try-each" }),
    code: "digest-not-allowed",
    facts: { digest: "sha-256", of: "image" },
  },
  {
    name: "the image by SHA-256 in a run-sequence",
    trust: cnsa2,
    send: () => release(signedBy(ml87), { ...strong, installImage: "sha-256", within: "run-sequence" }),
    code: "digest-not-allowed",
    facts: { digest: "sha-256", of: "image" },
  },
  {
    name: "the image by SHA-256 in a member that was severed by SHA-384",
    trust: cnsa2,
    send: () => release(signedBy(ml87), { ...strong, installImage: "sha-256", severed: "sha-384" }),
    code: "digest-not-allowed",
    facts: { digest: "sha-256", of: "image" },
  },
  {
    name: "the image by SHA-256 in the shared sequence, set again by SHA-384",
    trust: cnsa2,
    send: () => release(signedBy(ml87), { manifest: "sha-384", image: "sha-256", installImage: "sha-384" }),
    code: "digest-not-allowed",
    facts: { digest: "sha-256", of: "image" },
  },
  {
    name: "a severed member by SHA-256",
    trust: cnsa2,
    send: () => release(signedBy(ml87), { ...strong, severed: "sha-256" }),
    code: "digest-not-allowed",
    facts: { digest: "sha-256", of: "install" },
  },
  {
    name: "the wrapper digest exchanged for a strong one, the signature kept",
    trust: cnsa2,
    send: () => withWrapperDigest(release(signedBy(ml87), { image: "sha-384" }), "sha-384"),
    code: "signature-invalid",
  },
  {
    name: "the wrapper digest exchanged for a weak one, the signature kept",
    trust: cnsa2,
    send: () => withWrapperDigest(release(signedBy(ml87), strong), "sha-256"),
    code: "digest-not-allowed",
    facts: { of: "manifest" },
  },
];

const classicRows: readonly Row[] = [
  {
    name: "signed with ML-DSA only",
    trust: classic,
    send: () => release(signedBy(ml65, ml87)),
    code: "algorithm-not-allowed",
    facts: { algorithm: -49 },
  },
  {
    name: "one classical key where two are needed, ML-DSA beside it",
    trust: record("classic", roleOf("release", [ed, p384], { threshold: 2 })),
    send: () => release(signedBy(ed, ml87)),
    ...missing("any", 1, 2),
  },
  {
    name: "a stranger's classical key, ML-DSA beside it",
    trust: classic,
    send: () => release(signedBy(ml87, strangeEd)),
    code: "signer-unknown",
    facts: { keyIds: [bytesToHex(strangeEd.trusted.keyId)] },
  },
  {
    name: "an ML-DSA key in a record that nobody checked",
    trust: record("classic", roleOf("release", [ml87])),
    send: () => release(signedBy(ml87)),
    code: "algorithm-not-allowed",
    facts: { algorithm: -50, keyId: bytesToHex(ml87.trusted.keyId) },
  },
  {
    name: "an ML-DSA key in a record without a profile",
    trust: { roles: [roleOf("release", [ml87])], legacyAlgorithms: [] },
    send: () => release(signedBy(ml87)),
    code: "algorithm-not-allowed",
  },
];

/** The envelope without the block at an index: what anybody on the way can do. */
function without(bytes: Uint8Array, index: number): Uint8Array {
  const { digestElement, blocks, manifest } = opened(bytes);
  const kept = blocks.filter((_, i) => i !== index).map(({ encoded }) => encoded);
  return buildEnvelope({ digestElement, blocks: kept, manifestBytes: manifest.content, severed: new Map() });
}

function withWrapperDigest(bytes: Uint8Array, algorithm: DigestName): Uint8Array {
  const { blocks, manifest } = opened(bytes);
  return buildEnvelope({
    digestElement: encodeDigest(manifestDigest(encloseBytes(manifest.content), algorithm, nodeCrypto)),
    blocks: blocks.map(({ encoded }) => encoded),
    manifestBytes: manifest.content,
    severed: new Map(),
  });
}

function opened(bytes: Uint8Array): Envelope {
  const envelope = parseEnvelope(bytes);
  if (!envelope.ok) throw new Error(envelope.error.code);
  return envelope.value;
}

describe.each([
  ["hybrid", hybridRows],
  ["cnsa2", cnsa2Rows],
  ["classic", classicRows],
])("T-IMG-NON-AUTH %s refuses", (_profile, rows) => {
  for (const { name, trust, send, code, facts, crypto } of rows) {
    test(`${name}: ${code}`, () => {
      const bytes = send();
      const before = bytes.slice();
      const answer = verify(bytes, trust, crypto);
      expect(answer).toMatchObject({ ok: false, error: { code, ...facts } });
      expect(bytes).toEqual(before);
      const { problem, remedy } = explain(answer.ok ? { code: "interlock" } : answer.error);
      expect(`${problem} ${remedy}`).not.toMatch(/undefined|\[object|NaN|interlock/);
    });
  }
});
