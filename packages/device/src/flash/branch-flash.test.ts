import { nodeCrypto } from "@sumac/crypto/node";
import { expect, test } from "vitest";
import { type BlockPool, BranchFlash } from "./branch-flash.ts";
import { flashContract } from "./flash.contract.ts";

flashContract("branch", (geometry) => {
  const flash = new BranchFlash(geometry);
  return { flash, reopen: () => new BranchFlash(geometry, flash.branch()) };
});

const geometry = { eraseBlock: 64, writeSize: 8, size: 256 };

test("branches do not see each other's writes", async () => {
  const flash = new BranchFlash(geometry);
  await flash.write(0, new Uint8Array(96).fill(0x55));
  const blocks = flash.branch();
  const other = new BranchFlash(geometry, blocks);
  await flash.write(96, new Uint8Array(8));
  await other.erase(0);
  await other.write(64, new Uint8Array(8));
  expect(await flash.read(0, 64)).toEqual(new Uint8Array(64).fill(0x55));
  expect((await flash.read(64, 8))[0]).toBe(0x55);
  expect((await other.read(96, 8))[0]).toBe(0xff);
  const third = new BranchFlash(geometry, blocks);
  expect(await third.read(0, 96)).toEqual(new Uint8Array(96).fill(0x55));
  expect((await third.read(96, 1))[0]).toBe(0xff);
});

test("equal blocks of many are one, until one of them writes", async () => {
  const pool: BlockPool = new Map();
  const span = { offset: 0, size: geometry.size };
  const [a, b] = [new BranchFlash(geometry), new BranchFlash(geometry)];
  for (const flash of [a, b]) {
    await flash.write(0, new Uint8Array(geometry.writeSize).fill(7));
    flash.share(pool, span, nodeCrypto);
  }
  expect(pool.size).toBe(1);
  await a.write(geometry.writeSize, new Uint8Array(geometry.writeSize).fill(9));
  expect((await a.read(0, 2 * geometry.writeSize)).at(-1)).toBe(9);
  expect((await b.read(0, 2 * geometry.writeSize)).at(-1)).toBe(0xff);
  expect((await b.read(0, 1))[0]).toBe(7);
  a.share(pool, span, nodeCrypto);
  expect(pool.size).toBe(2);
});
