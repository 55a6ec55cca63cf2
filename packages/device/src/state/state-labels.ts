import type { BootState } from "../device/boot.ts";
import type { ImageSlotName, SlotName } from "../slots/slot.ts";

/** Every number of the stored state, written once. A number is never reused: a device in the field holds the old meaning. */
export const stateVersion = 2;

export const stateLabel = {
  version: 1,
  floor: 2,
  "last-time": 6,
  report: 7,
  boot: 8,
  identity: 9,
  trust: 10,
  recovery: 11,
  "configuration-digest": 12,
  seal: 13,
} as const;

/** Members of version 1 that version 2 writes in another form. */
export const formerStateLabel = { boot: 3, "trust-record": 4, identity: 5 } as const;

export const bootStateLabel: Readonly<Record<BootState, number>> = {
  idle: 0,
  staged: 1,
  armed: 2,
  trial: 3,
  confirmed: 4,
  reverted: 5,
};

export const imageSlotLabel: Readonly<Record<ImageSlotName, number>> = { a: 0, b: 1 };

/** Also the slot number that a manifest with one image a slot chooses by. */
export const slotLabel: Readonly<Record<SlotName, number>> = { ...imageSlotLabel, recovery: 2 };
