import type { FlashGeometry } from "./flash.ts";
import type { FlashStateRegion } from "./flash-state.ts";
import type { SlotName } from "./slot.ts";

/** Where everything lies: two state banks, then for each slot its envelope and its image. */
export interface FlashLayout {
  readonly geometry: FlashGeometry;
  readonly state: FlashStateRegion;
  readonly slots: Readonly<Record<SlotName, SlotRegion>>;
}

/** Offsets and sizes are multiples of the erase block. */
export interface SlotRegion {
  readonly envelopeOffset: number;
  readonly envelopeSize: number;
  readonly imageOffset: number;
  readonly imageSize: number;
}

/** Bytes; the regions are rounded up to whole erase blocks. */
export interface FlashNeeds {
  readonly eraseBlock: number;
  readonly writeSize: number;
  /** The largest image. */
  readonly image: number;
  /** The largest envelope, integrated payloads included. */
  readonly envelope: number;
  /** The largest stored state: trust record, identity and about 200 bytes. */
  readonly state: number;
}

/** Header and seal of a slot lie before the envelope, each in write units of its own. */
export const slotHeadLength = (writeSize: number): number => 2 * Math.ceil(32 / writeSize) * writeSize;

/** Lays out a flash that is just large enough. Throws `RangeError` if the sizes make no flash. */
export function planFlash(needs: FlashNeeds): FlashLayout {
  const { eraseBlock, writeSize } = needs;
  const blocks = (bytes: number): number => Math.ceil(bytes / eraseBlock) * eraseBlock;
  const cellSize = Math.ceil((needs.state + 32) / writeSize) * writeSize;
  // Four records a bank: one erase for four writes, and never less than a block.
  const bankSize = blocks(cellSize * 4);
  const envelopeSize = blocks(slotHeadLength(writeSize) + needs.envelope);
  const imageSize = blocks(needs.image);
  const slot = (offset: number): SlotRegion => ({
    envelopeOffset: offset,
    envelopeSize,
    imageOffset: offset + envelopeSize,
    imageSize,
  });
  const slotSize = envelopeSize + imageSize;
  return {
    geometry: { eraseBlock, writeSize, size: 2 * bankSize + 2 * slotSize },
    state: { offset: 0, bankSize, cellSize },
    slots: { a: slot(2 * bankSize), b: slot(2 * bankSize + slotSize) },
  };
}
