import { concatBytes } from "@sumac/crypto";
import type { DroppedFrames, FrameReader, Framing } from "./framing.ts";
import { smpHeaderLength, smpOperation } from "./labels.ts";
import { announcedLength } from "./message.ts";

/** Milliseconds; MCUboot's default. */
const inputTimeout = 3000;

/**
 * SMP with nothing around it: the header says where a message ends, and nothing says where one begins. Only for lines
 * that carry eight bits and nothing else; after damage both ends have to be quiet until the other has given up.
 */
export function rawFraming({ longestMessage = 65_543 }: { readonly longestMessage?: number } = {}): Framing {
  return {
    name: "raw",
    inputTimeout,
    frame: (message) => message,
    startReading: () => new RawReader(longestMessage),
    lengthOnLine: (messageLength) => messageLength,
  };
}

class RawReader implements FrameReader {
  readonly #longest: number;
  #pieces: Uint8Array[] = [];
  #pending = 0;
  /** Bytes that must be there before it is worth looking again. */
  #needed = smpHeaderLength;
  #noise = 0;
  #damaged = 0;
  #tooLong = 0;

  constructor(longest: number) {
    this.#longest = longest;
  }

  get dropped(): DroppedFrames {
    return { noise: this.#noise, damaged: this.#damaged, tooLong: this.#tooLong };
  }

  read(chunk: Uint8Array): Uint8Array[] {
    this.#keep(chunk);
    if (this.#pending < this.#needed) return [];
    const messages: Uint8Array[] = [];
    let bytes: Uint8Array = concatBytes(...this.#pieces);
    for (;;) {
      const length = announcedLength(bytes);
      if (length === undefined) return this.#wait(bytes, smpHeaderLength, messages);
      if (!isHeader(bytes) || length > this.#longest) {
        // There is no marker to find the next message by: all that is there belongs to the broken one.
        if (length > this.#longest) this.#tooLong++;
        else this.#damaged++;
        this.reset();
        return messages;
      }
      if (bytes.length < length) return this.#wait(bytes, length, messages);
      messages.push(bytes.slice(0, length));
      bytes = bytes.subarray(length);
      this.#pending = bytes.length;
    }
  }

  reset(): void {
    this.#noise += this.#pending;
    this.#forget();
  }

  #wait(bytes: Uint8Array, needed: number, messages: Uint8Array[]): Uint8Array[] {
    this.#forget();
    this.#keep(bytes);
    this.#needed = needed;
    return messages;
  }

  /** The caller may use its chunk again. */
  #keep(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#pieces.push(chunk.slice());
    this.#pending += chunk.length;
  }

  #forget(): void {
    this.#pieces = [];
    this.#pending = 0;
    this.#needed = smpHeaderLength;
  }
}

function isHeader([first = 0xff, flags = 0xff]: Uint8Array): boolean {
  return first >> 5 === 0 && (first & 0b111) <= smpOperation["write-response"] && flags === 0;
}
