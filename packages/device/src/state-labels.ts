import type { BootState } from "./boot.ts";
import type { SlotName } from "./slot.ts";

/** Every number of the stored state, written once. A number is never reused: a device in the field holds the old meaning. */
export const stateVersion = 1;

export const stateLabel = {
  version: 1,
  floor: 2,
  boot: 3,
  "trust-record": 4,
  identity: 5,
  "last-time": 6,
  report: 7,
} as const;

export const bootStateLabel: Readonly<Record<BootState, number>> = {
  idle: 0,
  staged: 1,
  armed: 2,
  trial: 3,
  confirmed: 4,
  reverted: 5,
};

export const slotLabel: Readonly<Record<SlotName, number>> = { a: 0, b: 1 };
