/** The two image slots. One is active; the other takes updates and is tried. */
export type SlotName = "a" | "b";

export const slotNames: readonly SlotName[] = ["a", "b"];

export const otherSlot = (slot: SlotName): SlotName => (slot === "a" ? "b" : "a");
