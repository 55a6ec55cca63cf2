import { type Crypto, concatBytes, equalBytes } from "@sumac/crypto";
import { componentKey } from "@sumac/suit";
import { sha256 } from "../sha256.ts";
import { slotLabel } from "../state/state-labels.ts";
import type { SlotName } from "./slot.ts";
import type { ComponentSlot, SlotStaging } from "./slots.ts";

const magic = Uint8Array.of(0x53, 0x6d, 0x46, 0x53); // "SmFS"
const digestLength = 32;

/** What a staging was begun for: the slot, its components, the envelope, and the size of each image. */
export interface SlotRecordOwner {
  readonly slot: SlotName;
  readonly components: readonly ComponentSlot[];
  readonly crypto: Crypto;
}

/**
 * The record of a staging: magic 4, slot 1, for each image its size 8, digest of the components' identifiers 32, digest
 * of the envelope 32, and a digest 32 over all before it. It makes what was moved here from another slot, or was written
 * for another set of components, no staging of this one.
 */
export function serializeSlotRecord(owner: SlotRecordOwner, { envelope, imageSizes }: SlotStaging): Uint8Array {
  const { slot, components, crypto } = owner;
  const sizes = new Uint8Array(8 * imageSizes.length);
  const view = new DataView(sizes.buffer);
  for (const [i, size] of imageSizes.entries()) view.setBigUint64(8 * i, BigInt(size));
  const names = new TextEncoder().encode(components.map(({ id }) => componentKey(id)).join("\n"));
  const content = concatBytes(
    magic,
    Uint8Array.of(slotLabel[slot]),
    sizes,
    sha256(crypto, names),
    sha256(crypto, envelope),
  );
  return concatBytes(content, sha256(crypto, content));
}

export const slotRecordLength = (components: number): number => magic.length + 1 + 8 * components + 3 * digestLength;

/** The sizes in a record that was written for exactly this slot, these components and this envelope; else undefined. */
export function readSlotRecord(
  owner: SlotRecordOwner,
  record: Uint8Array,
  envelope: Uint8Array,
): readonly number[] | undefined {
  const { components } = owner;
  if (record.length !== slotRecordLength(components.length)) return undefined;
  const view = new DataView(record.buffer, record.byteOffset, record.length);
  const imageSizes = components.map((_, i) => Number(view.getBigUint64(magic.length + 1 + 8 * i)));
  if (components.some(({ capacity }, i) => (imageSizes[i] ?? 0) > capacity)) return undefined;
  return equalBytes(record, serializeSlotRecord(owner, { envelope, imageSizes })) ? imageSizes : undefined;
}

/** Bound to the record, so that a seal left over from another staging is none. */
export const slotSeal = (crypto: Crypto, record: Uint8Array): Uint8Array =>
  sha256(crypto, new TextEncoder().encode("Seal"), record);
