import { nodeCrypto } from "@sumac/crypto/node";
import { describe, expect, test } from "vitest";
import { FlashSlots } from "../flash/flash-slots.ts";
import { MemoryFlash } from "../flash/memory-flash.ts";
import { openScene, type PowerCutScene, type Release } from "../power-cut/power-cut-scene.ts";
import {
  damaged,
  install,
  payloadsOf,
  provision,
  ruinSlots,
  tryAndConfirm,
  update,
} from "../power-cut/power-cut-steps.ts";
import { recoveryComponent } from "./component-set.ts";
import type { Device } from "./device.ts";
import {
  foreignKey,
  makeSetRelease,
  recoveryRelease,
  setLayout,
  setSubject,
  testImage,
} from "./release.test.support.ts";

const subject = setSubject();
const newer = recoveryRelease(2n);
const recoveryOffset = setLayout.slots.recovery?.envelopeOffset;

/** Runs release 1 with recovery image 1. */
async function running(): Promise<PowerCutScene & { readonly flash: MemoryFlash }> {
  const flash = new MemoryFlash(setLayout.geometry);
  const scene = await openScene(flash, subject, nodeCrypto);
  await provision(scene);
  await scene.device.boot();
  return { ...scene, flash };
}

async function ruined(): Promise<PowerCutScene & { readonly flash: MemoryFlash }> {
  const scene = await running();
  await ruinSlots(scene);
  return scene;
}

/** Sealed as a device would, by somebody who can write the flash. */
async function plant(flash: MemoryFlash, { envelope, images: [image = new Uint8Array()] }: Release): Promise<void> {
  const writer = await new FlashSlots(flash, setLayout, nodeCrypto).begin("recovery", {
    envelope,
    imageSizes: [image.length],
  });
  await writer.write(0, 0, image);
  await writer.seal();
}

const recovers = { kind: "running", mode: "recovery", why: "slots-unusable", booted: { slot: "recovery" } };

describe("EDR 3.14, CR 7.4: when neither slot may run", () => {
  test("the recovery image does, verified, and nothing of the state changes", async () => {
    const { device } = await ruined();
    const before = await device.boot();
    expect(before).toMatchObject({
      ...recovers,
      booted: { sequence: 1n, images: [{ component: recoveryComponent, size: 450 }] },
      events: [
        { event: "slot-refused", slot: "a" },
        { event: "slot-refused", slot: "b" },
      ],
    });
    expect(device.status()).toMatchObject({
      mode: "recovery",
      boot: { state: "idle", active: "a" },
      floor: { sequence: 1n },
    });
    expect(await device.confirm()).toEqual({ ok: false, error: { code: "no-trial" } });
  });

  test("it brings the confirmed release back, the very same one, and a newer one", async () => {
    for (const release of [0, 1] as const) {
      const scene = await ruined();
      await scene.device.boot();
      await install(scene, subject.releases[release]);
      await scene.device.arm();
      await tryAndConfirm(scene);
      expect(await scene.device.boot()).toMatchObject({ mode: "confirmed", booted: { sequence: BigInt(release + 1) } });
    }
  });

  test("it does not take what is older than the floor of the release", async () => {
    const scene = await running();
    await update(scene, 2);
    await ruinSlots(scene);
    expect(await scene.device.boot()).toMatchObject(recovers);
    expect(scene.device.receive(subject.releases[1].envelope, {})).toMatchObject({
      ok: false,
      error: { code: "rollback", offered: 2n, floor: 3n },
    });
  });

  test("it is not overwritten under itself", async () => {
    const { device } = await ruined();
    await device.boot();
    expect(device.receive(newer.envelope, {})).toEqual({ ok: false, error: { code: "recovery-running" } });
  });

  const bad: readonly [string, Release, string][] = [
    ["one of a stranger", makeSetRelease({ ...recoverySet(2n), signers: [foreignKey] }), "signer-unknown"],
    ["an unsigned one", makeSetRelease({ ...recoverySet(2n), signers: [] }), "threshold-not-met"],
    ["a release of the firmware", { ...subject.releases[1], images: [testImage(60, 1)] }, "component-unknown"],
    ["an older one", recoveryRelease(0n), "rollback"],
    ["another one under the same number", makeSetRelease(recoverySet(1n, 7)), "sequence-reused"],
    ["another image than is signed", damaged(newer), "slot-readback-mismatch"],
  ];
  for (const [what, planted, code] of bad) {
    test(`T-IMG-REPLACE: ${what} in its place: ${code}, and nothing runs`, async () => {
      const { flash, device } = await ruined();
      await plant(flash, planted);
      expect(await device.boot()).toMatchObject({
        kind: "recovery-needed",
        why: { code: "no-usable-slot", slots: { recovery: { code } } },
      });
    });
  }
});

