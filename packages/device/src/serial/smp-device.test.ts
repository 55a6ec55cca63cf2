import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  actOn,
  askParameters,
  readIdentity,
  readReport,
  readVerdict,
  restartDevice,
  type SmpMap,
  sendEnvelope,
  sendPayload,
  sumacAction,
  sumacResult,
  sumacState,
} from "@sumac/smp";
import { parseEnvelope, parseManifest, resolveSeverable } from "@sumac/suit";
import { type ReportedUpdate, trustKey, verifyReport } from "@sumac/verifier";
import { describe, expect, test } from "vitest";
import type { BootState } from "../device/boot.ts";
import {
  approvalTrust,
  foreignKey,
  makeRelease,
  ownerKey,
  testImage,
  testLayout,
  vendorKey,
} from "../device/release.test.support.ts";
import { flip } from "../flash/simulated-device.test.support.ts";
import { testDeviceKey } from "../log/log.test.support.ts";
import { offerOver, overALine, payloadOver, type SmpScene, smpScene, sourceOf } from "./smp-device.test.support.ts";
import { deviceActs, saidState, updatePhases } from "./smp-device-rule.ts";

const next = makeRelease({ sequence: 6n });
const code = (answer: SmpMap): string => {
  const inner = answer["err"] as SmpMap | undefined;
  return inner === undefined ? "ok" : (sumacResult[Number(inner["rc"])] ?? "?");
};

function reportedUpdate(envelope: Uint8Array): ReportedUpdate {
  const parsed = parseEnvelope(envelope);
  const manifest = parsed.ok ? parseManifest(parsed.value.manifest) : parsed;
  if (!parsed.ok || !manifest.ok) throw new Error("no manifest");
  const members = resolveSeverable(parsed.value, manifest.value, nodeCrypto);
  return { manifest: manifest.value, members: members.ok ? members.value : {}, manifestDigest: parsed.value.digest };
}

/** What a refusal must leave alone. */
async function untouchables({ flash, device }: SmpScene): Promise<string> {
  const { running, floor, boot, trust } = device.status();
  return JSON.stringify([running, floor, boot, trust, [...flash.wear]], (_, value) =>
    typeof value === "bigint" ? String(value) : value,
  );
}

describe("an update over the line", () => {
  test("identity, envelope, verdict, payload, restart, confirm", async () => {
    const scene = await smpScene();
    expect(await scene.ask("identity")).toMatchObject({ protocol: 1, state: "idle", floor: 5n });
    expect(await offerOver(scene, next.envelope)).toMatchObject({
      state: "wants-payload",
      uri: "firmware.bin",
      size: 700,
      off: 0,
    });
    expect(await payloadOver(scene, next.image)).toEqual({ off: 700 });
    expect(await scene.ask("verdict")).toMatchObject({ state: "staged" });
    expect(scene.device.status().running.sequence).toBe(5n);
    expect(await scene.ask("act", { do: "restart" })).toEqual({});
    expect(await scene.ask("verdict")).toMatchObject({ state: "trial" });
    expect(await scene.ask("act", { do: "confirm" })).toEqual({});
    expect(await scene.ask("identity")).toMatchObject({ state: "confirmed", floor: 6n });
    expect(await scene.ask("act", { do: "confirm" })).toEqual({});
    expect(await offerOver(scene, next.envelope)).toMatchObject({ state: "confirmed" });
  });

  test("with the client of the other end, and the report as proof", async () => {
    const key = testDeviceKey();
    const named = makeRelease({ sequence: 6n, manifest: { referenceUri: "https://vendor.example/6" } });
    const { handler, device } = await smpScene({ key });
    const { client, ended } = overALine(handler);
    const parameters = await askParameters(client);
    if (!parameters.ok) throw new Error(parameters.error.code);
    const options = { parameters: parameters.value };
    expect((await readIdentity(client)).ok).toBe(true);
    expect((await sendEnvelope(client, sourceOf(named.envelope), options)).ok).toBe(true);
    const verdict = await readVerdict(client);
    if (!verdict.ok || verdict.value.state !== "wants-payload") throw new Error("no payload is wanted");
    expect((await sendPayload(client, verdict.value.uri, sourceOf(named.image), options)).ok).toBe(true);
    expect(await restartDevice(client)).toEqual({ ok: true, value: "answered" });
    expect(await readVerdict(client)).toMatchObject({ ok: true, value: { state: "trial" } });
    const report = await readReport(client);
    if (!report.ok) throw new Error("no report");
    const verified = verifyReport(report.value, {
      crypto: nodeCrypto,
      deviceKey: trustKey(key.publicKey, nodeCrypto),
      update: reportedUpdate(named.envelope),
      freshness: "of-the-channel",
    });
    expect(verified).toMatchObject({ ok: true });
    expect(await actOn(client, "confirm")).toEqual({ ok: true, value: undefined });
    expect(device.status()).toMatchObject({ mode: "confirmed", floor: { sequence: 6n } });
    await client.close();
    await ended;
  });

  test("without a payload of its own: what is in the envelope is staged at once", async () => {
    const scene = await smpScene();
    const integrated = makeRelease({ sequence: 6n, payload: "integrated", uri: "#firmware" });
    expect(await offerOver(scene, integrated.envelope)).toMatchObject({ state: "staged" });
  });
});

