import type { BootMode, BootReason } from "../device/boot.ts";
import type { ImageSlotName, SlotName } from "./slot.ts";

/**
 * What makes the image that the device has decided for the one that starts: a link, a bootloader's variable. The stored
 * state is the truth and the pointer follows it: each call comes after the state was stored, may come again after a power
 * cut, and must then do no harm. Faults are thrown as `Unavailable`.
 */
export interface StartPointer {
  /** The next boot is to try this slot. */
  armed(slot: ImageSlotName): Promise<void>;
  /** This slot runs now, for this reason. */
  booted(slot: SlotName, mode: BootMode, why: BootReason): Promise<void>;
  /** Before the state says so: a pointer that throws is a veto, and the next boot goes back. */
  confirming(slot: ImageSlotName): Promise<void>;
}
