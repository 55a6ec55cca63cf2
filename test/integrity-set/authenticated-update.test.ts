import { nodeCrypto } from "@sumac/crypto/node";
import type { Flash, OfferConditions } from "@sumac/device";
import { digestOf } from "@sumac/suit";
import { trustComponents } from "@sumac/verifier";
import { describe, expect, test } from "vitest";
import { condition, craftRelease, directive, find, flip, set, signManifest } from "../support/crafted-envelope.ts";
import { classId, firmware, type Release, vendorId } from "../support/example-product.ts";
import {
  deviceOn,
  foreign,
  imageOf,
  impressionOf,
  layout,
  newer,
  offer,
  ownerPart,
  ownerRoot,
  provisioned,
  release,
  role,
  running,
  type SampleOptions,
  second,
  trustUpdate,
  update,
  vendor,
  vendorPart,
  vendorRoot,
} from "../support/sample-device.ts";

interface Attack {
  readonly name: string;
  readonly send: () => Promise<Pick<Release, "envelope" | "image">>;
  readonly code: string;
  /** Default: not a byte of flash differs. `staging`: it was found out while the payload came. */
  readonly touches?: "staging";
  readonly conditions?: OfferConditions;
  readonly device?: SampleOptions;
}

const forUs = [condition("vendor-identifier"), condition("class-identifier")];
const year2030 = 1_893_456_000n;
const useBefore = year2030 - 10n;
const nine = Uint8Array.of(9);

/** A manifest of firmware and one thing more. */
async function together(other: readonly Uint8Array[]): Promise<Release> {
  const components = [firmware, other];
  const images = [imageOf(6n), imageOf(7n)];
  const index = (i: number) => ({ kind: "set-component-index", index: i }) as const;
  const image = (i: number) => images[i] ?? new Uint8Array();
  const envelope = await signManifest(
    {
      sequenceNumber: 6n,
      components,
      shared: {
        commands: components.flatMap((_, i) => [
          index(i),
          set({
            vendorIdentifier: vendorId,
            classIdentifier: classId,
            imageDigest: digestOf(nodeCrypto, "sha-256", image(i)),
            imageSize: BigInt(image(i).length),
          }),
          ...forUs,
        ]),
      },
      validate: { commands: components.flatMap((_, i) => [index(i), condition("image-match")]) },
      invoke: { commands: [index(0), directive("invoke")] },
      install: {
        at: "inline",
        value: {
          commands: components.flatMap((_, i) => [
            index(i),
            set({ uri: `${i}.bin` }),
            directive("fetch"),
            condition("image-match"),
          ]),
        },
      },
    },
    { signers: [vendor] },
  );
  return { version: "6", sequence: 6n, envelope, image: image(0), uri: "0.bin" };
}

/** The vendor's release key may write everything: what is refused is the mixture itself. */
const generous = vendorPart();
const writesAnything: SampleOptions = {
  vendor: {
    ...generous,
    roles: [role("release", "release", [vendor], { components: "any" }), role("root", "root", [vendorRoot])],
  },
};

