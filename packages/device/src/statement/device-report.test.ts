import { nodeCrypto } from "@sumac/crypto/node";
import { digestOf, parseEnvelope, parseManifest, type Report, resolveSeverable } from "@sumac/suit";
import { type Rejection, type ReportedUpdate, reportReasonFor, trustKey, verifyReport } from "@sumac/verifier";
import { describe, expect, test } from "vitest";
import type { DeviceRefusal } from "../device/offer.ts";
import { firmware, foreignKey, makeRelease, testLayout, vendorKey } from "../device/release.test.support.ts";
import { FlashSlots } from "../flash/flash-slots.ts";
import { MemoryFlash } from "../flash/memory-flash.ts";
import { testDeviceKey } from "../log/log.test.support.ts";
import { deviceOn, trustFactory, vendorPart } from "../trust/trust.test.support.ts";
import { deviceReport, type ReportedOutcome, runningReport } from "./device-report.ts";

const key = testDeviceKey();
const nonce = Uint8Array.of(1, 2, 3, 4);
const referenceUri = "https://vendor.example/pump/6.suit";
const release = makeRelease({ sequence: 6n, manifest: { referenceUri } });
const images = [
  { component: firmware, digest: digestOf(nodeCrypto, "sha-256", release.image), size: release.image.length },
];
const success: ReportedOutcome = { result: "success", images };

/** What a server knows of the update: the envelope that it sent. */
function sent(envelope: Uint8Array): ReportedUpdate {
  const parsed = parseEnvelope(envelope);
  if (!parsed.ok) throw new Error(parsed.error.code);
  const manifest = parseManifest(parsed.value.manifest);
  if (!manifest.ok) throw new Error(manifest.error.code);
  const members = resolveSeverable(parsed.value, manifest.value, nodeCrypto);
  return { manifest: manifest.value, members: members.ok ? members.value : {}, manifestDigest: parsed.value.digest };
}

function read(bytes: Uint8Array, envelope = release.envelope, device = key): ReturnType<typeof verifyReport> {
  const deviceKey = trustKey(device.publicKey, nodeCrypto);
  return verifyReport(bytes, { crypto: nodeCrypto, deviceKey, update: sent(envelope), freshness: { nonce } });
}

async function report(outcome: ReportedOutcome, envelope = release.envelope): Promise<Uint8Array> {
  const made = await deviceReport({ envelope, outcome, nonce }, key, nodeCrypto);
  if (!made.ok) throw new Error(made.error.because);
  return made.value;
}

const believed = async (outcome: ReportedOutcome): Promise<Report> => {
  const verified = read(await report(outcome));
  if (!verified.ok) throw new Error(verified.error.code);
  return verified.value;
};

test("CR 2.12 RE 1: a success is believed, with what was measured", async () => {
  const { result, entries } = await believed(success);
  expect(result).toBe("success");
  const commands = entries.flatMap((entry) => (entry.kind === "command" ? [entry] : []));
  expect(commands.map(({ section }) => section)).toEqual(["common", "common", "validate", "install"]);
  expect(commands.at(-1)?.measured).toEqual({ imageDigest: images[0]?.digest, imageSize: 700n });
  expect(entries.at(-1)).toEqual({
    kind: "system",
    component: firmware,
    properties: { imageDigest: images[0]?.digest, imageSize: 700n },
  });
});

const offset = (): number => {
  const { shared } = sent(release.envelope).manifest;
  const condition = shared?.commands.find((command) => command.kind === "condition");
  return condition?.offset ?? -1;
};
const hex = "ab".repeat(32);

