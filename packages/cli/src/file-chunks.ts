import { closeSync, readSync } from "node:fs";
import { openRegularFile } from "./bound-read.ts";
import type { Io } from "./io.ts";
import { fileFailure } from "./system-failure.ts";
import type { Progress } from "./terminal.ts";

const chunkBytes = 1 << 20;
/** A busy loop sees no signal; after this many bytes it looks. */
const breatheBytes = 32 << 20;

/**
 * A file as a stream over one reused buffer: whoever takes a chunk must be done with it before asking for the next.
 * Synchronous reads, because every asynchronous one costs more than it hides when hashing is the limit.
 */
export async function* fileChunks(
  io: Io,
  name: string,
  progress: Pick<Progress, "advance">,
): AsyncGenerator<Uint8Array> {
  const { descriptor } = openRegularFile(io, name);
  const buffer = new Uint8Array(chunkBytes);
  try {
    for (let sinceBreath = 0; ; ) {
      const read = readChunk(descriptor, buffer, name);
      if (read === 0) return;
      yield buffer.subarray(0, read);
      progress.advance(read);
      sinceBreath += read;
      if (sinceBreath < breatheBytes) continue;
      sinceBreath = 0;
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    closeSync(descriptor);
  }
}

function readChunk(descriptor: number, buffer: Uint8Array, name: string): number {
  try {
    return readSync(descriptor, buffer, 0, buffer.length, null);
  } catch (error) {
    throw fileFailure(error, name);
  }
}

/** Bytes that are at hand, where a stream is taken. */
export async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