describe("T-SER-CABLE what is refused leaves all as it was", () => {
  const tampered = makeRelease({ sequence: 6n });
  test.each([
    ["a stranger's signature", makeRelease({ sequence: 6n, signers: [foreignKey] }).envelope, "signer-unknown"],
    ["an older release", makeRelease({ sequence: 4n }).envelope, "rollback"],
    ["the same number again", makeRelease({ sequence: 5n, image: testImage(99, 1) }).envelope, "sequence-reused"],
    ["another vendor's", makeRelease({ sequence: 6n, vendorId: new Uint8Array(16) }).envelope, "wrong-vendor"],
    ["another product's", makeRelease({ sequence: 6n, classId: new Uint8Array(16) }).envelope, "wrong-class"],
    ["too large an image", makeRelease({ sequence: 6n, image: testImage(1100, 1) }).envelope, "image-too-large"],
    ["no envelope", testImage(300, 3), "malformed"],
    ["a changed key id", flip(tampered.envelope, 60), "signer-unknown"],
    ["a changed signature", flip(tampered.envelope, 120), "signature-invalid"],
  ])("%s", async (_, envelope, refusal) => {
    const scene = await smpScene();
    const before = await untouchables(scene);
    const verdict = await offerOver(scene, envelope);
    expect([verdict["state"], verdict["code"]]).toEqual(["refused", refusal]);
    expect(code(await scene.ask("payload", { off: 0, data: Uint8Array.of(1), uri: "firmware.bin", len: 700 }))).toBe(
      "not-expected",
    );
    expect(code(await scene.ask("act", { do: "confirm" }))).toBe("not-expected");
    expect(await untouchables(scene)).toBe(before);
    // And the device is as ready for a good one as before.
    expect(await offerOver(scene, next.envelope)).toMatchObject({ state: "wants-payload" });
  });

  test("a payload of other bytes: nothing is sealed, and the right one is taken afterwards", async () => {
    const scene = await smpScene();
    await offerOver(scene, next.envelope);
    await payloadOver(scene, testImage(700, 77));
    expect(await scene.ask("verdict")).toMatchObject({ state: "refused", code: "image-digest-mismatch" });
    await scene.ask("act", { do: "restart" });
    expect(scene.device.status().running.sequence).toBe(5n);
    expect(await offerOver(scene, next.envelope)).toMatchObject({ state: "wants-payload", off: 0 });
    await payloadOver(scene, next.image);
    expect(await scene.ask("verdict")).toMatchObject({ state: "staged" });
  });

  test("another URI, another length, bytes beyond the end, a wrong offset", async () => {
    const scene = await smpScene();
    await offerOver(scene, next.envelope);
    const data = next.image.subarray(0, 96);
    expect(code(await scene.ask("payload", { off: 0, data, uri: "other.bin", len: 700 }))).toBe("not-expected");
    expect(code(await scene.ask("payload", { off: 0, data, uri: "firmware.bin", len: 701 }))).toBe("too-large");
    expect(await scene.ask("payload", { off: 96, data })).toEqual({ off: 0 });
    expect(code(await scene.ask("payload", { off: 640, data }))).toBe("too-large");
    expect(await scene.ask("payload", { off: 0, data, uri: "firmware.bin", len: 700 })).toEqual({ off: 96 });
    expect(await scene.ask("payload", { off: 0, data, uri: "firmware.bin", len: 700 })).toEqual({ off: 96 });
  });

  test("while an image is on trial, another update: the trial goes on and can be confirmed", async () => {
    const scene = await trial();
    expect(await offerOver(scene, makeRelease({ sequence: 7n }).envelope)).toMatchObject({
      state: "refused",
      code: "trial-running",
    });
    expect(code(await scene.ask("act", { do: "cancel" }))).toBe("not-now");
    expect(await scene.ask("act", { do: "confirm" })).toEqual({});
    expect(scene.device.status().floor.sequence).toBe(6n);
  });

  test("an image that fails its self-test is not confirmed, and a restart takes it back", async () => {
    const scene = await trial({ selfTest: "failed" });
    expect(await scene.ask("verdict")).toMatchObject({ state: "trial", code: "self-test-failed" });
    expect(code(await scene.ask("act", { do: "confirm" }))).toBe("not-now");
    await scene.ask("act", { do: "restart" });
    expect(await scene.ask("verdict")).toMatchObject({ state: "reverted" });
    expect(scene.device.status()).toMatchObject({ running: { sequence: 5n }, floor: { sequence: 5n } });
  });

  test("an update that waits for the plant is judged again when it is given again", async () => {
    const first = makeRelease({ sequence: 5n, signers: [vendorKey, ownerKey] });
    const scene = await smpScene({ trustRecord: approvalTrust, first });
    expect(await offerOver(scene, next.envelope)).toMatchObject({ state: "waiting", code: "not-approved" });
    const approved = makeRelease({ sequence: 6n, signers: [vendorKey, ownerKey] });
    expect(await offerOver(scene, approved.envelope)).toMatchObject({ state: "wants-payload" });
  });
});

