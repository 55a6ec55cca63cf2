import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AttackScene, vendorTrust } from "../support/attack-scene.ts";
import { impressionOf, newer, offer, provisioned } from "../support/sample-device.ts";

describe("CR 7.4: a release that does not work goes, and what protected the device is as it was", () => {
  let scene: AttackScene;
  beforeAll(async () => {
    scene = await AttackScene.set(vendorTrust);
  });
  afterAll(() => scene.close());

  test("CR 7.4: failed health check, over and over: the old image, its event, unchanged settings, and an end to it", async () => {
    const before = await scene.device.impression();
    const kept = ({ activeSlot, runs, floor, trust }: typeof before) => ({ activeSlot, runs, floor, trust });
    for (let round = 0; round < 3; round++) {
      expect(await scene.meet({ selfTest: "failed" })).toEqual({ did: "reverted", code: "trial-not-confirmed" });
      expect(kept(await scene.device.impression())).toEqual(kept(before));
    }
    expect(await scene.meet({ selfTest: "failed" })).toEqual({ did: "refused", code: "trials-exhausted" });
    expect(kept(await scene.device.impression())).toEqual(kept(before));
    expect(await scene.device.boot()).toMatchObject({ mode: "confirmed", booted: { version: "1.1.0" } });
  });
});

test("CR 7.4: a release that never confirms, because it hangs: the next boot goes back, and says so", async () => {
  const sample = await provisioned();
  const { activeSlot, floor, trust } = impressionOf(sample);
  await offer(sample.device, newer);
  await sample.device.arm();
  expect(await sample.device.boot()).toMatchObject({ mode: "trial" });
  sample.events.length = 0;
  const outcome = await sample.device.boot();
  expect(outcome).toMatchObject({ booted: { sequence: 5n, slot: "a" }, why: "trial-not-confirmed" });
  expect(sample.events).toContainEqual({ event: "booted", outcome });
  expect(impressionOf(sample)).toMatchObject({ activeSlot, floor, trust });
});

describe("CR 3.6: an update asks the process before it touches anything", () => {
  const answers = [
    [{ window: "open", interlock: "engaged" }, "interlock"],
    [{ window: "closed", interlock: "clear" }, "outside-window"],
  ] as const;
  test.each(answers)("CR 3.6: %o: %s, and nothing is written", async (operations, code) => {
    const { device, flash } = await provisioned();
    const before = flash.snapshot();
    expect(await offer(device, newer, { operations })).toEqual({ ok: false, error: { code } });
    expect(flash.snapshot()).toEqual(before);
    expect(await offer(device, newer, { operations: { window: "open", interlock: "clear" } })).toMatchObject({
      ok: true,
    });
  });

  test("CR 3.6: a staged release stops nothing: the image that controls runs on until it is armed and restarted", async () => {
    const sample = await provisioned();
    await offer(sample.device, newer);
    expect(sample.device.status()).toMatchObject({ running: { sequence: 5n }, boot: { state: "staged" } });
    expect(await sample.device.boot()).toMatchObject({ booted: { sequence: 5n } });
  });
});
