import { readBounded } from "./bound-read.ts";
import type { Io } from "./io.ts";

/** Slots of the devices it is for are smaller; whoever reads the file says so when it is cut. */
export const maxImageFileBytes: number = 16 * 1024 * 1024;

export const readImageFile = (io: Io, name: string): ReturnType<typeof readBounded> =>
  readBounded(io, name, maxImageFileBytes);
