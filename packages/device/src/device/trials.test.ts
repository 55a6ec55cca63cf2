import { nodeCrypto } from "@sumac/crypto/node";
import { describe, expect, test } from "vitest";
import { FlashSlots } from "../flash/flash-slots.ts";
import type { MemoryFlash } from "../flash/memory-flash.ts";
import { offer, provisioned } from "../flash/simulated-device.test.support.ts";
import { flashDevice } from "../flash/simulated-device.ts";
import { FlashState } from "../state/flash-state.ts";
import { Device } from "./device.ts";
import { makeRelease, type Release, testLayout } from "./release.test.support.ts";

const bad = makeRelease({ sequence: 8n });
const worse = makeRelease({ sequence: 9n });
const good = makeRelease({ sequence: 6n });

/** Installs, runs on trial, and goes back, each time as a device that was just switched on. */
async function tryOnce(flash: MemoryFlash, release: Release): Promise<void> {
  const device = flashDevice(flash, testLayout, nodeCrypto);
  await device.boot();
  expect(await offer(device, release)).toMatchObject({ ok: true });
  await device.arm();
  expect(await device.boot()).toMatchObject({ mode: "trial", why: "trial-begins" });
  expect(await device.boot()).toMatchObject({ mode: "confirmed", why: "trial-not-confirmed" });
}

const exhausted = (limit = 3) => ({ ok: false, error: { code: "trials-exhausted", attempts: limit, limit } });

describe("T-DEV-BAD-RELEASE: trials of one manifest are counted, and are not granted for ever", () => {
  test("three, over restarts; then it is refused, also after it was staged in between", async () => {
    const { flash, device } = await provisioned();
    for (let i = 1; i <= 3; i++) {
      await tryOnce(flash, bad);
      await device.boot();
      expect(device.status().boot.trials).toMatchObject([{ attempts: i }]);
    }
    const before = flash.snapshot();
    expect(await offer(device, bad)).toEqual(exhausted());
    expect(flash.snapshot()).toEqual(before);
  });

  test("armed by hand all the same, it is not tried, and the boot says why", async () => {
    const { flash, device } = await provisioned();
    for (let i = 0; i < 3; i++) await tryOnce(flash, bad);
    const state = new FlashState(flash, testLayout.state, nodeCrypto);
    const reading = await state.read();
    if (reading.kind !== "present") throw new Error("no state");
    await state.write({ ...reading.state, boot: { ...reading.state.boot, state: "armed" } });
    expect(await device.boot()).toMatchObject({
      mode: "confirmed",
      why: "staging-unusable",
      events: [{ event: "slot-refused", slot: "b", problem: { code: "trials-exhausted", attempts: 3, limit: 3 } }],
    });
    expect(await device.boot()).toMatchObject({ mode: "confirmed", why: "active" });
  });

  test("taking turns with another one starts no new count", async () => {
    const { flash, device } = await provisioned();
    for (let i = 0; i < 3; i++) {
      await tryOnce(flash, bad);
      await tryOnce(flash, worse);
    }
    await device.boot();
    expect(await offer(device, bad)).toEqual(exhausted());
    expect(await offer(device, worse)).toEqual(exhausted());
  });

  test("a confirmation of another one ends the count", async () => {
    const { flash, device } = await provisioned();
    for (let i = 0; i < 3; i++) await tryOnce(flash, bad);
    await device.boot();
    expect(await offer(device, good)).toMatchObject({ ok: true });
    await device.arm();
    await device.boot();
    await device.confirm();
    expect(device.status().boot).toEqual({ state: "confirmed", active: "b", trials: [] });
    expect(await offer(device, bad)).toMatchObject({ ok: true });
  });

  test("how many is a setting of the device", async () => {
    const { flash } = await provisioned();
    await tryOnce(flash, bad);
    const slots = new FlashSlots(flash, testLayout, nodeCrypto);
    const state = new FlashState(flash, testLayout.state, nodeCrypto);
    const strict = new Device({ slots, state, crypto: nodeCrypto, maxTrials: 1 });
    await strict.boot();
    expect(await offer(strict, bad)).toEqual(exhausted(1));
  });

  test("a trial is announced with its number", async () => {
    const { flash, device } = await provisioned();
    await tryOnce(flash, bad);
    await device.boot();
    await offer(device, bad);
    await device.arm();
    expect(await device.boot()).toMatchObject({ events: [{ event: "trial-counted", attempt: 2, limit: 3 }] });
  });

  test("where nothing else is left it runs without trials left, on trial, and the flash is not written any more", async () => {
    const { flash, device } = await provisioned();
    for (let i = 0; i < 3; i++) await tryOnce(flash, bad);
    flash.tamper(testLayout.slots.a.imageOffset, new Uint8Array(64));
    const last = { mode: "trial", why: "active-unusable", booted: { sequence: 8n } };
    expect(await device.boot()).toMatchObject(last);
    const before = flash.snapshot();
    for (let i = 0; i < 5; i++) expect(await device.boot()).toMatchObject(last);
    expect(flash.snapshot()).toEqual(before);
    await device.confirm();
    expect(await device.boot()).toMatchObject({ mode: "confirmed", booted: { sequence: 8n } });
  });
});

describe("CR 7.4: factory reset", () => {
  test("forgets what is staged, a download and the report, and keeps what protects the device", async () => {
    const { flash, device } = await provisioned();
    await tryOnce(flash, bad);
    await device.boot();
    await offer(device, good, { now: 1_900_000_000n });
    await device.arm({ action: "7", manifestDigest: Uint8Array.of(1) });
    const { floor, trust, identity, lastTime, boot } = device.status();
    expect(await device.factoryReset()).toEqual({ ok: true, value: undefined });
    expect(device.status()).toMatchObject({
      floor,
      trust,
      identity,
      lastTime,
      report: undefined,
      boot: { state: "idle", active: "a", trials: boot.trials },
    });
    expect(lastTime).toBe(1_900_000_000n);
    expect(await new FlashSlots(flash, testLayout, nodeCrypto).inspect("b")).toEqual({ state: "empty" });
    expect(await device.boot()).toMatchObject({ mode: "confirmed", why: "active", events: [] });
    expect(await offer(device, makeRelease({ sequence: 4n }))).toMatchObject({ error: { code: "rollback" } });
  });

  test("waits while an image is on trial", async () => {
    const { device } = await provisioned();
    await offer(device, good);
    await device.arm();
    await device.boot();
    expect(await device.factoryReset()).toEqual({ ok: false, error: { code: "trial-running" } });
    expect(device.status().mode).toBe("trial");
  });
});
