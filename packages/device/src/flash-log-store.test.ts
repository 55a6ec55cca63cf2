import { nodeCrypto } from "@sumac/crypto/node";
import { eventLogContract } from "./event-log.contract.ts";
import type { FlashGeometry } from "./flash.ts";
import { type FlashLogRegion, FlashLogStore, planFlashLog } from "./flash-log-store.ts";
import { MemoryFlash } from "./memory-flash.ts";

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
