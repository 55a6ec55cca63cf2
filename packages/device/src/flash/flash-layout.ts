import type { ComponentId } from "@sumac/suit";
import { recoveryComponent } from "../device/component-set.ts";
import { type FlashLogRegion, fewestLogSegments, logRegionSize, planFlashLog } from "../log/flash-log-store.ts";
import type { ImageSlotName } from "../slots/slot.ts";
import type { ComponentSlot } from "../slots/slots.ts";
import type { FlashStateRegion } from "../state/flash-state.ts";
import type { FlashGeometry } from "./flash.ts";

/** Where everything lies: two state banks, the slots, each with its envelope and its images, and the event log. */
export interface FlashLayout {
  readonly geometry: FlashGeometry;
  readonly state: FlashStateRegion;
  readonly slots: Readonly<Record<ImageSlotName, SlotRegion>> & { readonly recovery?: SlotRegion };
  readonly log: FlashLogRegion;
}

/** Offsets and sizes are multiples of the erase block. */
export interface SlotRegion {
  readonly envelopeOffset: number;
  readonly envelopeSize: number;
  /** Of all images, one after the other. */
  readonly imageOffset: number;
  readonly imageSize: number;
  readonly images: readonly ImageRegion[];
}

export interface ImageRegion {
  readonly component: ComponentId;
  readonly offset: number;
  readonly size: number;
}

/** Bytes; the regions are rounded up to whole erase blocks. */
export interface FlashNeeds {
  readonly eraseBlock: number;
  readonly writeSize: number;
  /** The release set, in the order in which its images are written. */
  readonly components: readonly ComponentSlot[];
  /** The largest recovery image; absent = no slot for one. */
  readonly recovery?: number;
  /** The largest envelope, integrated payloads included. */
  readonly envelope: number;
  /** The largest stored state: trust record, identity and about 600 bytes. */
  readonly state: number;
  /** Of the event log; default `fewestLogSegments`. */
  readonly logSegments?: number;
}

/** Header (24 bytes, and 8 for each image) and seal (32) lie before the envelope, each in write units of its own. */
export function slotHead(writeSize: number, images: number): { readonly seal: number; readonly length: number } {
  const units = (bytes: number): number => Math.ceil(bytes / writeSize) * writeSize;
  const seal = units(24 + 8 * images);
  return { seal, length: seal + units(32) };
}

/** Lays out a flash that is just large enough. Throws `RangeError` if the sizes make no flash. */
export function planFlash(needs: FlashNeeds): FlashLayout {
  const { eraseBlock, writeSize } = needs;
  const blocks = (bytes: number): number => Math.ceil(bytes / eraseBlock) * eraseBlock;
  let end = 0;
  const take = (bytes: number): Omit<ImageRegion, "component"> => {
    const region = { offset: end, size: blocks(bytes) };
    end += region.size;
    return region;
  };
  const takeSlot = (components: readonly ComponentSlot[]): SlotRegion => {
    const envelope = take(slotHead(writeSize, components.length).length + needs.envelope);
    const images = components.map(({ id, capacity }) => ({ component: id, ...take(capacity) }));
    const imageOffset = envelope.offset + envelope.size;
    return {
      envelopeOffset: envelope.offset,
      envelopeSize: envelope.size,
      imageOffset,
      imageSize: end - imageOffset,
      images,
    };
  };
  const cellSize = Math.ceil((needs.state + 32) / writeSize) * writeSize;
  // Four records a bank: one erase for four writes, and never less than a block.
  const bank = take(cellSize * 4);
  take(cellSize * 4);
  const slots = { a: takeSlot(needs.components), b: takeSlot(needs.components) };
  const recovery =
    needs.recovery === undefined ? {} : { recovery: takeSlot([{ id: recoveryComponent, capacity: needs.recovery }]) };
  const log = planFlashLog({ eraseBlock }, end, needs.logSegments ?? fewestLogSegments);
  return {
    geometry: { eraseBlock, writeSize, size: end + logRegionSize(log) },
    state: { offset: bank.offset, bankSize: bank.size, cellSize },
    slots: { ...slots, ...recovery },
    log,
  };
}
