import { describe, expect, test } from "vitest";
import { deviceOn, sendRelease, testTimeRules, trusting } from "../trust/trust.test.support.ts";
import { makeRelease } from "./release.test.support.ts";

const built = testTimeRules.buildTime;
const year = 31_557_600n;
const day = 86_400n;
const year2099 = 4_070_908_800n;
const until = (useBefore: bigint, sequence = 6n) => makeRelease({ sequence, useBefore });

describe("CR 2.11: time on a device", () => {
  test("CR 2.11: a clock of 1970 brings nothing expired to life, and is told once", async () => {
    const { device, events } = await trusting();
    await device.keepTime({ clock: built + year });
    for (let i = 0; i < 3; i++) {
      expect(await sendRelease(device, until(built + year - 1n), 0n)).toMatchObject({
        ok: false,
        error: { code: "expired", now: built + year },
      });
    }
    const doubts = events.filter(({ event }) => event === "time-refused");
    expect(doubts).toEqual([{ event: "time-refused", code: "clock-went-back", offered: 0n, kept: built + year }]);
    // Nor does it vouch for what may still be good.
    expect(await sendRelease(device, until(built + 2n * year), 0n)).toMatchObject({
      ok: false,
      error: { code: "freshness-unknown" },
    });
    expect(device.status().lastTime).toBe(built + year);
  });

  test("CR 2.11 RE 2: each time the clock goes back it is told anew", async () => {
    const { device, events } = await trusting();
    for (const clock of [built + year, 0n, 5n, built + year + 1n, 7n]) await device.keepTime({ clock });
    expect(events.map((event) => event.event === "time-refused" && event.offered)).toEqual([0n, 7n]);
  });

  test("CR 2.11: set back by ten years over a restart, it is still behind what is stored", async () => {
    const { device, flash } = await trusting();
    await device.keepTime({ clock: built + 9n * year });
    const again = deviceOn(flash);
    await again.boot();
    expect(await sendRelease(again, until(built + 8n * year), built - year)).toMatchObject({
      ok: false,
      error: { code: "expired", now: built + 9n * year },
    });
  });

  test("CR 2.11: a clock of 2099 is not believed, expires nothing and is not stored", async () => {
    const { device, flash, events } = await trusting();
    const before = flash.snapshot();
    await device.keepTime({ clock: year2099 });
    expect(await sendRelease(device, until(built + year), year2099)).toMatchObject({
      ok: false,
      error: { code: "freshness-unknown" },
    });
    expect(flash.snapshot()).toEqual(before);
    expect(events).toContainEqual({ event: "time-refused", code: "clock-implausible", offered: year2099, kept: built });
    expect(await sendRelease(device, until(built + year), built + 5n)).toMatchObject({ ok: true });
  });

  test("CR 2.11: the operator can set a time that is too far ahead, and nobody can set it back", async () => {
    const { device, flash, events } = await trusting();
    expect(await device.setTime(built + 30n * year)).toEqual({ ok: true, value: undefined });
    expect(events.at(-1)).toEqual({
      event: "time-changed",
      from: built,
      to: built + 30n * year,
      source: "operator",
    });
    const before = flash.snapshot();
    expect(await device.setTime(built + 29n * year)).toEqual({
      ok: false,
      error: { code: "time-goes-back", offered: built + 29n * year, kept: built + 30n * year },
    });
    expect(flash.snapshot()).toEqual(before);
    expect(await sendRelease(device, until(built + 31n * year), built + 30n * year + 9n)).toMatchObject({ ok: true });
  });

  test("CR 2.11: what metadata attests counts without a clock", async () => {
    const { device } = await trusting();
    await device.keepTime({ attested: built + year });
    expect(await sendRelease(device, until(built + year))).toMatchObject({ ok: false, error: { code: "expired" } });
  });

  test("time wears the flash once a day, and comes with what is written anyway", async () => {
    const { device, flash } = await trusting();
    let writes = 0;
    let last = flash.snapshot();
    for (let clock = built; clock < built + 5n * day; clock += 600n) {
      await device.keepTime({ clock });
      const now = flash.snapshot();
      if (!Buffer.from(now).equals(Buffer.from(last))) writes++;
      last = now;
    }
    expect(writes).toBe(4);
    await sendRelease(device, makeRelease({ sequence: 6n }), built + 5n * day + 7n);
    expect(device.status().lastTime).toBe(built + 5n * day + 7n);
  });

  test("expiry is no condition of booting", async () => {
    const { device } = await trusting();
    await sendRelease(device, until(built + day), built + 5n);
    await device.arm();
    await device.keepTime({ clock: built + year });
    expect(await device.boot()).toMatchObject({ booted: { sequence: 6n }, why: "trial-begins" });
    await device.confirm();
    expect(await device.boot()).toMatchObject({ booted: { sequence: 6n }, mode: "confirmed" });
  });
});