function recoverySet(sequence: bigint, seed = 5) {
  return { sequence, components: [{ id: recoveryComponent, image: testImage(450, seed) }] };
}

describe("a new recovery image", () => {
  const offered = async (device: Device, release: Release) => {
    const received = device.receive(release.envelope, {});
    if (!received.ok || received.value.kind !== "offer") throw new Error("it is not offered");
    return received.value.offer;
  };

  test("has a floor of its own, which rises when the image is there", async () => {
    const scene = await running();
    await update(scene, 2);
    expect(scene.device.status()).toMatchObject({ floor: { sequence: 3n }, recovery: { sequence: 1n } });
    expect((await offered(scene.device, newer)).set).toBe("recovery");
    await install(scene, newer);
    expect(scene.device.status()).toMatchObject({
      floor: { sequence: 3n },
      recovery: { sequence: 2n },
      boot: { state: "confirmed" },
    });
    await ruinSlots(scene);
    expect(await scene.device.boot()).toMatchObject({ ...recovers, booted: { sequence: 2n } });
    const back = await running();
    await install(back, newer);
    expect(back.device.receive(recoveryRelease(1n).envelope, {})).toMatchObject({ error: { code: "rollback" } });
  });

  test("neither takes back what is staged nor forgets a report", async () => {
    const scene = await running();
    await install(scene, subject.releases[1]);
    await scene.device.arm({ action: "7", manifestDigest: Uint8Array.of(1) });
    await install(scene, newer);
    expect(scene.device.status()).toMatchObject({ boot: { state: "armed" }, report: { action: "7" } });
  });

  test("that is not what was signed leaves no recovery image, and the release runs on", async () => {
    const scene = await running();
    await install(scene, damaged(newer), { expected: "refused" });
    expect(scene.device.status().recovery?.sequence).toBe(1n);
    expect(await scene.device.boot()).toMatchObject({ mode: "confirmed", booted: { sequence: 1n } });
    await install(scene, recoveryRelease(2n));
    expect(scene.device.status().recovery?.sequence).toBe(2n);
  });

  test("that is there already costs no write of its slot and no download", async () => {
    const scene = await running();
    const { flash } = scene;
    await install(scene, newer);
    const recoveryWear = (): number => Math.max(...flash.wear.subarray((recoveryOffset ?? 0) / 256));
    const before = recoveryWear();
    const again = await offered(scene.device, newer);
    const fetch = () => expect.fail("downloaded again");
    expect(await scene.device.install(again, { fetch })).toMatchObject({ ok: true });
    expect(recoveryWear()).toBe(before);
  });

  test("waits while an image is on trial", async () => {
    const scene = await running();
    await install(scene, subject.releases[1]);
    await scene.device.arm();
    await scene.device.boot();
    expect(scene.device.receive(newer.envelope, {})).toEqual({ ok: false, error: { code: "trial-running" } });
  });

  test("is provisioned only if it is in order", async () => {
    const flash = new MemoryFlash(setLayout.geometry);
    const { device } = await openScene(flash, subject, nodeCrypto);
    const release = { envelope: subject.releases[0].envelope, fetch: payloadsOf(subject.releases[0], subject) };
    const broken = damaged(newer);
    const recovery = { envelope: broken.envelope, fetch: payloadsOf(broken, subject) };
    expect(await device.provision({ ...subject.factory, ...release, recovery })).toMatchObject({
      ok: false,
      error: { code: "image-digest-mismatch" },
    });
    expect(await device.boot()).toEqual({ kind: "not-provisioned" });
    expect(await device.provision({ ...subject.factory, ...release })).toMatchObject({ ok: true });
    expect((await device.boot()).kind).toBe("running");
    expect(device.status().recovery).toBeUndefined();
  });
});
