import { nodeCrypto } from "@sumac/crypto/node";
import { componentKey } from "@sumac/suit";
import { describe, expect, test } from "vitest";
import { FlashSlots } from "../flash/flash-slots.ts";
import { MemoryFlash } from "../flash/memory-flash.ts";
import { flip } from "../flash/simulated-device.test.support.ts";
import { flashDevice } from "../flash/simulated-device.ts";
import type { Release } from "../power-cut/power-cut-scene.ts";
import type { ImageSource } from "../slots/stage-update.ts";
import { Unavailable } from "../unavailable.ts";
import type { Device } from "./device.ts";
import {
  firmware,
  foreignKey,
  makeSetRelease,
  radio,
  recoveryRelease,
  setFactory,
  setLayout,
  setRelease,
  settings,
  testImage,
  testSet,
} from "./release.test.support.ts";

const first = setRelease(5n);
const second = setRelease(6n);
const imagesOf = (sequence: number) => [700, 500, 60].map((length, i) => testImage(length, sequence * 10 + i));

/** In pieces of 64 bytes, and in which order they were asked for. */
function payloads({ images }: Release, asked: [string, number][] = []): ImageSource["fetch"] {
  return async function* (from, { component, uri, size }) {
    asked.push([uri, from]);
    const image = images[testSet.findIndex((id) => componentKey(id) === componentKey(component))] ?? new Uint8Array();
    expect(size).toBe(image.length);
    for (let at = from; at < image.length; at += 64) yield image.subarray(at, at + 64);
  };
}

async function provisioned(): Promise<{ flash: MemoryFlash; device: Device }> {
  const flash = new MemoryFlash(setLayout.geometry);
  const device = flashDevice(flash, setLayout, nodeCrypto);
  const made = await device.provision({ ...setFactory, envelope: first.envelope, fetch: payloads(first) });
  expect(made).toMatchObject({ ok: true, value: { image: { sequence: 5n, images: [{}, {}, {}] } } });
  await device.boot();
  return { flash, device };
}

const offerOf = (device: Device, { envelope }: Release) => {
  const received = device.receive(envelope, {});
  if (!received.ok || received.value.kind !== "offer") throw new Error(JSON.stringify(received));
  return received.value.offer;
};

const install = (device: Device, release: Release, fetch = payloads(release)) =>
  device.install(offerOf(device, release), { fetch });

async function held(flash: MemoryFlash, slot: "a" | "b"): Promise<readonly Uint8Array[]> {
  const { images } = setLayout.slots[slot];
  return Promise.all(images.map(({ offset }, i) => flash.read(offset, [700, 500, 60][i] ?? 0)));
}