const attacks: readonly Attack[] = [
  {
    name: "altered payload",
    send: async () => ({ ...newer, image: flip(newer.image, 350) }),
    code: "image-digest-mismatch",
    touches: "staging",
  },
  {
    name: "another genuine payload",
    send: async () => ({ ...newer, image: running.image }),
    code: "image-digest-mismatch",
    touches: "staging",
  },
  {
    name: "altered manifest",
    send: async () => ({ ...newer, envelope: flip(newer.envelope, find(newer.envelope, vendorId)) }),
    code: "manifest-digest-mismatch",
  },
  { name: "wrong key", send: () => release(6n, [foreign]), code: "signer-unknown" },
  { name: "no key", send: () => release(6n, []), code: "threshold-not-met" },
  { name: "a key of another duty", send: () => release(6n, [vendorRoot]), code: "signer-unknown" },
  {
    name: "wrong class",
    send: () => craftRelease({ sequence: 6n, parameters: { classIdentifier: vendorId }, signers: [vendor] }),
    code: "wrong-class",
  },
  {
    name: "wrong vendor",
    send: () => craftRelease({ sequence: 6n, parameters: { vendorIdentifier: classId }, signers: [vendor] }),
    code: "wrong-vendor",
  },
  {
    name: "for whatever class it meets",
    send: () => craftRelease({ sequence: 6n, identity: forUs.slice(0, 1), signers: [vendor] }),
    code: "identity-missing",
  },
  {
    name: "wrong device",
    send: () =>
      craftRelease({
        sequence: 6n,
        parameters: { deviceIdentifier: vendorId },
        identity: [...forUs, condition("device-identifier")],
        signers: [vendor],
      }),
    code: "wrong-device",
  },
  {
    name: "truncated payload",
    send: async () => ({ ...newer, image: newer.image.subarray(0, -1) }),
    code: "image-too-short",
    touches: "staging",
  },
  {
    name: "truncated envelope",
    send: async () => ({ ...newer, envelope: newer.envelope.subarray(0, -1) }),
    code: "malformed",
  },
  {
    name: "trailing data after the payload",
    send: async () => ({ ...newer, image: Uint8Array.of(...newer.image, 0) }),
    code: "image-too-long",
    touches: "staging",
  },
  {
    name: "trailing data after the envelope",
    send: async () => ({ ...newer, envelope: Uint8Array.of(...newer.envelope, 0) }),
    code: "malformed",
  },
  {
    name: "mixed components: a component that the device does not have",
    send: () => together([nine]),
    code: "component-unknown",
    device: writesAnything,
  },
  {
    name: "mixed components: firmware and trust record together",
    send: () => together(trustComponents.vendor),
    code: "components-mixed",
    device: writesAnything,
  },
  { name: "old version", send: () => release(4n), code: "rollback" },
  {
    name: "the number that runs, with other content",
    send: () => craftRelease({ sequence: 5n, image: imageOf(9n), signers: [vendor] }),
    code: "sequence-reused",
  },
  {
    name: "expired",
    send: () =>
      craftRelease({
        sequence: 6n,
        parameters: { useBefore },
        identity: [...forUs, condition("use-before")],
        signers: [vendor],
      }),
    conditions: { now: year2030 },
    code: "expired",
  },
  {
    name: "it depends on a manifest that is not there",
    send: () =>
      craftRelease({
        sequence: 6n,
        manifest: { dependencies: [{ index: 1 }] },
        signers: [vendor],
      }),
    code: "unsupported",
  },
];

