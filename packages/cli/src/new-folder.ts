import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { outputExists } from "./atomic-file.ts";
import { unavailable } from "./failure.ts";
import { fileState } from "./file-state.ts";
import type { Io } from "./io.ts";
import { fileFailure } from "./system-failure.ts";

/** Refuses a place where something is already; an empty folder is nothing. */
export function requireNoFolder(io: Io, name: string): void {
  const state = fileState(io, name);
  if (state === "file") throw unavailable("not-a-folder", `${name} is a file, not a folder`, "name a folder");
  if (state === "folder" && listed(io, name).length > 0) throw outputExists(name, "elsewhere");
}

/**
 * Writes a whole folder so that it is there with every file or not at all: all is written into a folder beside it, each
 * file synced, and that is renamed. Paths use forward slashes and come from the caller's own code.
 */
export function writeNewFolder(io: Io, name: string, files: ReadonlyMap<string, Uint8Array>): void {
  requireNoFolder(io, name);
  const target = path.resolve(io.workingFolder, name);
  const temporary = path.join(path.dirname(target), `.${path.basename(target)}.${randomBytes(8).toString("hex")}.tmp`);
  try {
    mkdirSync(path.dirname(target), { recursive: true });
    mkdirSync(temporary);
    const folders = new Set([temporary]);
    for (const [file, bytes] of files) {
      const place = path.join(temporary, file);
      const folder = path.dirname(place);
      if (!folders.has(folder)) mkdirSync(folder, { recursive: true });
      folders.add(folder);
      writeFileSync(place, bytes, { flag: "wx", flush: true });
    }
    for (const folder of folders) syncFolder(folder);
    renameSync(temporary, target);
    syncFolder(path.dirname(target));
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    throw fileFailure(error, name);
  }
}

function listed(io: Io, name: string): readonly string[] {
  try {
    return readdirSync(path.resolve(io.workingFolder, name));
  } catch (error) {
    throw fileFailure(error, name);
  }
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
