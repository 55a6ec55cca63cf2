import type { SlotName } from "./slot.ts";

/** What is put into a slot: an image that the envelope describes. Neither is believed because it lies there. */
export interface SlotStaging {
  /** The whole envelope, kept beside the image so that every boot can verify it again. */
  readonly envelope: Uint8Array;
  /** Bytes. */
  readonly imageSize: number;
}

export type SlotContent =
  | { readonly state: "empty" }
  /** What is there is neither empty nor whole; it is not used. */
  | { readonly state: "damaged" }
  /** A staging that was begun and never sealed: may be resumed, may not be booted. */
  | ({ readonly state: "partial" } & SlotStaging)
  | ({ readonly state: "sealed" } & SlotStaging);

/**
 * Two places for an image and its envelope. A slot is sealed only by `SlotWriter.seal`; from `begin` until then nothing
 * in it can be booted, whatever is cut when. Faults of the storage are thrown as `Unavailable`. Every implementation
 * passes `slots.contract.ts`.
 */
export interface Slots {
  /** Bytes of the largest image. */
  readonly imageCapacity: number;
  /** Bytes of the largest envelope. */
  readonly envelopeCapacity: number;
  inspect(slot: SlotName): Promise<SlotContent>;
  /** Forgets what the slot holds and prepares it. Both parts must fit: more is a bug (`RangeError`). */
  begin(slot: SlotName, staging: SlotStaging): Promise<SlotWriter>;
  /**
   * Goes on with a staging of exactly this envelope and size that was cut; undefined = there is none. What lies before
   * `position` was written by then but is not verified: read it back and digest it like the rest.
   */
  resume(slot: SlotName, staging: SlotStaging): Promise<SlotWriter | undefined>;
  /** The first `length` bytes of the image, as they lie there now. */
  read(slot: SlotName, length: number): AsyncIterable<Uint8Array>;
  /** Forgets what the slot holds. */
  discard(slot: SlotName): Promise<void>;
}

export interface SlotWriter {
  /** Where the next chunk has to begin. */
  readonly position: number;
  /** Chunks of any length, in order, without gaps, never beyond the announced size (`RangeError`). */
  write(offset: number, chunk: Uint8Array): Promise<void>;
  /** Makes the slot bootable. The caller has verified what it wrote; the whole image must be there (`RangeError`). */
  seal(): Promise<void>;
}