describe("a release of several components", () => {
  test("is tried and confirmed as one, and all images are the release's", async () => {
    const { flash, device } = await provisioned();
    expect(await install(device, second)).toMatchObject({ ok: true, value: { slot: "b", images: [{}, {}, {}] } });
    await device.arm();
    expect(await device.boot()).toMatchObject({ booted: { sequence: 6n, slot: "b" }, mode: "trial" });
    await device.confirm();
    expect(await device.boot()).toMatchObject({
      booted: { sequence: 6n, images: testSet.map((component) => ({ component })) },
      mode: "confirmed",
    });
    expect(await held(flash, "b")).toEqual(imagesOf(6));
    expect(await held(flash, "a")).toEqual(imagesOf(5));
  });

  test("may list its components in another order: each image goes to its own place", async () => {
    const { flash, device } = await provisioned();
    const [a, b, c] = imagesOf(6) as [Uint8Array, Uint8Array, Uint8Array];
    const turned = makeSetRelease({
      sequence: 6n,
      components: [
        { id: settings, image: c },
        { id: firmware, image: a },
        { id: radio, image: b },
      ],
    });
    expect(await install(device, turned, payloads({ ...turned, images: [a, b, c] }))).toMatchObject({ ok: true });
    expect(await held(flash, "b")).toEqual([a, b, c]);
  });

  test("is fetched one image after the other, with those in the envelope not asked for", async () => {
    const { device } = await provisioned();
    const components = testSet.map((id, i) => ({ id, image: imagesOf(6)[i] ?? new Uint8Array() }));
    const release = makeSetRelease({ sequence: 6n, components, integrated: [1] });
    const asked: [string, number][] = [];
    const progress: number[] = [];
    const installed = await device.install(offerOf(device, release), {
      fetch: payloads(release, asked),
      onProgress: (done, total) => {
        expect(total).toBe(1260);
        progress.push(done);
      },
    });
    expect(installed).toMatchObject({ ok: true });
    expect(asked).toEqual([
      ["0.bin", 0],
      ["2.bin", 0],
    ]);
    expect(progress).toEqual([...progress].sort((x, y) => x - y));
    expect(progress.at(-1)).toBe(1260);
  });

  for (const [cut, resumes] of [
    [100, [0, 0]],
    [650, [0, 512]],
    [700, [0, 512]],
    [760, [1, 0]],
    [1100, [1, 256]],
    [1230, [2, 0]],
  ] as const) {
    test(`cut after ${cut} of 1260 bytes, it goes on with image ${resumes[0]} at ${resumes[1]}`, async () => {
      const { flash, device } = await provisioned();
      let left: number = cut;
      const whole = payloads(second);
      const broken = install(device, second, async function* (from, payload) {
        for await (const chunk of whole(from, payload)) {
          yield chunk.subarray(0, left);
          left -= chunk.length;
          if (left <= 0) throw new Unavailable("link-lost", { retryable: true });
        }
      });
      await expect(broken).rejects.toThrow(Unavailable);
      const later = flashDevice(flash, setLayout, nodeCrypto);
      await later.boot();
      const asked: [string, number][] = [];
      expect(await install(later, second, payloads(second, asked))).toMatchObject({ ok: true });
      const rest = [0, 1, 2].filter((i) => i > resumes[0]).map((i) => [`${i}.bin`, 0]);
      expect(asked).toEqual([[`${resumes[0]}.bin`, resumes[1]], ...rest]);
      await later.arm();
      expect(await later.boot()).toMatchObject({ booted: { sequence: 6n }, mode: "trial" });
      expect(await held(flash, "b")).toEqual(imagesOf(6));
    });
  }
});

