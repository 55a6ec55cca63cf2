import { nodeCrypto } from "@sumac/crypto/node";
import { expect, test } from "vitest";
import type { FlashGeometry } from "../flash/flash.ts";
import { MemoryFlash } from "../flash/memory-flash.ts";
import { Unavailable } from "../unavailable.ts";
import { eventLogContract } from "./event-log.contract.ts";
import { type FlashLogRegion, FlashLogStore, planFlashLog } from "./flash-log-store.ts";

const geometries: readonly (readonly [FlashGeometry, FlashLogRegion])[] = [
  [{ eraseBlock: 256, writeSize: 16 }, 5],
  [{ eraseBlock: 4096, writeSize: 1 }, 7],
  [{ eraseBlock: 2048, writeSize: 256 }, 6],
].map(([sizes, segments]) => {
  const { eraseBlock, writeSize } = sizes as { eraseBlock: number; writeSize: number };
  const region = planFlashLog({ eraseBlock }, eraseBlock, segments as number);
  const size = eraseBlock + region.segments * region.segmentSize + eraseBlock;
  return [{ eraseBlock, writeSize, size }, region];
});

for (const [geometry, region] of geometries) {
  eventLogContract(`flash, blocks of ${geometry.eraseBlock}, units of ${geometry.writeSize}`, async () => {
    const flash = new MemoryFlash(geometry);
    const store = (): FlashLogStore => new FlashLogStore(flash, region, nodeCrypto);
    return { store: store(), reopen: store };
  });
}

test("a write that is reported as failed, and has happened all the same, is one record", async () => {
  const [[geometry, region] = []] = geometries;
  if (geometry === undefined || region === undefined) throw new Error("there is no geometry");
  const flash = new MemoryFlash(geometry);
  const lying = {
    geometry,
    read: (offset: number, length: number) => flash.read(offset, length),
    erase: (offset: number) => flash.erase(offset),
    write: async (offset: number, bytes: Uint8Array): Promise<void> => {
      await flash.write(offset, bytes);
      throw new Unavailable("storage-failed", { retryable: true });
    },
  };
  const store = new FlashLogStore(lying, region, nodeCrypto);
  await store.open();
  await store.append("general", Uint8Array.of(1, 2, 3), { index: 0, counter: 0, previous: new Uint8Array(32) });
  const kinds: string[] = [];
  for await (const { kind } of store.pieces("general")) kinds.push(kind);
  expect(kinds).toEqual(["anchor", "record"]);
});
