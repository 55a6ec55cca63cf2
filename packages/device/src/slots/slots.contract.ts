import type { ComponentId } from "@sumac/suit";
import { describe, expect, test } from "vitest";
import type { SlotName } from "./slot.ts";
import { type ComponentSlot, componentsOf, type SlotStaging, type Slots, type SlotWriter } from "./slots.ts";

const bytes = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 17 + (i >> 8)) & 0xff);
const component = (name: string, capacity: number): ComponentSlot => ({ id: named(name), capacity });
const named = (name: string): ComponentId => [new TextEncoder().encode(name)];

const envelope = bytes(100, 1);
const allSlots: readonly SlotName[] = ["a", "b", "recovery"];

/** What is written into a slot, image after image. */
interface Content {
  readonly staging: SlotStaging;
  readonly images: readonly Uint8Array[];
}

const contentOf = (images: readonly Uint8Array[], of = envelope): Content => ({
  staging: { envelope: of, imageSizes: images.map(({ length }) => length) },
  images,
});

async function readAll(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: number[] = [];
  for await (const chunk of stream) chunks.push(...chunk);
  return Uint8Array.from(chunks);
}

/** The images from where the writer stands, up to so many bytes of all of them together. */
async function write(writer: SlotWriter, { images }: Content, upTo = Number.POSITIVE_INFINITY, chunkSize = 64) {
  let before = 0;
  for (const [i, image] of images.entries()) {
    if (i >= writer.position.component) {
      for (let at = writer.position.component === i ? writer.position.offset : 0; at < image.length; at += chunkSize) {
        const chunk = image.subarray(at, Math.min(at + chunkSize, upTo - before));
        if (before + at >= upTo) return;
        expect(writer.position).toEqual({ component: i, offset: at });
        await writer.write(i, at, chunk);
      }
    }
    before += image.length;
  }
}

async function fill(slots: Slots, slot: SlotName, content: Content): Promise<void> {
  const writer = await slots.begin(slot, content.staging);
  await write(writer, content);
  await seal(slots, slot, writer);
}

/** Whoever has an installer is done only after it. */
async function seal(slots: Slots, slot: SlotName, writer: SlotWriter): Promise<void> {
  await writer.seal();
  await slots.carryOut?.(slot);
}

async function expectHeld(slots: Slots, slot: SlotName, { staging, images }: Content): Promise<void> {
  expect(await slots.inspect(slot)).toEqual({ state: "sealed", ...staging });
  for (const [i, image] of images.entries()) expect(await readAll(slots.read(slot, i, image.length))).toEqual(image);
}

/**
 * What every `Slots` promises. `open` gives new, empty slots for these components (or larger ones), a recovery image of
 * at least 500 and envelopes of at least 200 bytes; `reopen` finds what was stored, as after a power cut.
 */
export function slotsContract(
  name: string,
  open: (components: readonly ComponentSlot[]) => { slots: Slots; reopen: () => Slots },
): void {
  const one = { components: [component("firmware", 1000)], content: contentOf([bytes(700, 2)]) };
  const three = {
    components: [component("firmware", 1000), component("radio", 600), component("settings", 100)],
    content: contentOf([bytes(700, 2), bytes(333, 3), bytes(16, 4)]),
  };
  for (const { components, content } of [one, three]) {
    describe(`slots contract: ${name}: ${components.length} component${components.length === 1 ? "" : "s"}`, () => {
      contract(() => open(components), components, content);
    });
  }

  test(`slots contract: ${name}: an image may be empty, wherever it stands`, async () => {
    for (const sizes of [
      [0, 0, 0],
      [0, 100, 0],
      [100, 0, 50],
      [0, 0, 50],
    ]) {
      const { slots, reopen } = open(three.components);
      const content = contentOf(sizes.map((size) => bytes(size, size)));
      const writer = await slots.begin("a", content.staging);
      const first = sizes.findIndex((size) => size > 0);
      expect(writer.position).toEqual({ component: first < 0 ? sizes.length : first, offset: 0 });
      await write(writer, content);
      await seal(slots, "a", writer);
      await expectHeld(reopen(), "a", content);
    }
  });
}

