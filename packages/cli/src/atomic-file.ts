import { randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  type Stats,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import { Failure, unavailable, usage } from "./failure.ts";
import type { Io } from "./io.ts";
import { fileFailure } from "./system-failure.ts";

export interface NewFile {
  /** As it was typed; relative to the working folder. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly ifExists: "refuse" | "replace";
  /** Permissions; default 0644 less the umask. */
  readonly mode?: number;
}

/** Temporary files that exist now; whoever ends the process removes them first. */
const temporaryFiles = new Set<string>();

export function removeTemporaryFiles(): void {
  for (const file of temporaryFiles) removeQuietly(file);
}

export const writeFileAtomically = (io: Io, file: NewFile): void => writeFilesAtomically(io, [file]);

/**
 * Writes files so that each is there whole or not at all, also after a power cut: temporary file, fsync, rename, fsync
 * of the folder. All are written before the first appears, and when one cannot appear the new ones before it vanish.
 * With `refuse` an existing file wins even when it appears at the last moment.
 */
export function writeFilesAtomically(io: Io, files: readonly NewFile[]): void {
  const placed: string[] = [];
  const written: { file: NewFile; temporary: string; target: string }[] = [];
  let current = "";
  try {
    for (const file of files) {
      current = file.name;
      const target = path.resolve(io.workingFolder, file.name);
      const temporary = path.join(
        path.dirname(target),
        `.${path.basename(target)}.${randomBytes(8).toString("hex")}.tmp`,
      );
      writeSynced(temporary, file);
      written.push({ file, temporary, target });
    }
    for (const { file, temporary, target } of written) {
      current = file.name;
      const there = lstatSync(target, { throwIfNoEntry: false });
      const isNew = there === undefined;
      if (file.ifExists === "replace" && there !== undefined) refuseUnlessFile(there, file.name);
      if (file.ifExists === "replace") renameSync(temporary, target);
      else renameWithoutReplacing(temporary, target);
      if (isNew) placed.push(target);
    }
    for (const folder of new Set(written.map(({ target }) => path.dirname(target)))) syncFolder(folder);
  } catch (error) {
    for (const target of placed) removeQuietly(target);
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw outputExists(current, "elsewhere");
    if (error instanceof Failure) throw error;
    throw writeFailure(error, current);
  } finally {
    for (const { temporary } of written) removeQuietly(temporary);
  }
}

/** Also root means the content of /dev/null, and not the device, when it names that. */
function refuseUnlessFile(there: Stats, name: string): void {
  if (there.isFile() || there.isSymbolicLink() || there.isDirectory()) return;
  throw unavailable("not-a-regular-file", `${name} is a pipe or a device, not a file`, "name a file");
}

/** Makes a file there and takes it away again: for what is done once and has to be written down afterwards. */
export function tryToMakeFile(io: Io, name: string): void {
  const target = path.resolve(io.workingFolder, name);
  const temporary = path.join(path.dirname(target), `.${path.basename(target)}.${randomBytes(8).toString("hex")}.tmp`);
  try {
    writeSynced(temporary, { name, bytes: new Uint8Array(1), ifExists: "refuse" });
  } catch (error) {
    throw writeFailure(error, name);
  } finally {
    removeQuietly(temporary);
  }
}

const remedies = {
  "with --out": "choose another place with --out, or say --replace",
  "as the operand": "give another name, or say --replace",
  elsewhere: "give another name, or move that file away first",
} as const;

/** `place`: how the command that found it there is told where to write. */
export const outputExists = (name: string, place: keyof typeof remedies): Failure =>
  usage("output-exists", `${name} is there already`, remedies[place]);

/** To write, a name need not be there, only its folder. */
function writeFailure(error: unknown, name: string): Failure {
  if ((error as NodeJS.ErrnoException).code !== "ENOENT") return fileFailure(error, name);
  return unavailable(
    "folder-not-found",
    `there is no folder ${path.dirname(name)} for ${path.basename(name)}`,
    "make the folder first, or check the path",
  );
}

function writeSynced(temporary: string, { bytes, mode }: NewFile): void {
  const descriptor = openSync(temporary, "wx", mode ?? 0o644);
  temporaryFiles.add(temporary);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
    fsyncSync(descriptor);
  } catch (error) {
    removeQuietly(temporary);
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

/** A hard link fails where the name is taken; on file systems without links the name is taken first. */
function renameWithoutReplacing(temporary: string, target: string): void {
  try {
    linkSync(temporary, target);
  } catch (error) {
    if (!["EPERM", "ENOTSUP", "EOPNOTSUPP"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    closeSync(openSync(target, "wx"));
    renameSync(temporary, target);
  }
}

/** Makes a folder and those above it; one that is there already stays as it is. */
export function makeFolder(io: Io, name: string): void {
  try {
    makeLevels(path.resolve(io.workingFolder, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") {
      throw unavailable("not-a-folder", `${name} is a file, not a folder`, "name a folder");
    }
    throw fileFailure(error, name);
  }
}

/** Node's own `recursive` never returns where no new name can be made, as below /proc. */
function makeLevels(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  const above = path.dirname(folder);
  if (above !== folder) makeLevels(above);
  try {
    mkdirSync(folder);
  } catch (error) {
    // Somebody else may have made it meanwhile.
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw error;
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

function removeQuietly(file: string): void {
  temporaryFiles.delete(file);
  try {
    unlinkSync(file);
  } catch {
    // Renamed, or never made.
  }
}