async function trial(options: Parameters<typeof smpScene>[0] = {}): Promise<SmpScene> {
  const scene = await smpScene(options);
  await offerOver(scene, next.envelope);
  await payloadOver(scene, next.image);
  await scene.ask("act", { do: "restart" });
  return scene;
}

describe("cut anywhere, it goes on", () => {
  /** Multiples of the write unit, and what is between. */
  const cuts = Array.from({ length: 15 }, (_, i) => Math.min(700, i * 50));

  test.each(cuts)("the power fails after %i bytes of payload", async (at) => {
    const before = await smpScene();
    await offerOver(before, next.envelope);
    if (at > 0) await payloadOver(before, next.image, { to: at });
    const after = await smpScene({ flash: before.flash });
    expect(after.device.status().running.sequence).toBe(5n);
    const verdict = await offerOver(after, next.envelope);
    if (verdict["state"] === "wants-payload") {
      const from = Number(verdict["off"]);
      expect(from).toBeLessThanOrEqual(at);
      // What was cut off is what its last erase block had not been told of yet.
      expect(from).toBeGreaterThan(at - testLayout.geometry.eraseBlock);
      await payloadOver(after, next.image, { from });
    }
    expect(await after.ask("verdict")).toMatchObject({ state: "staged" });
    await after.ask("act", { do: "restart" });
    await after.ask("act", { do: "confirm" });
    expect(after.device.status()).toMatchObject({ running: { sequence: 6n }, mode: "confirmed" });
  });

  test("the power fails in the middle of the envelope", async () => {
    const before = await smpScene();
    await before.ask("envelope", { off: 0, data: next.envelope.subarray(0, 64), len: next.envelope.length });
    expect(await before.ask("verdict")).toMatchObject({ state: "receiving", off: 64 });
    const after = await smpScene({ flash: before.flash });
    expect(await after.ask("verdict")).toMatchObject({ state: "idle" });
    expect(await after.ask("envelope", { off: 64, data: next.envelope.subarray(64, 128) })).toEqual({ off: 0 });
  });

  test.each(cuts)("cancelled after %i bytes, another update is taken", async (at) => {
    const scene = await smpScene();
    await offerOver(scene, next.envelope);
    if (at > 0) await payloadOver(scene, next.image, { to: at });
    expect(await scene.ask("act", { do: "cancel" })).toEqual({});
    expect(await scene.ask("verdict")).toMatchObject({ state: "idle" });
    const other = makeRelease({ sequence: 7n });
    expect(await offerOver(scene, other.envelope)).toMatchObject({ state: "wants-payload", off: 0 });
    await payloadOver(scene, other.image);
    await scene.ask("act", { do: "restart" });
    await scene.ask("act", { do: "confirm" });
    expect(scene.device.status().floor.sequence).toBe(7n);
  });

  test("another envelope in the middle of a payload takes its place", async () => {
    const scene = await smpScene();
    await offerOver(scene, next.envelope);
    await payloadOver(scene, next.image, { to: 300 });
    const other = makeRelease({ sequence: 8n });
    expect(await offerOver(scene, other.envelope)).toMatchObject({ state: "wants-payload", off: 0 });
    await payloadOver(scene, other.image);
    expect(await scene.ask("verdict")).toMatchObject({ state: "staged" });
  });

  test("a reset in the standard group arms nothing", async () => {
    const scene = await smpScene();
    await offerOver(scene, next.envelope);
    await payloadOver(scene, next.image);
    await scene.call({ operation: "write", group: 0, id: 5, version: 2, body: {} });
    expect(await scene.ask("verdict")).toMatchObject({ state: "staged" });
    expect(scene.device.status().running.sequence).toBe(5n);
  });
});

