import { nodeCrypto } from "@sumac/crypto/node";
import { expect, test } from "vitest";
import { cutMoments, PowerCutFlash } from "../power-cut/power-cut.ts";
import { slotsContract } from "../slots/slots.contract.ts";
import { planFlash, slotHead } from "./flash-layout.ts";
import { FlashSlots } from "./flash-slots.ts";
import { MemoryFlash } from "./memory-flash.ts";

const components = [{ id: [Uint8Array.of(1)], capacity: 1000 }];
const needs = { eraseBlock: 256, writeSize: 16, components, recovery: 500, envelope: 400, state: 400 };
const layout = planFlash(needs);

for (const writeSize of [1, 8, 16, 64, 256]) {
  slotsContract(`flash with write size ${writeSize}`, (places) => {
    const fitting = planFlash({ ...needs, components: places, writeSize });
    const flash = new MemoryFlash(fitting.geometry);
    const open = () => new FlashSlots(flash, fitting, nodeCrypto);
    return { slots: open(), reopen: open };
  });
}

const envelope = Uint8Array.from({ length: 300 }, (_, i) => i & 0xff);
const image = Uint8Array.from({ length: 990 }, (_, i) => (i * 7) & 0xff);

test("no unit is ever programmed twice without an erase, not even by a resume", async () => {
  const flash = new MemoryFlash(layout.geometry);
  const slots = new FlashSlots(flash, layout, nodeCrypto);
  const staging = { envelope, imageSizes: [image.length] };
  await (await slots.begin("a", staging)).write(0, 0, image.subarray(0, 333));
  const writer = await slots.resume("a", staging);
  await writer?.write(0, writer.position.offset, image.subarray(writer.position.offset));
  await writer?.seal();
  await slots.begin("a", staging);
  expect(flash.reprogrammed).toBe(0);
});

test("a slot is sealed only with all of its image, wherever the power is cut while another image is replaced", async () => {
  const before = new MemoryFlash(layout.geometry);
  const old = { envelope: envelope.subarray(0, 200), imageSizes: [500] };
  const writer = await new FlashSlots(before, layout, nodeCrypto).begin("b", old);
  await writer.write(0, 0, image.subarray(0, 500));
  await writer.seal();

  const replace = async (flash: PowerCutFlash): Promise<void> => {
    const next = await new FlashSlots(flash, layout, nodeCrypto).begin("b", { envelope, imageSizes: [image.length] });
    for (let at = 0; at < image.length; at += 128) await next.write(0, at, image.subarray(at, at + 128));
    await next.seal();
  };
  const counter = new PowerCutFlash(new MemoryFlash(layout.geometry, before.snapshot()), undefined, 0);
  await replace(counter);

  const seen = new Set<string>();
  for (let operation = 0; operation < counter.operations; operation++) {
    for (const moment of cutMoments) {
      const flash = new MemoryFlash(layout.geometry, before.snapshot());
      await expect(replace(new PowerCutFlash(flash, { operation, moment }, operation))).rejects.toThrow("power");
      const slots = new FlashSlots(flash, layout, nodeCrypto);
      const content = await slots.inspect("b");
      seen.add(content.state);
      if (content.state !== "sealed") continue;
      const expected = content.imageSizes[0] === 500 ? image.subarray(0, 500) : image;
      const chunks: number[] = [];
      for await (const chunk of slots.read("b", 0, content.imageSizes[0] ?? 0)) chunks.push(...chunk);
      expect(Uint8Array.from(chunks)).toEqual(expected);
    }
  }
  expect([...seen].sort()).toEqual(["damaged", "empty", "partial", "sealed"]);
});

test("every flipped bit of header, seal and envelope is noticed", async () => {
  const flash = new MemoryFlash(layout.geometry);
  const slots = new FlashSlots(flash, layout, nodeCrypto);
  const writer = await slots.begin("a", { envelope, imageSizes: [image.length] });
  await writer.write(0, 0, image);
  await writer.seal();
  const { envelopeOffset } = layout.slots.a;
  const length = slotHead(layout.geometry.writeSize, 1).length + envelope.length;
  const content = await flash.read(envelopeOffset, length);
  for (let at = 0; at < length; at++) {
    flash.tamper(envelopeOffset + at, Uint8Array.of((content[at] ?? 0) ^ (1 << (at % 8))));
    expect((await slots.inspect("a")).state).toBe("damaged");
    flash.tamper(envelopeOffset + at, content.subarray(at, at + 1));
  }
  expect((await slots.inspect("a")).state).toBe("sealed");
});

test("a seal belongs to one header: that of another image is none", async () => {
  const flash = new MemoryFlash(layout.geometry);
  const slots = new FlashSlots(flash, layout, nodeCrypto);
  const sealed = await slots.begin("a", { envelope, imageSizes: [image.length] });
  await sealed.write(0, 0, image);
  await sealed.seal();
  const other = await slots.begin("b", { envelope: envelope.subarray(1), imageSizes: [image.length] });
  await other.write(0, 0, image);
  const { seal } = slotHead(layout.geometry.writeSize, 1);
  flash.tamper(layout.slots.b.envelopeOffset + seal, await flash.read(layout.slots.a.envelopeOffset + seal, seal));
  expect(await slots.inspect("b")).toEqual({ state: "damaged" });
});

test("T-UPT-DENIAL a slot that holds nothing is not erased again, however often it is discarded", async () => {
  const flash = new MemoryFlash(layout.geometry);
  const slots = new FlashSlots(flash, layout, nodeCrypto);
  for (let i = 0; i < 100; i++) await slots.discard("b");
  await slots.begin("b", { envelope, imageSizes: [image.length] });
  const begun = Math.max(...flash.wear);
  for (let i = 0; i < 100; i++) await slots.discard("b");
  expect(Math.max(...flash.wear) - begun).toBeLessThanOrEqual(1);
  expect(await slots.inspect("b")).toEqual({ state: "empty" });
});
