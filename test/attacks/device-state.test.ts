import { describe, expect, test } from "vitest";
import { condition, craftRelease, flip } from "../support/crafted-envelope.ts";
import { deviceOn, layout, newer, offer, provisioned, running, update, vendor } from "../support/sample-device.ts";

const { offset, bankSize } = layout.state;

describe("T-DEV-STATE: the stored state is damaged, or set back by somebody with the flash in hand", () => {
  test("T-DEV-STATE: every bit of one copy: the device runs on what the other says, and repairs it", async () => {
    const { flash } = await provisioned();
    const content = flash.snapshot();
    for (let at = offset; at < offset + 2 * bankSize; at += 3) {
      flash.tamper(0, content);
      flash.tamper(at, flip(content.subarray(at, at + 1), 0));
      const device = deviceOn(flash);
      const outcome = await device.boot();
      if (outcome.kind !== "running" || outcome.booted.sequence !== 5n) expect.fail(`byte ${at}: ${outcome.kind}`);
      if (device.status().floor.sequence !== 5n) expect.fail(`byte ${at} is believed`);
    }
  });

  test("T-DEV-STATE: both copies: recovery is asked for by name, and the factory does not write over the floor", async () => {
    const { flash, device } = await provisioned();
    const { identity, trust } = device.status();
    flash.tamper(offset, new Uint8Array(2 * bankSize));
    const before = flash.snapshot();
    const again = deviceOn(flash);
    expect(await again.boot()).toMatchObject({ kind: "recovery-needed", why: { code: "state-unreadable" } });
    const made = await again.provision({
      identity,
      trustRecord: trust.vendor.record,
      envelope: running.envelope,
      fetch: async function* () {
        yield running.image;
      },
    });
    expect(made).toMatchObject({ ok: false, error: { code: "state-unusable" } });
    expect(flash.snapshot()).toEqual(before);
  });

  test("T-DEV-STATE: one copy set back to before an update: the newer one counts", async () => {
    const { flash, device } = await provisioned();
    const old = flash.snapshot().subarray(offset, offset + bankSize);
    await update(device, newer);
    flash.tamper(offset, old);
    const back = deviceOn(flash);
    expect(await back.boot()).toMatchObject({ booted: { sequence: 6n } });
    expect(await offer(back, running)).toMatchObject({ error: { code: "rollback" } });
  });
});

describe("T-DEV-CLOCK: the clock lies", () => {
  const year2026 = 1_793_600_000n;
  const year2099 = 4_070_908_800n;
  const expiring = (useBefore: bigint) =>
    craftRelease({
      sequence: 6n,
      parameters: { useBefore },
      identity: [condition("vendor-identifier"), condition("class-identifier"), condition("use-before")],
      signers: [vendor],
    });

  test("T-DEV-CLOCK: set to 1970, it brings nothing to life that has ended", async () => {
    const { device, flash } = await provisioned();
    await device.setTime(year2026);
    const before = flash.snapshot();
    for (const now of [0n, 1n, year2026 - 86_400n * 3650n]) {
      expect(await offer(device, await expiring(year2026 - 1000n), { now })).toMatchObject({
        error: { code: "expired" },
      });
    }
    expect(flash.snapshot()).toEqual(before);
    expect(await device.setTime(0n)).toMatchObject({ ok: false, error: { code: "time-goes-back" } });
  });

  test("T-DEV-CLOCK: set to 2099, it ends nothing, and is not kept", async () => {
    const { device } = await provisioned();
    await device.setTime(year2026);
    const inAYear = await expiring(year2026 + 86_400n * 365n);
    expect(await offer(device, inAYear, { now: year2099 })).toMatchObject({ error: { code: "freshness-unknown" } });
    await device.keepTime({ clock: year2099 });
    expect(device.status().lastTime).toBeLessThan(year2099);
    expect(await offer(device, inAYear, { now: year2026 + 86_400n })).toMatchObject({ ok: true });
  });

  test("T-DEV-CLOCK: with no clock at all, what ends is not taken, and nothing else waits", async () => {
    const { device } = await provisioned();
    expect(await offer(device, await expiring(year2099))).toMatchObject({ error: { code: "freshness-unknown" } });
    expect(await offer(device, newer)).toMatchObject({ ok: true });
  });
});
