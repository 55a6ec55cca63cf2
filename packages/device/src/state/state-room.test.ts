import { nodeCrypto } from "@sumac/crypto/node";
import { describe, expect, test } from "vitest";
import { Device } from "../device/device.ts";
import { firmware, makeRelease, testFactory } from "../device/release.test.support.ts";
import { planFlash } from "../flash/flash-layout.ts";
import { FlashSlots } from "../flash/flash-slots.ts";
import { MemoryFlash } from "../flash/memory-flash.ts";
import { offer, streamOf } from "../flash/simulated-device.test.support.ts";
import { flashDevice } from "../flash/simulated-device.ts";
import { FlashState } from "./flash-state.ts";
import { serializeState } from "./state.ts";
import { fitted } from "./state-room.ts";
import { numberedState } from "./state-store.contract.ts";

const layoutWith = (state: number) =>
  planFlash({ eraseBlock: 256, writeSize: 16, components: [{ id: firmware, capacity: 1000 }], envelope: 1500, state });

const first = makeRelease({ sequence: 1n });
const factory = { ...testFactory, envelope: first.envelope, fetch: () => streamOf(first.image) };

describe("T-DEV-POWER-CUT: the state never outgrows its place", () => {
  test("a device whose state has no room for what comes later is not provisioned", async () => {
    let smallest = 0;
    for (let size = 300; size < 1200 && smallest === 0; size += 16) {
      const device = flashDevice(new MemoryFlash(layoutWith(size).geometry), layoutWith(size), nodeCrypto);
      const made = await device.provision(factory);
      if (made.ok) smallest = size;
      else {
        expect(made).toMatchObject({ error: { code: "state-too-large" } });
        expect(await device.boot()).toEqual({ kind: "not-provisioned" });
      }
    }
    expect(smallest).toBeGreaterThan(500);

    // In the smallest place that is accepted: more trials than are remembered, with a report each time.
    const layout = layoutWith(smallest);
    const flash = new MemoryFlash(layout.geometry);
    const device = flashDevice(flash, layout, nodeCrypto);
    await device.provision(factory);
    await device.boot();
    for (let i = 2n; i < 15n; i++) {
      expect(await offer(device, makeRelease({ sequence: i }), { now: 2n ** 40n })).toMatchObject({ ok: true });
      await device.arm({ action: "9".repeat(30), manifestDigest: new Uint8Array(64) });
      expect(await device.boot()).toMatchObject({ mode: "trial" });
      expect(device.status().boot.trials.at(-1)).toMatchObject({ attempts: 1 });
      expect(await device.boot()).toMatchObject({ mode: "confirmed", booted: { sequence: 1n } });
    }
    expect(device.status().boot.trials.length).toBeGreaterThan(1);
  });

  test("where not all counted trials have room, the latest are kept", () => {
    const trials = Array.from({ length: 8 }, (_, i) => ({ manifestDigest: new Uint8Array(64).fill(i), attempts: 2 }));
    const base = numberedState(1n);
    const state = { ...base, boot: { ...base.boot, trials } };
    const whole = serializeState(state).length;
    expect(fitted(state, whole)).toBe(state);
    expect(fitted(state, whole - 1).boot.trials).toEqual(trials.slice(1));
    expect(fitted(state, whole - 300).boot.trials).toEqual(trials.slice(5));
    expect(fitted(state, 1).boot.trials).toEqual(trials.slice(7));
  });

  test("a number of trials that is none is a bug", () => {
    const flash = new MemoryFlash(layoutWith(900).geometry);
    const slots = new FlashSlots(flash, layoutWith(900), nodeCrypto);
    const state = new FlashState(flash, layoutWith(900).state, nodeCrypto);
    for (const maxTrials of [0, -1, 1.5, Number.NaN]) {
      expect(() => new Device({ slots, state, crypto: nodeCrypto, maxTrials })).toThrow(RangeError);
    }
  });
});
