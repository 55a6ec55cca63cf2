import { expect, test } from "vitest";
import { flashContract } from "./flash.contract.ts";
import { MemoryFlash } from "./memory-flash.ts";

const geometry = { eraseBlock: 64, writeSize: 8, size: 256 };

flashContract("memory", (asked) => {
  const flash = new MemoryFlash(asked);
  return { flash, reopen: () => new MemoryFlash(asked, flash.snapshot()) };
});

test("counts the erases of each block", async () => {
  const flash = new MemoryFlash(geometry);
  await flash.erase(64);
  await flash.erase(64);
  await flash.erase(192);
  expect([...flash.wear]).toEqual([0, 2, 0, 1]);
});

test("counts units that are written twice without an erase between", async () => {
  const flash = new MemoryFlash(geometry);
  await flash.write(0, new Uint8Array(16));
  await flash.write(16, new Uint8Array(8));
  expect(flash.reprogrammed).toBe(0);
  await flash.write(8, new Uint8Array(16));
  expect(flash.reprogrammed).toBe(2);
  await flash.erase(0);
  await flash.write(0, new Uint8Array(24));
  expect(flash.reprogrammed).toBe(2);
});

test("starts from given content, and its snapshot is a copy", async () => {
  const content = new Uint8Array(geometry.size).fill(7);
  const flash = new MemoryFlash(geometry, content);
  content.fill(1);
  const snapshot = flash.snapshot();
  await flash.erase(0);
  expect(snapshot).toEqual(new Uint8Array(geometry.size).fill(7));
  expect(() => new MemoryFlash(geometry, new Uint8Array(3))).toThrow(RangeError);
});