describe("the table of what an act does", () => {
  const boots: readonly BootState[] = ["idle", "staged", "armed", "trial", "confirmed", "reverted"];
  const cells = updatePhases.flatMap((phase) =>
    boots.flatMap((boot) => sumacAction.map((act) => [phase, boot, act] as const)),
  );

  test("has a cell for everything", () => {
    expect(cells).toHaveLength(5 * 6 * 3);
    for (const [phase, boot, act] of cells) expect(deviceActs[phase][boot][act]).toBeDefined();
    for (const phase of updatePhases) for (const boot of boots) expect(sumacState).toContain(saidState(phase, boot));
  });

  test.each(cells)("%s, %s, %s", (phase, boot, act) => {
    const does = deviceActs[phase][boot][act];
    // Only what is staged and was given last is armed; only what runs on trial is confirmed; a trial is never abandoned.
    if (does === "arm-and-restart") expect([phase, boot, act]).toEqual(["none", "staged", "restart"]);
    if (does === "confirm") expect([boot, act]).toEqual(["trial", "confirm"]);
    if (does === "abandon") expect([act, boot === "trial"]).toEqual(["cancel", false]);
    if (act === "restart") expect(["restart", "arm-and-restart"]).toContain(does);
    if (act === "confirm" && boot === "trial" && phase !== "wants-payload") expect(does).toBe("confirm");
    if (act === "cancel" && boot === "trial") expect(does).toBe("refuse-not-now");
  });
});

test("a device shows its manifest digests as they are", async () => {
  const scene = await smpScene();
  const { manifest } = (await scene.ask("identity")) as { manifest: [number, Uint8Array] };
  expect(manifest[0]).toBe(-16);
  expect(bytesToHex(manifest[1])).toBe(bytesToHex(scene.device.status().running.manifestDigest));
});

test("a client of the standard groups finds its way", async () => {
  const scene = await smpScene();
  const ask = (group: number, id: number, operation: "read" | "write" = "read", body: SmpMap = {}) =>
    scene.call({ operation, group, id, version: 1, body });
  expect(await ask(0, 0, "write", { d: "hello" })).toEqual({ r: "hello" });
  expect(await ask(0, 6)).toEqual({ buf_size: 1024, buf_count: 1 });
  expect(await ask(1, 0)).toMatchObject({ images: [{ slot: 0, version: "1.5.0", active: true, confirmed: true }] });
  expect(await ask(1, 1, "write", { off: 0 })).toEqual({ rc: 8 });
  expect(await ask(77, 0)).toEqual({ rc: 8 });
});
