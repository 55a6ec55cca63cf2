import { nodeCrypto } from "@sumac/crypto/node";
import { FlashSlots, type ImageSlotName, type MemoryFlash } from "@sumac/device";
import { buildEnvelope } from "@sumac/suit";
import { describe, expect, test } from "vitest";
import { craftRelease, flip, takeApart } from "../support/crafted-envelope.ts";
import type { Release } from "../support/example-product.ts";
import {
  deviceOn,
  foreign,
  imageOf,
  layout,
  newer,
  offer,
  provisioned,
  release,
  type Sample,
  vendor,
} from "../support/sample-device.ts";

/** Sealed as a device would, with every checksum right, by somebody who can write the flash. */
async function plant(
  flash: MemoryFlash,
  slot: ImageSlotName,
  { envelope, image }: Pick<Release, "envelope" | "image">,
) {
  const writer = await new FlashSlots(flash, layout, nodeCrypto).begin(slot, { envelope, imageSizes: [image.length] });
  await writer.write(0, 0, image);
  await writer.seal();
}

async function corrupt(flash: MemoryFlash, at: number): Promise<void> {
  flash.tamper(at, flip(await flash.read(at, 1), 0));
}

async function armed(): Promise<Sample> {
  const sample = await provisioned();
  await offer(sample.device, newer);
  await sample.device.arm();
  return sample;
}

const { a, b } = layout.slots;
const stages: readonly (readonly [string, number, object])[] = [
  ["the image, its first byte", a.imageOffset, { code: "slot-readback-mismatch" }],
  ["the image, its last byte", a.imageOffset + 699, { code: "slot-readback-mismatch" }],
  ["the manifest beside it", a.envelopeOffset + 200, { code: "slot-damaged" }],
];

describe("EDR 3.14: what is needed for a boot is checked before it is used", () => {
  for (const [what, at, problem] of stages) {
    test(`EDR 3.14: a bit of ${what}: it does not run, recovery is asked for by name`, async () => {
      const { flash, device } = await provisioned();
      await corrupt(flash, at);
      expect(await device.boot()).toMatchObject({
        kind: "recovery-needed",
        why: { code: "no-usable-slot", slots: { a: problem, b: { code: "slot-empty" } } },
      });
      expect(() => device.status()).toThrow("not running");
    });

    test(`EDR 3.14: a bit of ${what}, and the other slot holds a signed release: that one runs, on trial`, async () => {
      const { flash, device } = await provisioned();
      await offer(device, newer);
      await corrupt(flash, at);
      expect(await device.boot()).toMatchObject({ booted: { sequence: 6n, slot: "b" }, why: "active-unusable" });
    });
  }

  test("EDR 3.14: both copies of the stored state: nothing is guessed", async () => {
    const { flash, device } = await provisioned();
    for (const bank of [0, 1]) await corrupt(flash, layout.state.offset + bank * layout.state.bankSize + 40);
    expect(await device.boot()).toMatchObject({ kind: "recovery-needed", why: { code: "state-unreadable" } });
  });

  test("EDR 3.14: the state of the boot is reported: what runs, why, and what was refused", async () => {
    const { flash, device, events } = await armed();
    await corrupt(flash, b.imageOffset + 9);
    const outcome = await device.boot();
    expect(outcome).toMatchObject({
      mode: "confirmed",
      why: "staging-unusable",
      events: [{ event: "slot-refused", slot: "b", problem: { code: "slot-readback-mismatch" } }],
    });
    expect(events.at(-1)).toEqual({ event: "booted", outcome });
  });
});

/** The genuine signatures over another image, with sizes and digests of the manifest made to agree. */
async function rehashed(): Promise<Release> {
  const forged = await craftRelease({ sequence: 6n, image: imageOf(66n) });
  const { blocks } = takeApart(newer.envelope);
  return { ...forged, envelope: buildEnvelope({ ...takeApart(forged.envelope), blocks }) };
}

const planted: readonly (readonly [string, () => Promise<Pick<Release, "envelope" | "image">>, string])[] = [
  ["re-hashed, under the genuine signature", rehashed, "signature-invalid"],
  ["re-hashed, unsigned", () => craftRelease({ sequence: 6n, image: imageOf(66n) }), "threshold-not-met"],
  ["foreign-signed", () => release(6n, [foreign]), "signer-unknown"],
  ["older, rightly signed", () => release(4n), "rollback"],
  [
    "for another class, rightly signed",
    () => craftRelease({ sequence: 6n, parameters: { classIdentifier: new Uint8Array(16) }, signers: [vendor] }),
    "wrong-class",
  ],
  [
    "another image beside the genuine envelope",
    async () => ({ ...newer, image: imageOf(66n) }),
    "slot-readback-mismatch",
  ],
];

describe("EDR 3.14 RE 1: the origin of what boots is checked against the trust record, at every boot", () => {
  for (const [what, make, code] of planted) {
    test(`EDR 3.14 RE 1: in the armed slot: ${what}: ${code}, and the confirmed image runs`, async () => {
      const { flash, device } = await armed();
      await plant(flash, "b", await make());
      expect(await device.boot()).toMatchObject({
        booted: { sequence: 5n, slot: "a" },
        events: [{ event: "slot-refused", slot: "b", problem: { code } }],
      });
      expect(device.status().floor.sequence).toBe(5n);
    });

    test(`EDR 3.14 RE 1: in the active slot: ${what}: ${code}, and nothing runs`, async () => {
      const { flash, device } = await provisioned();
      await plant(flash, "a", await make());
      expect(await device.boot()).toMatchObject({ kind: "recovery-needed", why: { slots: { a: { code } } } });
    });
  }

  test("EDR 3.14 RE 1: the updater and the boot ask the same record: what one takes the other runs", async () => {
    const { flash, device } = await armed();
    const again = deviceOn(flash);
    expect(await again.boot()).toMatchObject({ booted: { sequence: 6n, slot: "b" }, mode: "trial" });
    await again.confirm();
    expect(await device.boot()).toMatchObject({ booted: { sequence: 6n, slot: "b" }, mode: "confirmed" });
  });
});