function contract(
  open: () => { slots: Slots; reopen: () => Slots },
  components: readonly ComponentSlot[],
  content: Content,
): void {
  const { staging, images } = content;
  const total = images.reduce((sum, { length }) => sum + length, 0);

  test("start empty and hold what they promise", async () => {
    const { slots } = open();
    expect(slots.components.map(({ id }) => id)).toEqual(components.map(({ id }) => id));
    for (const [i, { capacity }] of slots.components.entries()) {
      expect(capacity).toBeGreaterThanOrEqual(components[i]?.capacity ?? 0);
    }
    expect(slots.recovery?.id).toEqual(named("recovery"));
    expect(slots.recovery?.capacity).toBeGreaterThanOrEqual(500);
    expect(slots.envelopeCapacity).toBeGreaterThanOrEqual(200);
    for (const slot of allSlots) expect(await slots.inspect(slot)).toEqual({ state: "empty" });
    expect(await slots.resume("a", staging)).toBeUndefined();
  });

  for (const chunkSize of [1, 7, 64, 700]) {
    test(`keep images written in chunks of ${chunkSize}, and the other slots stay as they are`, async () => {
      const { slots, reopen } = open();
      const writer = await slots.begin("b", staging);
      await write(writer, content, Number.POSITIVE_INFINITY, chunkSize);
      expect(writer.position).toEqual({ component: images.length, offset: 0 });
      expect((await reopen().inspect("b")).state).toBe("partial");
      await seal(slots, "b", writer);
      for (const seen of [slots, reopen()]) {
        await expectHeld(seen, "b", content);
        for (const slot of ["a", "recovery"] as const) expect(await seen.inspect(slot)).toEqual({ state: "empty" });
      }
    });
  }

  test("keep a recovery image beside the two", async () => {
    const { slots, reopen } = open();
    const recovery = contentOf([bytes(450, 8)], bytes(150, 9));
    await fill(slots, "a", content);
    await fill(slots, "recovery", recovery);
    await expectHeld(reopen(), "recovery", recovery);
    await expectHeld(reopen(), "a", content);
    await slots.discard("recovery");
    expect(await reopen().inspect("recovery")).toEqual({ state: "empty" });
    await expectHeld(reopen(), "a", content);
  });

  test("begin takes the seal away before anything else can go wrong", async () => {
    const { slots, reopen } = open();
    await fill(slots, "a", content);
    const next = { envelope: bytes(50, 9), imageSizes: images.map(() => 10) };
    await slots.begin("a", next);
    expect(await reopen().inspect("a")).toEqual({ state: "partial", ...next });
  });

  test("resume goes on after a cut with nothing written twice and the same bytes at the end", async () => {
    for (let cut = 0; cut <= total; cut += 50) {
      const { slots, reopen } = open();
      await write(await slots.begin("a", staging), content, cut);
      const later = reopen();
      const writer = await later.resume("a", staging);
      if (writer === undefined) throw new Error("nothing to resume");
      const { component, offset } = writer.position;
      const before = images.slice(0, component).reduce((sum, { length }) => sum + length, 0);
      expect(before + offset).toBeLessThanOrEqual(cut);
      for (const [i, image] of images.slice(0, component + 1).entries()) {
        const length = i === component ? offset : image.length;
        expect(await readAll(later.read("a", i, length))).toEqual(image.subarray(0, length));
      }
      await write(writer, content);
      await seal(later, "a", writer);
      await expectHeld(later, "a", content);
    }
  });

  test("resume is for the same envelope and sizes only, and not for what is sealed", async () => {
    const { slots } = open();
    const writer = await slots.begin("a", staging);
    await write(writer, content);
    expect(await slots.resume("a", { ...staging, envelope: bytes(100, 3) })).toBeUndefined();
    for (const i of images.keys()) {
      const imageSizes = staging.imageSizes.map((size, at) => (at === i ? size - 1 : size));
      expect(await slots.resume("a", { ...staging, imageSizes })).toBeUndefined();
    }
    expect(await slots.resume("b", staging)).toBeUndefined();
    await seal(slots, "a", writer);
    expect(await slots.resume("a", staging)).toBeUndefined();
    expect((await slots.inspect("a")).state).toBe("sealed");
  });

  test("a chunk whose memory is used again afterwards was taken as it was", async () => {
    const { slots, reopen } = open();
    const writer = await slots.begin("a", staging);
    const memory = new Uint8Array(50);
    for (const [i, image] of images.entries()) {
      for (let at = 0; at < image.length; at += memory.length) {
        const chunk = image.subarray(at, at + memory.length);
        memory.set(chunk);
        await writer.write(i, at, memory.subarray(0, chunk.length));
        memory.fill(0);
      }
    }
    await seal(slots, "a", writer);
    await expectHeld(reopen(), "a", content);
  });

  test("discard forgets", async () => {
    const { slots, reopen } = open();
    await fill(slots, "a", content);
    await slots.discard("a");
    expect(await reopen().inspect("a")).toEqual({ state: "empty" });
    expect(await slots.resume("a", staging)).toBeUndefined();
    await slots.discard("a");
    await fill(slots, "a", content);
    await expectHeld(reopen(), "a", content);
  });

  test("throw RangeError on gaps, repeats, a wrong image, what does not fit, and a seal too early", async () => {
    const { slots } = open();
    const writer = await slots.begin("a", staging);
    const [first = new Uint8Array()] = images;
    await expect(writer.write(0, 1, first)).rejects.toThrow(RangeError);
    await expect(writer.write(1, 0, first.subarray(0, 8))).rejects.toThrow(RangeError);
    await writer.write(0, 0, first.subarray(0, 64));
    await expect(writer.write(0, 0, first)).rejects.toThrow(RangeError);
    await expect(writer.write(0, 64, first)).rejects.toThrow(RangeError);
    await expect(writer.seal()).rejects.toThrow(RangeError);
    for (const [i, { capacity }] of slots.components.entries()) {
      const imageSizes = staging.imageSizes.map((size, at) => (at === i ? capacity + 1 : size));
      await expect(slots.begin("b", { envelope, imageSizes })).rejects.toThrow(RangeError);
      await expect(readAll(slots.read("b", i, capacity + 1))).rejects.toThrow(RangeError);
    }
    await expect(slots.begin("b", { envelope, imageSizes: [...staging.imageSizes, 1] })).rejects.toThrow(RangeError);
    await expect(slots.begin("b", { envelope, imageSizes: [] })).rejects.toThrow(RangeError);
    await expect(readAll(slots.read("b", images.length, 1))).rejects.toThrow(RangeError);
    const tooLong = bytes(slots.envelopeCapacity + 1, 0);
    await expect(slots.begin("b", { ...staging, envelope: tooLong })).rejects.toThrow(RangeError);
    // None of it has changed what was begun.
    expect((await slots.inspect("a")).state).toBe("partial");
    expect((await slots.inspect("b")).state).toBe("empty");
  });

  test("hold the largest images and envelopes beside each other", async () => {
    const { slots, reopen } = open();
    const largest = (slot: SlotName, seed: number): Content =>
      contentOf(
        componentsOf(slots, slot).map(({ capacity }, i) => bytes(capacity, seed + i)),
        bytes(slots.envelopeCapacity, seed),
      );
    for (const [i, slot] of allSlots.entries()) await fill(slots, slot, largest(slot, 10 * i));
    for (const [i, slot] of allSlots.entries()) await expectHeld(reopen(), slot, largest(slot, 10 * i));
  });
}
