import { nodeCrypto } from "@sumac/crypto/node";
import { Device, defaultStagingRules, FlashSlots, FlashState, memoryLedger, StagingBudget } from "@sumac/device";
import { describe, expect, test } from "vitest";
import { foreign, imageOf, layout, newer, offer, provisioned, release, type Sample } from "../support/sample-device.ts";

/** Erases of the block that was erased most, since `before`. */
const worn = ({ flash }: Sample, before: Uint32Array): number =>
  Math.max(...flash.wear.map((erases, block) => erases - (before[block] ?? 0)));

const wearOf = ({ flash }: Sample): Uint32Array => Uint32Array.from(flash.wear);

describe("T-DEV-WEAR: nobody wears the flash out by asking", () => {
  test("T-DEV-WEAR: what is refused by its envelope costs no erase, however often", async () => {
    const sample = await provisioned();
    const before = wearOf(sample);
    const bad = [await release(6n, [foreign]), await release(4n), { ...newer, envelope: newer.envelope.subarray(1) }];
    for (let i = 0; i < 3000; i++) {
      const made = bad[i % bad.length];
      if (made !== undefined) expect((await offer(sample.device, made)).ok).toBe(false);
    }
    expect(worn(sample, before)).toBe(0);
  });

  test("T-DEV-WEAR: a payload that is never the right one is asked for within a budget, kept over restarts", async () => {
    const sample = await provisioned();
    const before = wearOf(sample);
    const [ledger, clock] = [memoryLedger(), { ms: 0 }];
    const on = (): Device =>
      new Device({
        slots: new FlashSlots(sample.flash, layout, nodeCrypto),
        state: new FlashState(sample.flash, layout.state, nodeCrypto),
        crypto: nodeCrypto,
        stagings: new StagingBudget({ ledger, rules: defaultStagingRules, uptimeMs: () => clock.ms }),
      });
    let device = on();
    await device.boot();
    const answers = new Map<string, number>();
    for (let i = 0; i < 300; i++) {
      if (i % 10 === 9) {
        device = on();
        await device.boot();
      }
      const answer = await offer(device, { ...newer, image: imageOf(9n) });
      const code = answer.ok ? "accepted" : answer.error.code;
      answers.set(code, (answers.get(code) ?? 0) + 1);
    }
    expect([...answers.keys()].sort()).toEqual(["image-digest-mismatch", "stagings-exhausted"]);
    expect(answers.get("image-digest-mismatch")).toBeLessThanOrEqual(defaultStagingRules.burst);
    expect(worn(sample, before)).toBeLessThanOrEqual(3 * defaultStagingRules.burst);
    // It waits for time, not for ever.
    clock.ms += 7 * 86_400_000;
    expect(await offer(device, newer)).toMatchObject({ ok: true });
  });

  test("T-DEV-WEAR: a release that is staged already is not written again", async () => {
    const sample = await provisioned();
    expect(await offer(sample.device, newer)).toMatchObject({ ok: true });
    const before = sample.flash.snapshot();
    for (let i = 0; i < 50; i++) expect(await offer(sample.device, newer)).toMatchObject({ ok: true });
    expect(sample.flash.snapshot()).toEqual(before);
  });
});
