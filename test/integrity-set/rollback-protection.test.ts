import { describe, expect, test } from "vitest";
import { craftRelease } from "../support/crafted-envelope.ts";
import {
  deviceOn,
  impressionOf,
  layout,
  newer,
  offer,
  provisioned,
  release,
  running,
  trustUpdate,
  update,
  vendor,
  vendorPart,
  vendorRoot,
} from "../support/sample-device.ts";

const rollback = (offered: bigint, floor: bigint) => ({ ok: false, error: { code: "rollback", offered, floor } });

describe("Rollback protection: the floor rises with a confirmed boot, and never falls", () => {
  test("Rollback protection: an older, validly signed image: rollback, and nothing is written", async () => {
    const sample = await provisioned();
    const before = sample.flash.snapshot();
    for (const old of [4n, 1n, 0n]) expect(await offer(sample.device, await release(old))).toEqual(rollback(old, 5n));
    expect(sample.flash.snapshot()).toEqual(before);
  });

  test("Rollback protection: after a power cut between install and confirm the old image still boots", async () => {
    const sample = await provisioned();
    await offer(sample.device, newer);
    await sample.device.arm();
    expect(await sample.device.boot()).toMatchObject({ booted: { sequence: 6n }, mode: "trial" });
    expect(sample.device.status().floor.sequence).toBe(5n);
    // The power fails on trial: the device that comes back knows only what is stored.
    const back = deviceOn(sample.flash);
    expect(await back.boot()).toMatchObject({ booted: { sequence: 5n, slot: "a" }, mode: "confirmed" });
    expect(back.status().floor.sequence).toBe(5n);
  });

  test("Rollback protection: after the confirmation the old image boots no more, in either slot", async () => {
    const sample = await provisioned();
    await update(sample.device, newer);
    // The old one is still there, sealed and rightly signed.
    const { envelopeOffset } = layout.slots.b;
    sample.flash.tamper(envelopeOffset + 200, new Uint8Array(64));
    expect(await deviceOn(sample.flash).boot()).toMatchObject({
      kind: "recovery-needed",
      why: { slots: { a: { code: "rollback", offered: 5n, floor: 6n } } },
    });
    const whole = await provisioned();
    await update(whole.device, newer);
    expect(await offer(whole.device, running)).toEqual(rollback(5n, 6n));
  });

  test("Rollback protection: the floor survives restart, factory reset, a failed update and a trust update", async () => {
    const sample = await provisioned();
    await update(sample.device, newer);
    const { floor } = impressionOf(sample);
    const steps: readonly (() => Promise<unknown>)[] = [
      () => sample.device.boot(),
      () => sample.device.factoryReset(),
      async () => offer(sample.device, { ...(await release(7n)), image: running.image }),
      async () =>
        offer(
          sample.device,
          await trustUpdate({
            part: "vendor",
            sequence: 1n,
            record: vendorPart([vendor, vendorRoot]),
            signers: [vendorRoot],
          }),
        ),
      () => sample.device.abandon(),
      () => sample.device.boot(),
    ];
    for (const step of steps) {
      await step();
      expect(impressionOf(sample).floor).toBe(floor);
      expect(await offer(sample.device, running)).toEqual(rollback(5n, 6n));
    }
  });

  test("Rollback protection: falling back to the other slot works inside the floor", async () => {
    const sample = await provisioned();
    await update(sample.device, newer);
    // The confirmed release once more, into the other slot: as a repair, it is no step back.
    await offer(sample.device, await release(7n));
    sample.flash.tamper(layout.slots.b.imageOffset, new Uint8Array(64));
    expect(await sample.device.boot()).toMatchObject({ booted: { sequence: 7n, slot: "a" }, why: "active-unusable" });
    expect(sample.device.status().floor.sequence).toBe(6n);
  });

  test("Rollback protection: an intended way back is a new manifest with a higher number", async () => {
    const sample = await provisioned();
    await update(sample.device, newer);
    await update(sample.device, await craftRelease({ sequence: 7n, image: running.image, signers: [vendor] }));
    expect(sample.device.status()).toMatchObject({ running: { sequence: 7n }, floor: { sequence: 7n } });
  });

  test("Rollback protection: no step of a device lowers it, whatever the order", async () => {
    const sample = await provisioned();
    let highest = 5n;
    for (let round = 0; round < 40; round++) {
      const sequence = BigInt((round * 7) % 12);
      const offered = await offer(sample.device, await release(sequence));
      if (offered.ok && "slot" in offered.value) {
        await sample.device.arm();
        await sample.device.boot();
        if (round % 3 === 0) await sample.device.confirm();
        else await sample.device.boot();
      }
      const { floor } = sample.device.status();
      expect(floor.sequence >= highest).toBe(true);
      highest = floor.sequence;
    }
    expect(highest).toBeGreaterThan(5n);
  });
});
