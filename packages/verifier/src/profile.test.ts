import { bytesToHex, type DigestName } from "@sumac/crypto";
import { noblePostQuantumCrypto } from "@sumac/crypto/noble-post-quantum";
import { nodeCrypto } from "@sumac/crypto/node";
import { describe, expect, test } from "vitest";
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
  owner65,
  ownerEd,
  p384,
  record,
  second87,
  strong,
  verify,
  withRubbish,
} from "./profile-records.test.support.ts";
import { image, release, roleOf, signedBy, testKey } from "./signed-release.test.support.ts";
import { matchImage } from "./stage-image.ts";
import { checkTrustRecord } from "./trust-record.ts";

test("the records of this file are ones that a device would take", () => {
  for (const trust of [classic, hybrid, hybridTwo, hybridApproved, hybridLines, cnsa2, cnsa2Two]) {
    expect(checkTrustRecord(trust)).toEqual({ ok: true, value: trust });
  }
});

describe.each([
  ["node", nodeCrypto],
  ["noble", noblePostQuantumCrypto],
])("accepted with %s", (_name, crypto) => {
  test.each([
    ["classic: ESP384", classic, release(signedBy(p384))],
    ["classic: beside ML-DSA, which other devices look at", classic, release(signedBy(ml87, ed, ml65))],
    ["hybrid: Ed25519 and ML-DSA-65", hybrid, release(signedBy(ed, ml65))],
    ["hybrid: ESP384 and ML-DSA-87, in the other order", hybrid, release(signedBy(ml87, p384))],
    ["hybrid: two and two", hybridTwo, release(signedBy(ed, ml65, p384, ml87))],
    ["hybrid: with strangers and one bad block", hybrid, release(withRubbish)],
    ["hybrid: blocks without key ids", hybrid, release((digest) => [ed, ml65].map((key) => anonymous(key, digest)))],
    ["hybrid: approved by an owner with a classical key", hybridApproved, release(signedBy(ed, ml65, ownerEd))],
    ["hybrid: approved by an owner with an ML-DSA key", hybridApproved, release(signedBy(ed, ml65, owner65))],
    ["hybrid: one of two lines", hybridLines, release(signedBy(p384, ml87))],
    ["hybrid: SHA-384", hybrid, release(signedBy(ed, ml65), strong)],
    ["hybrid: SHA-512", hybrid, release(signedBy(ed, ml65), { manifest: "sha-512", image: "sha-512" })],
    ["cnsa2: SHA-384", cnsa2, release(signedBy(ml87), strong)],
    ["cnsa2: SHA-512", cnsa2, release(signedBy(ml87), { manifest: "sha-512", image: "sha-512" })],
    ["cnsa2: one SHA-384, another SHA-512", cnsa2, release(signedBy(ml87), { ...strong, severed: "sha-512" })],
    ["cnsa2: two of two", cnsa2Two, release(signedBy(ml87, second87), strong)],
    ["cnsa2: beside a classical signature, which is not looked at", cnsa2, release(signedBy(ed, ml87), strong)],
  ])("%s", (_row, trust, bytes) => {
    expect(verify(bytes, trust, crypto)).toMatchObject({ ok: true });
  });

  test.each<DigestName>(["sha-256", "sha-384", "sha-512"])("%s from the wrapper to the image", async (algorithm) => {
    const answer = verify(
      release(signedBy(p384), { manifest: algorithm, image: algorithm, severed: algorithm }),
      classic,
      crypto,
    );
    if (!answer.ok) throw new Error(answer.error.code);
    const { manifestDigest: digest, plan } = answer.value;
    expect(digest.algorithm).toBe(algorithm);
    const step = plan.update[0];
    if (step?.do !== "fetch") throw new Error("the plan begins with a fetch");
    expect(step.expected.digest.algorithm).toBe(algorithm);
    expect(await matchImage(stream(image), step.expected, crypto)).toEqual({ ok: true, value: 14n });
    expect(await matchImage(stream(image.with(3, 0)), step.expected, crypto)).toMatchObject({
      ok: false,
      error: { code: "image-digest-mismatch", expected: bytesToHex(step.expected.digest.bytes) },
    });
  });
});

async function* stream(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes.subarray(0, 5);
  yield bytes.subarray(5);
}

test("T-MFST-MODIFICATION a flipped bit anywhere in a hybrid envelope is refused: no block may be spared", () => {
  const bytes = release(signedBy(ed, ml65));
  for (let at = 0; at < bytes.length; at += 3) {
    const flipped = bytes.with(at, (bytes[at] ?? 0) ^ (1 << (at & 7)));
    if (verify(flipped, hybrid).ok) throw new Error(`byte ${at} does not matter`);
  }
});

test("twelve ML-DSA-87 signatures fit into an envelope of 64 KiB", () => {
  const keys = Array.from({ length: 12 }, () => testKey("ml-dsa-87"));
  const trust = record("cnsa2", roleOf("release", keys, { threshold: 12 }));
  const bytes = release(signedBy(...keys), strong);
  expect(bytes.length).toBeGreaterThan(12 * 4627);
  expect(verify(bytes, trust)).toMatchObject({ ok: true });
});