describe("EDR 3.10 RE 1, T-IMG-INCOMPATIBLE: no mixture of components ever runs", () => {
  for (const wrong of [0, 1, 2]) {
    test(`image ${wrong} is not the signed one: the whole release is refused, the old one runs`, async () => {
      const { device } = await provisioned();
      const images = second.images.map((image, i) => (i === wrong ? flip(image, 7) : image));
      expect(await install(device, second, payloads({ ...second, images }))).toMatchObject({
        ok: false,
        error: { code: "image-digest-mismatch" },
      });
      expect(device.status().boot.state).toBe("idle");
      expect(await device.boot()).toMatchObject({ booted: { sequence: 5n }, mode: "confirmed" });
    });

    test(`image ${wrong} of another signed release is put in after it was armed: none of the new ones runs`, async () => {
      const { flash, device } = await provisioned();
      await install(device, second);
      await device.arm();
      const place = setLayout.slots.b.images[wrong];
      flash.tamper(place?.offset ?? 0, first.images[wrong] ?? new Uint8Array());
      expect(await device.boot()).toMatchObject({
        booted: { sequence: 5n },
        why: "staging-unusable",
        events: [{ event: "slot-refused", slot: "b", problem: { code: "slot-readback-mismatch" } }],
      });
    });

    test(`image ${wrong} of the confirmed release decays: recovery is asked for, not a mixture`, async () => {
      const { flash, device } = await provisioned();
      const place = setLayout.slots.a.images[wrong];
      flash.tamper((place?.offset ?? 0) + 3, Uint8Array.of(0));
      expect(await device.boot()).toMatchObject({
        kind: "recovery-needed",
        why: {
          code: "no-usable-slot",
          slots: { a: { code: "slot-readback-mismatch" }, recovery: { code: "slot-empty" } },
        },
      });
    });
  }

  const component = (id: (typeof testSet)[number], seed = 1) => ({ id, image: testImage(40, seed) });
  const [recovery] = [recoveryRelease(1n)];
  const refused: readonly [string, Release, object][] = [
    [
      "one component is left out",
      makeSetRelease({ sequence: 6n, components: [component(firmware), component(settings)] }),
      { code: "components-incomplete", missing: [radio] },
    ],
    [
      "only one is there",
      makeSetRelease({ sequence: 6n, components: [component(radio)] }),
      { code: "components-incomplete", missing: [firmware, settings] },
    ],
    [
      "a component that the device does not have",
      makeSetRelease({
        sequence: 6n,
        components: [...testSet.map((id) => component(id)), component([Uint8Array.of(9)])],
      }),
      { code: "component-unknown" },
    ],
    [
      "the recovery image comes along",
      makeSetRelease({
        sequence: 6n,
        components: [...testSet, [new TextEncoder().encode("recovery")]].map((id) => component(id)),
      }),
      { code: "components-mixed" },
    ],
    [
      "the same, but nobody known has signed it",
      makeSetRelease({
        sequence: 6n,
        components: [...testSet, [new TextEncoder().encode("recovery")]].map((id) => component(id)),
        signers: [foreignKey],
      }),
      { code: "signer-unknown" },
    ],
  ];
  for (const [what, release, error] of refused) {
    test(`${what}: refused, and nothing is written`, async () => {
      const { flash, device } = await provisioned();
      const before = flash.snapshot();
      expect(device.receive(release.envelope, {})).toMatchObject({ ok: false, error });
      expect(flash.snapshot()).toEqual(before);
    });
  }

  test("a slot that was filled with less than the set does not boot", async () => {
    const { flash, device } = await provisioned();
    await install(device, second);
    await device.arm();
    const less = makeSetRelease({ sequence: 7n, components: [component(firmware), component(settings)] });
    const writer = await new FlashSlots(flash, setLayout, nodeCrypto).begin("b", {
      envelope: less.envelope,
      imageSizes: [40, 0, 40],
    });
    await writer.write(0, 0, testImage(40, 1));
    await writer.write(2, 0, testImage(40, 1));
    await writer.seal();
    expect(await device.boot()).toMatchObject({
      booted: { sequence: 5n },
      events: [{ event: "slot-refused", problem: { code: "components-incomplete" } }],
    });
  });

  test("slots for other components than the device has are named, at the factory and at every boot", async () => {
    const flash = new MemoryFlash(setLayout.geometry);
    const device = flashDevice(flash, setLayout, nodeCrypto);
    const identity = { ...setFactory.identity, components: [firmware, settings, radio] };
    const made = await device.provision({ ...setFactory, identity, envelope: first.envelope, fetch: payloads(first) });
    expect(made).toEqual({
      ok: false,
      error: { code: "components-misfit", device: [firmware, settings, radio], slots: testSet },
    });
    const { flash: good } = await provisioned();
    const { a, b } = setLayout.slots;
    const turned = { ...a, images: [a.images[1], a.images[0], a.images[2]].flatMap((image) => image ?? []) };
    const other = flashDevice(good, { ...setLayout, slots: { a: turned, b } }, nodeCrypto);
    expect(await other.boot()).toMatchObject({ kind: "recovery-needed", why: { code: "components-misfit" } });
  });

  test("a recovery image is no release, and a device without a slot for it does not know it", async () => {
    const { a, b } = setLayout.slots;
    const { flash } = await provisioned();
    const device = flashDevice(flash, { ...setLayout, slots: { a, b } }, nodeCrypto);
    await device.boot();
    expect(device.receive(recovery?.envelope ?? new Uint8Array(), {})).toMatchObject({
      ok: false,
      error: { code: "component-unknown" },
    });
  });
});