describe("CR 2.12 RE 1: each refusal is believed, with its reason", () => {
  const refusals: readonly DeviceRefusal[] = [
    { code: "malformed", reason: "truncated", field: "envelope", offset: 3 },
    { code: "too-large", size: 9, limit: 8 },
    { code: "signature-invalid", keyId: hex },
    { code: "signer-unknown", keyIds: [hex] },
    { code: "threshold-not-met", role: "release", have: 1, need: 2, part: "any" },
    { code: "algorithm-not-allowed", algorithm: -7, keyId: null },
    { code: "manifest-digest-mismatch", claimed: hex, computed: hex },
    { code: "unsupported", field: "manifest.shared", offset: 9, label: 99 },
    { code: "wrong-vendor", offered: hex, offset: offset() },
    { code: "wrong-class", offered: hex, offset: offset() },
    { code: "component-unknown", component: "aa" },
    { code: "component-not-authorised", component: "aa", role: "release" },
    { code: "rollback", offered: 4n, floor: 5n },
    { code: "sequence-reused", sequence: 5n },
    { code: "expired", useBefore: 1n, now: 2n },
    { code: "not-approved", role: "owner", have: 0, need: 1 },
    { code: "outside-window" },
    { code: "interlock" },
    { code: "image-too-large", size: 9n, limit: 8n },
    { code: "image-digest-mismatch", expected: hex, computed: hex },
    { code: "slot-readback-mismatch", expected: hex, computed: hex },
    { code: "components-incomplete", missing: [firmware] },
    { code: "components-mixed" },
    { code: "trials-exhausted", attempts: 3, limit: 3 },
    { code: "trial-running" },
    { code: "recovery-running" },
  ];
  test.each(refusals.map((refusal) => [refusal.code, refusal] as const))("%s", async (_, refusal) => {
    const { result, entries } = await believed({ result: "refused", refusal });
    expect(entries).toEqual([]);
    if (result === "success") throw new Error("a refusal is no success");
    if (!/^(components|trials?|recovery)-(incomplete|mixed|exhausted|running)$/.test(refusal.code)) {
      expect(result.reason).toBe(reportReasonFor(refusal as Rejection));
    }
    expect(result.record.section).toBe(
      refusal.code === "image-digest-mismatch" || refusal.code === "slot-readback-mismatch" ? "validate" : "common",
    );
  });

  test("of a digest that does not match, the one that was measured is told", async () => {
    const refusal = { code: "image-digest-mismatch", expected: hex, computed: "cd".repeat(32) } as const;
    const { result } = await believed({ result: "refused", refusal });
    expect(result).toMatchObject({
      reason: "condition-failed",
      record: { measured: { imageDigest: { algorithm: "sha-256", bytes: new Uint8Array(32).fill(0xcd) } } },
    });
  });

  test("a forged envelope is reported under the name it goes by", async () => {
    const forged = makeRelease({ sequence: 6n, manifest: { referenceUri }, signers: [foreignKey] });
    const bytes = await report(
      { result: "refused", refusal: { code: "signer-unknown", keyIds: [hex] } },
      forged.envelope,
    );
    expect(read(bytes, forged.envelope)).toMatchObject({ ok: true, value: { result: { reason: "unauthorised" } } });
    const foreign = makeRelease({ sequence: 9n, manifest: { referenceUri }, signers: [vendorKey] });
    expect(read(bytes, foreign.envelope)).toMatchObject({ ok: false, error: { code: "report-digest-mismatch" } });
  });
});

describe("CR 2.12 RE 1: an altered report fails verification", () => {
  test("every flipped bit", async () => {
    const bytes = await report(success);
    for (const at of bytes.keys()) {
      for (const bit of [1, 128]) expect(read(bytes.with(at, (bytes[at] ?? 0) ^ bit)).ok, `byte ${at}`).toBe(false);
    }
  });

  test("of another device", async () => {
    expect(read(await report(success), release.envelope, testDeviceKey())).toMatchObject({
      error: { code: "report-signer-unknown" },
    });
  });

  test("of another question", async () => {
    const made = await deviceReport(
      { envelope: release.envelope, outcome: success, nonce: Uint8Array.of(9) },
      key,
      nodeCrypto,
    );
    expect(made.ok && read(made.value)).toMatchObject({ error: { code: "report-nonce-mismatch" } });
  });
});

function withoutManifest(): Uint8Array {
  const parsed = parseEnvelope(release.envelope);
  if (!parsed.ok) throw new Error(parsed.error.code);
  return release.envelope.with(parsed.value.manifest.contentOffset, 0xff);
}

describe("no report is made", () => {
  test.each([
    ["of a manifest without a reference-uri", makeRelease({ sequence: 6n }).envelope, "no-reference-uri"],
    ["of what is no envelope", Uint8Array.of(1, 2, 3), "envelope-unreadable"],
    ["of an envelope without a manifest that can be read", withoutManifest(), "manifest-unreadable"],
  ])("%s", async (_, envelope, because) => {
    expect(await deviceReport({ envelope, outcome: success }, key, nodeCrypto)).toEqual({
      ok: false,
      error: { code: "report-impossible", because },
    });
  });
});

test("of what runs, from the slot", async () => {
  const flash = new MemoryFlash(testLayout.geometry);
  const device = deviceOn(flash, [], testLayout);
  const provisioned = await device.provision(trustFactory(vendorPart({ root: [] }), release));
  expect(provisioned.ok).toBe(true);
  await device.boot();
  const slots = new FlashSlots(flash, testLayout, nodeCrypto);
  const made = await runningReport(slots, device.status().running, { nonce }, key, nodeCrypto);
  expect(made.ok && read(made.value)).toMatchObject({ ok: true, value: { result: "success" } });
});
