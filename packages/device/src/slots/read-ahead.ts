import type { OpenFile } from "../files/file-system.ts";

const chunkSize = 1 << 18;

/**
 * The first `length` bytes of a file, or all if it has fewer, and closes it. The next chunk is read while the last one is
 * looked at. There is memory for two chunks: each is good until the next one is asked for.
 */
export async function* readAhead(file: OpenFile, length: number): AsyncGenerator<Uint8Array> {
  const size = Math.min(chunkSize, length);
  const memory: [Uint8Array, Uint8Array] = [new Uint8Array(size), new Uint8Array(size)];
  let coming: Promise<number> | undefined;
  const ask = (offset: number): Promise<number> => {
    const wanted = Math.min(size, length - offset);
    const read = wanted === 0 ? Promise.resolve(0) : file.read(offset, memory[0].subarray(0, wanted));
    // Whoever awaits it hears of its fault; here it must only not count as unheard.
    read.catch(() => undefined);
    return read;
  };
  try {
    coming = ask(0);
    for (let offset = 0; offset < length; ) {
      const read: number = await coming;
      if (read === 0) return;
      memory.reverse();
      offset += read;
      coming = ask(offset);
      yield memory[1].subarray(0, read);
    }
  } finally {
    await coming?.catch(() => undefined);
    await file.close();
  }
}