describe("EDR 3.10 RE 1: nothing is installed whose origin and integrity were not checked", () => {
  for (const { name, send, code, touches, conditions, device: options } of attacks) {
    test(`EDR 3.10 RE 1: ${name}: ${code}`, async () => {
      const sample = await provisioned(options);
      const [before, impression] = [sample.flash.snapshot(), impressionOf(sample)];
      expect(await offer(sample.device, await send(), conditions)).toMatchObject({ ok: false, error: { code } });
      expect(impressionOf(sample)).toEqual(impression);
      if (touches === undefined) expect(sample.flash.snapshot()).toEqual(before);
      expect(sample.events.at(-1)).toMatchObject({ event: "refused", refusal: { code } });
      // Off and on: what is stored counts.
      expect(await sample.device.boot()).toMatchObject({ booted: { sequence: 5n, slot: "a" }, why: "active" });
      expect(impressionOf(sample)).toEqual(impression);
      expect(await offer(sample.device, newer)).toMatchObject({ ok: true });
    });
  }

  test("EDR 3.10 RE 1: revoked key: signer-unknown, for new updates and for one that is armed already", async () => {
    const sample = await provisioned({ vendor: vendorPart([vendor, second]) });
    const bySecond = await release(6n, [second]);
    expect(await offer(sample.device, bySecond)).toMatchObject({ ok: true });
    await sample.device.arm();
    const revocation = await trustUpdate({ part: "vendor", sequence: 1n, record: vendorPart(), signers: [vendorRoot] });
    expect(await offer(sample.device, revocation)).toMatchObject({ ok: true });
    const impression = impressionOf(sample);
    const before = sample.flash.snapshot();
    const refused = { ok: false, error: { code: "signer-unknown" } };
    expect(await offer(sample.device, bySecond)).toMatchObject(refused);
    expect(await offer(sample.device, await release(7n, [second]))).toMatchObject(refused);
    expect(sample.flash.snapshot()).toEqual(before);
    expect(await sample.device.boot()).toMatchObject({ booted: { sequence: 5n }, mode: "confirmed" });
    expect(impressionOf(sample)).toEqual(impression);
  });

  test("EDR 3.10 RE 1: replay of an old trust record: rollback, of either part, also after a restart", async () => {
    const sample = await provisioned({ owner: ownerPart() });
    const older = [
      await trustUpdate({ part: "vendor", sequence: 3n, record: vendorPart([vendor, second]), signers: [vendorRoot] }),
      await trustUpdate({ part: "owner", sequence: 3n, record: ownerPart([foreign]), signers: [ownerRoot] }),
    ];
    const later = [
      await trustUpdate({ part: "vendor", sequence: 4n, record: vendorPart(), signers: [vendorRoot] }),
      await trustUpdate({ part: "owner", sequence: 4n, record: ownerPart(), signers: [ownerRoot] }),
    ];
    for (const each of [...older, ...later]) expect(await offer(sample.device, each)).toMatchObject({ ok: true });
    const [before, impression] = [sample.flash.snapshot(), impressionOf(sample)];
    for (let boots = 0; boots < 2; boots++) {
      for (const each of older) {
        const refused = { ok: false, error: { code: "rollback", offered: 3n, floor: 4n } };
        expect(await offer(sample.device, each)).toEqual(refused);
      }
      await sample.device.boot();
    }
    expect(sample.flash.snapshot()).toEqual(before);
    expect(impressionOf(sample)).toEqual(impression);
  });

  test("EDR 3.10 RE 1: swapped after the check, before the read-back: slot-readback-mismatch", async () => {
    let swap: "on" | "off" = "off";
    const { imageOffset, envelopeOffset } = layout.slots.b;
    const sample = await provisioned({
      through: (flash): Flash => ({
        geometry: flash.geometry,
        read: (offset, length) => flash.read(offset, length),
        erase: (offset) => flash.erase(offset),
        write: async (offset, bytes) => {
          await flash.write(offset, bytes);
          // The seal is the last that is written beside the envelope.
          const inEnvelope = offset >= envelopeOffset && offset < imageOffset;
          if (swap === "on" && inEnvelope) flash.tamper(imageOffset, running.image);
        },
      }),
    });
    swap = "on";
    const impression = impressionOf(sample);
    expect(await offer(sample.device, newer)).toMatchObject({ ok: false, error: { code: "slot-readback-mismatch" } });
    expect(impressionOf(sample)).toEqual(impression);
    expect(await sample.device.boot()).toMatchObject({ booted: { sequence: 5n, slot: "a" }, why: "active" });
    swap = "off";
    expect(await offer(sample.device, newer)).toMatchObject({ ok: true });
  });

  test("EDR 3.10 RE 1: swapped after it was armed: the boot finds it, and goes back", async () => {
    const sample = await provisioned();
    await offer(sample.device, newer);
    await sample.device.arm();
    const { activeSlot, floor, trust } = impressionOf(sample);
    sample.flash.tamper(layout.slots.b.imageOffset, running.image);
    expect(await sample.device.boot()).toMatchObject({
      booted: { sequence: 5n, slot: "a" },
      why: "staging-unusable",
      events: [{ event: "slot-refused", slot: "b", problem: { code: "slot-readback-mismatch" } }],
    });
    expect(impressionOf(sample)).toMatchObject({ activeSlot, floor, trust });
  });
});

describe("EDR 3.10: it can be updated, from every version that is out there", () => {
  const versions = [5n, 6n, 7n, 8n] as const;
  const hardware = [
    ["one device class", classId],
    ["its successor", Uint8Array.from(classId, (byte) => byte ^ 1)],
  ] as const;
  // Of one manifest: whoever is either of the two may run it.
  const forBoth = (sequence: bigint): Promise<Release> =>
    craftRelease({
      sequence,
      image: imageOf(sequence),
      identity: [
        condition("vendor-identifier"),
        {
          kind: "try-each",
          sequences: hardware.map(([, id]) => ({
            commands: [set({ classIdentifier: id }), condition("class-identifier")],
          })),
          orNil: false,
        },
      ],
      signers: [vendor],
    });

  for (const [what, id] of hardware) {
    for (const from of versions.slice(0, -1)) {
      test.each(versions.filter((to) => to > from))(`EDR 3.10: ${what}: from ${from} to %s`, async (to) => {
        const first = await forBoth(5n);
        const sample = await provisioned();
        const device = deviceOn(sample.flash);
        sample.flash.tamper(0, new Uint8Array(layout.geometry.size).fill(0xff));
        const { identity } = sample.device.status();
        const made = await device.provision({
          identity: { ...identity, classIds: [id] },
          trustRecord: sample.device.status().trust.vendor.record,
          envelope: first.envelope,
          fetch: async function* () {
            yield first.image;
          },
        });
        expect(made).toMatchObject({ ok: true });
        await device.boot();
        if (from !== 5n) await update(device, await forBoth(from));
        await update(device, await forBoth(to));
        expect(await device.boot()).toMatchObject({ booted: { sequence: to }, mode: "confirmed", why: "active" });
        expect(device.status().floor.sequence).toBe(to);
      });
    }
  }
});
