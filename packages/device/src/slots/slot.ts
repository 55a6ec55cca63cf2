/** The two banks of the release set. One is active; the other takes updates and is tried. */
export type ImageSlotName = "a" | "b";

/** `recovery`: a bank of its own, for the image that runs when neither of the others may. Not every device has one. */
export type SlotName = ImageSlotName | "recovery";

export const imageSlotNames: readonly ImageSlotName[] = ["a", "b"];

export const otherSlot = (slot: ImageSlotName): ImageSlotName => (slot === "a" ? "b" : "a");
