import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import path from "node:path";
import { malformedInput, unavailable } from "./failure.ts";
import type { Io } from "./io.ts";
import { fileFailure } from "./system-failure.ts";

export interface OpenFile {
  readonly descriptor: number;
  /** Bytes when it was opened. */
  readonly size: number;
}

/** Opens a regular file. A folder, pipe or device is refused before anything waits for it. The caller closes. */
export function openRegularFile(io: Pick<Io, "workingFolder">, name: string): OpenFile {
  let descriptor: number;
  try {
    // Non-blocking: opening a pipe nobody writes to would wait for ever.
    descriptor = openSync(path.resolve(io.workingFolder, name), constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw fileFailure(error, name);
  }
  const stats = fstatSync(descriptor);
  if (stats.isFile()) return { descriptor, size: stats.size };
  closeSync(descriptor);
  if (stats.isDirectory()) throw unavailable("is-a-folder", `${name} is a folder, not a file`, "name a file in it");
  throw unavailable("not-a-regular-file", `${name} is a pipe or a device, not a file`, "write it to a file first");
}

export interface BoundRead {
  readonly bytes: Uint8Array;
  /** More than `bytes.length` when the file is over the limit; then `bytes` is only its start. */
  readonly size: number;
}

/**
 * Reads a file, or standard input for `-`, but never more than `limit + 1` bytes: whoever parses them refuses what is
 * too large, and no input can fill the memory.
 */
export async function readBounded(io: Io, name: string, limit: number): Promise<BoundRead> {
  if (name === "-") {
    const bytes = await readInput(io, limit);
    return { bytes, size: bytes.length };
  }
  return readBoundedFile(io, name, limit);
}

/** The same for a file alone: `-` is one like any other. */
export function readBoundedFile(io: Pick<Io, "workingFolder">, name: string, limit: number): BoundRead {
  const { descriptor, size } = openRegularFile(io, name);
  try {
    const bytes = new Uint8Array(Math.min(size, limit) + 1);
    let length = 0;
    while (length < bytes.length) {
      const read = readSync(descriptor, bytes, length, bytes.length - length, null);
      if (read === 0) break;
      length += read;
    }
    return { bytes: bytes.subarray(0, length), size: Math.max(size, length) };
  } catch (error) {
    throw fileFailure(error, name);
  } finally {
    closeSync(descriptor);
  }
}

async function readInput(io: Io, limit: number): Promise<Uint8Array> {
  try {
    return await io.readStandardInput(limit);
  } catch (error) {
    throw fileFailure(error, "standard input");
  }
}

/** The same for a file that has to fit: a larger one is no such file at all. */
export async function readWhole(io: Io, name: string, what: string, limit: number): Promise<Uint8Array> {
  const { bytes, size } = await readBounded(io, name, limit);
  if (size <= limit && bytes.length <= limit) return bytes;
  throw malformedInput("file-too-large", `${name} has ${size} bytes, ${what} has at most ${limit}`, `name ${what}`);
}

/** A small text file; the trailing line break of editors is left to the caller. */
export async function readText(io: Io, name: string, what: string, limit: number): Promise<string> {
  return decodeText(await readWhole(io, name, what, limit), name, what);
}

export function decodeText(bytes: Uint8Array, name: string, what: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw malformedInput("not-text", `${name} is not UTF-8 text`, `name ${what}`);
  }
}
