import { lstatSync, statSync } from "node:fs";
import path from "node:path";
import type { Io } from "./io.ts";
import { fileFailure } from "./system-failure.ts";

/** What stands under a name, without opening it. A dangling link counts as a file: writing would go through it. */
export function fileState(io: Io, name: string): "absent" | "folder" | "file" {
  try {
    const stats = lstatSync(path.resolve(io.workingFolder, name), { throwIfNoEntry: false });
    if (stats === undefined) return "absent";
    return stats.isDirectory() ? "folder" : "file";
  } catch (error) {
    throw fileFailure(error, name);
  }
}

/** Whether two names lead to one file, links followed; what is not there is nobody's. */
export function isSameFile(io: Io, one: string, other: string): boolean {
  const [a, b] = [one, other].map((name) => {
    try {
      return statSync(path.resolve(io.workingFolder, name), { bigint: true });
    } catch {
      return undefined;
    }
  });
  return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino;
}

/** Bytes of a file, for a progress bar; what is really read decides. */
export function fileSize(io: Io, name: string): number {
  try {
    return statSync(path.resolve(io.workingFolder, name)).size;
  } catch (error) {
    throw fileFailure(error, name);
  }
}
