import { describe, expect, test } from "vitest";
import { slotNames } from "./slot.ts";
import type { Slots } from "./slots.ts";

const bytes = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 17 + (i >> 8)) & 0xff);
const envelope = bytes(100, 1);
const image = bytes(700, 2);
const staging = { envelope, imageSize: image.length };

async function readAll(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: number[] = [];
  for await (const chunk of stream) chunks.push(...chunk);
  return Uint8Array.from(chunks);
}

/**
 * What every `Slots` promises. `open` gives new, empty slots for images of at least 1,000 and envelopes of at least 200
 * bytes; `reopen` finds what was stored, as after a power cut.
 */
export function slotsContract(name: string, open: () => { slots: Slots; reopen: () => Slots }): void {
  describe(`slots contract: ${name}`, () => {
    test("start empty and hold what they promise", async () => {
      const { slots } = open();
      expect(slots.imageCapacity).toBeGreaterThanOrEqual(1000);
      expect(slots.envelopeCapacity).toBeGreaterThanOrEqual(200);
      for (const slot of slotNames) expect(await slots.inspect(slot)).toEqual({ state: "empty" });
      expect(await slots.resume("a", staging)).toBeUndefined();
    });

    for (const chunkSize of [1, 7, 64, 700]) {
      test(`keep an image written in chunks of ${chunkSize}, and the other slot stays as it is`, async () => {
        const { slots, reopen } = open();
        const writer = await slots.begin("b", staging);
        for (let at = 0; at < image.length; at += chunkSize) {
          expect(writer.position).toBe(at);
          await writer.write(at, image.subarray(at, at + chunkSize));
        }
        expect((await reopen().inspect("b")).state).toBe("partial");
        await writer.seal();
        for (const seen of [slots, reopen()]) {
          expect(await seen.inspect("b")).toEqual({ state: "sealed", ...staging });
          expect(await readAll(seen.read("b", image.length))).toEqual(image);
          expect(await seen.inspect("a")).toEqual({ state: "empty" });
        }
      });
    }

    test("begin takes the seal away before anything else can go wrong", async () => {
      const { slots, reopen } = open();
      const writer = await slots.begin("a", staging);
      await writer.write(0, image);
      await writer.seal();
      await slots.begin("a", { envelope: bytes(50, 9), imageSize: 10 });
      expect(await reopen().inspect("a")).toEqual({ state: "partial", envelope: bytes(50, 9), imageSize: 10 });
    });

    test("resume goes on after a cut with nothing written twice and the same bytes at the end", async () => {
      for (let cut = 0; cut <= image.length; cut += 50) {
        const { slots, reopen } = open();
        const first = await slots.begin("a", staging);
        await first.write(0, image.subarray(0, cut));
        const later = reopen();
        const writer = await later.resume("a", staging);
        expect(writer?.position).toBeLessThanOrEqual(cut);
        if (writer === undefined) throw new Error("nothing to resume");
        const { position } = writer;
        expect(await readAll(later.read("a", position))).toEqual(image.subarray(0, position));
        await writer.write(position, image.subarray(position));
        await writer.seal();
        expect(await readAll(later.read("a", image.length))).toEqual(image);
      }
    });

    test("resume is for the same envelope and size only, and not for what is sealed", async () => {
      const { slots } = open();
      const writer = await slots.begin("a", staging);
      await writer.write(0, image);
      expect(await slots.resume("a", { envelope: bytes(100, 3), imageSize: image.length })).toBeUndefined();
      expect(await slots.resume("a", { envelope, imageSize: image.length - 1 })).toBeUndefined();
      expect(await slots.resume("b", staging)).toBeUndefined();
      await writer.seal();
      expect(await slots.resume("a", staging)).toBeUndefined();
      expect((await slots.inspect("a")).state).toBe("sealed");
    });

    test("discard forgets", async () => {
      const { slots, reopen } = open();
      const writer = await slots.begin("a", staging);
      await writer.write(0, image);
      await writer.seal();
      await slots.discard("a");
      expect(await reopen().inspect("a")).toEqual({ state: "empty" });
      expect(await slots.resume("a", staging)).toBeUndefined();
    });

    test("throw RangeError on gaps, repeats, what does not fit, and a seal too early", async () => {
      const { slots } = open();
      const writer = await slots.begin("a", staging);
      await expect(writer.write(1, image)).rejects.toThrow(RangeError);
      await writer.write(0, image.subarray(0, 64));
      await expect(writer.write(0, image)).rejects.toThrow(RangeError);
      await expect(writer.write(64, image)).rejects.toThrow(RangeError);
      await expect(writer.seal()).rejects.toThrow(RangeError);
      const tooLarge = slots.imageCapacity + 1;
      await expect(slots.begin("b", { envelope, imageSize: tooLarge })).rejects.toThrow(RangeError);
      const tooLong = bytes(slots.envelopeCapacity + 1, 0);
      await expect(slots.begin("b", { envelope: tooLong, imageSize: 1 })).rejects.toThrow(RangeError);
      await expect(readAll(slots.read("b", tooLarge))).rejects.toThrow(RangeError);
    });

    test("hold the largest image and envelope beside each other", async () => {
      const { slots, reopen } = open();
      const largest = { envelope: bytes(slots.envelopeCapacity, 4), imageSize: slots.imageCapacity };
      const content = bytes(largest.imageSize, 5);
      for (const slot of slotNames) {
        const writer = await slots.begin(slot, largest);
        await writer.write(0, content);
        await writer.seal();
      }
      for (const slot of slotNames) {
        expect(await reopen().inspect(slot)).toEqual({ state: "sealed", ...largest });
        expect(await readAll(slots.read(slot, largest.imageSize))).toEqual(content);
      }
    });
  });
}
