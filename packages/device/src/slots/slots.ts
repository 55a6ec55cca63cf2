import { equalBytes } from "@sumac/crypto";
import type { ComponentId } from "@sumac/suit";
import type { SlotName } from "./slot.ts";

/** A component of the device and how much of it fits into a slot. */
export interface ComponentSlot {
  readonly id: ComponentId;
  /** Bytes of the largest image. */
  readonly capacity: number;
}

/** What is put into a slot: images that the envelope describes. None of it is believed because it lies there. */
export interface SlotStaging {
  /** The whole envelope, kept beside the images so that every boot can verify it again. */
  readonly envelope: Uint8Array;
  /** Bytes of each image, in the order of the slot's components. */
  readonly imageSizes: readonly number[];
}

export type SlotContent =
  | { readonly state: "empty" }
  /** What is there is neither empty nor whole; it is not used. */
  | { readonly state: "damaged" }
  /** A staging that was begun and never sealed: may be resumed, may not be booted. */
  | ({ readonly state: "partial" } & SlotStaging)
  | ({ readonly state: "sealed" } & SlotStaging);

/**
 * Places for one envelope and the images of all components of a set: two for releases, and perhaps one for recovery. A
 * slot is sealed as a whole and only by `SlotWriter.seal`; from `begin` until then nothing in it can be booted, whatever
 * is cut when. Faults of the storage are thrown as `Unavailable`. Every implementation passes `slots.contract.ts`.
 */
export interface Slots {
  /** The components of a release, in the order in which their images are numbered and written. */
  readonly components: readonly ComponentSlot[];
  /** The component of the recovery image; absent = there is no slot for one, and `recovery` must not be named. */
  readonly recovery?: ComponentSlot;
  /** Bytes of the largest envelope. */
  readonly envelopeCapacity: number;
  inspect(slot: SlotName): Promise<SlotContent>;
  /** Forgets what the slot holds and prepares it. All parts must fit: more is a bug (`RangeError`). */
  begin(slot: SlotName, staging: SlotStaging): Promise<SlotWriter>;
  /**
   * Goes on with a staging of exactly this envelope and these sizes that was cut; undefined = there is none. What lies
   * before `position` was written by then but is not verified: read it back and digest it like the rest.
   */
  resume(slot: SlotName, staging: SlotStaging): Promise<SlotWriter | undefined>;
  /** The first `length` bytes of the image of a component, as they lie there now. A chunk is good until the next is asked for. */
  read(slot: SlotName, component: number, length: number): AsyncIterable<Uint8Array>;
  /** Forgets what the slot holds. */
  discard(slot: SlotName): Promise<void>;
  /**
   * After the images were sealed, read back and found right: hands them to whoever puts them where they run. Until it has
   * returned the slot is not `sealed`; a resume leads here again. Absent: they run from where they are.
   */
  carryOut?(slot: SlotName): Promise<void>;
}

/** Where the next chunk has to begin: in the image of this component. Behind the last image, `component` is their count. */
export interface SlotPosition {
  readonly component: number;
  readonly offset: number;
}

export interface SlotWriter {
  /** Never at the end of an image, but at the start of the next one that is not empty. */
  readonly position: SlotPosition;
  /** Chunks of any length, image after image, without gaps, never beyond the announced size (`RangeError`). */
  write(component: number, offset: number, chunk: Uint8Array): Promise<void>;
  /** Makes the slot bootable. The caller has verified what it wrote; all images must be there whole (`RangeError`). */
  seal(): Promise<void>;
}

/** What a slot holds when it is full. */
export function componentsOf(slots: Slots, slot: SlotName): readonly ComponentSlot[] {
  if (slot !== "recovery") return slots.components;
  if (slots.recovery === undefined) throw new RangeError("the device has no slot for recovery");
  return [slots.recovery];
}

/** Throws `RangeError` for what the slot cannot hold. */
export function checkFits(slots: Slots, slot: SlotName, { envelope, imageSizes }: SlotStaging): void {
  const components = componentsOf(slots, slot);
  const fits =
    imageSizes.length === components.length && components.every(({ capacity }, i) => (imageSizes[i] ?? 0) <= capacity);
  if (fits && envelope.length <= slots.envelopeCapacity) return;
  throw new RangeError(`envelope of ${envelope.length} or images of ${imageSizes} bytes do not fit slot ${slot}`);
}

/** Whether what was begun is exactly this, and may be resumed as it. */
export const sameStaging = (a: SlotStaging, b: SlotStaging): boolean =>
  equalBytes(a.envelope, b.envelope) && a.imageSizes.every((size, i) => size === b.imageSizes[i]);

/** The first place at or behind this one where something is missing: images of no bytes are whole at once. */
export function skipWholeImages({ component, offset }: SlotPosition, imageSizes: readonly number[]): SlotPosition {
  let position = { component, offset };
  while (position.component < imageSizes.length && position.offset === imageSizes[position.component]) {
    position = { component: position.component + 1, offset: 0 };
  }
  return position;
}
