import path from "node:path";
import type { Io } from "./io.ts";

/** For packages that open files themselves: the name as it was typed where that is enough, so that messages show it. */
export const locate = (io: Io, name: string): string =>
  io.workingFolder === process.cwd() ? name : path.resolve(io.workingFolder, name);
