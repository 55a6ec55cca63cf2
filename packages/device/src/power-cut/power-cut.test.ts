import { expect, test } from "vitest";
import { MemoryFlash } from "../flash/memory-flash.ts";
import { type CutMoment, PowerCut, PowerCutFlash, seededBytes } from "./power-cut.ts";

const geometry = { eraseBlock: 64, writeSize: 8, size: 128 };
const written = Uint8Array.from({ length: 32 }, (_, i) => i);

async function cutAt(operation: number, moment: CutMoment, seed = 1): Promise<Uint8Array> {
  const inner = new MemoryFlash(geometry, new Uint8Array(128).fill(0xa5));
  const flash = new PowerCutFlash(inner, { operation, moment }, seed);
  await expect(
    (async () => {
      await flash.erase(0);
      await flash.write(0, written);
    })(),
  ).rejects.toThrow(PowerCut);
  expect(flash.dead).toBe(true);
  return inner.snapshot();
}

const old = new Uint8Array(64).fill(0xa5);
const erased = new Uint8Array(64).fill(0xff);

test("before: the operation leaves no trace", async () => {
  expect((await cutAt(0, "before")).subarray(0, 64)).toEqual(old);
  expect((await cutAt(1, "before")).subarray(0, 64)).toEqual(erased);
});

test("after: the operation is done", async () => {
  expect((await cutAt(0, "after")).subarray(0, 64)).toEqual(erased);
  expect((await cutAt(1, "after")).subarray(0, 32)).toEqual(written);
});

test("torn write: the first half is there, the rest is erased, one unit is between", async () => {
  const content = await cutAt(1, "torn");
  expect(content.subarray(0, 16)).toEqual(written.subarray(0, 16));
  expect(content.subarray(16, 24)).not.toEqual(written.subarray(16, 24));
  expect(content.subarray(16, 24)).not.toEqual(erased.subarray(0, 8));
  for (let i = 16; i < 24; i++) expect((content[i] ?? 0) & i).toBe(i);
  expect(content.subarray(24, 64)).toEqual(erased.subarray(24));
});

test("torn erase: neither old nor erased, the same for the same seed, and no other block", async () => {
  const content = await cutAt(0, "torn");
  expect(content.subarray(0, 64)).not.toEqual(old);
  expect(content.subarray(0, 64)).not.toEqual(erased);
  expect(content.subarray(64)).toEqual(old);
  expect(await cutAt(0, "torn")).toEqual(content);
  expect(await cutAt(0, "torn", 2)).not.toEqual(content);
});

test("after the cut every operation throws, reads too, and changes nothing", async () => {
  const inner = new MemoryFlash(geometry);
  const flash = new PowerCutFlash(inner, { operation: 0, moment: "before" }, 1);
  await expect(flash.erase(0)).rejects.toThrow(PowerCut);
  await expect(flash.read(0, 8)).rejects.toThrow(PowerCut);
  await expect(flash.write(0, written)).rejects.toThrow(PowerCut);
  expect(inner.snapshot().every((byte) => byte === 0xff)).toBe(true);
});

test("without a cut it counts writes and erases, not reads", async () => {
  const flash = new PowerCutFlash(new MemoryFlash(geometry), undefined, 1);
  await flash.erase(0);
  await flash.write(0, written);
  await flash.read(0, 8);
  expect(flash.operations).toBe(2);
});

test("the generator repeats itself and uses every byte", () => {
  const bytes = Array.from({ length: 4096 }, seededBytes(7));
  expect(Array.from({ length: 4096 }, seededBytes(7))).toEqual(bytes);
  expect(new Set(bytes).size).toBe(256);
});
