import { concatBytes } from "@sumac/crypto";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { crc16 } from "./crc16.ts";
import type { DroppedFrames, FrameReader, Framing } from "./framing.ts";

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const startMarker = Uint8Array.of(0x06, 0x09);
const continuationMarker = Uint8Array.of(0x04, 0x14);
/** Length word before the message, CRC behind it. */
const lengthBytes = 2;
const crcBytes = 2;
const markerBytes = 2;

export interface ConsoleOptions {
  /** Bytes of a line with marker and line feed. Default 127, which every peer takes; the base64 is cut at multiples of 4. */
  readonly longestLine?: number;
  /** Bytes of a message that is put together. Default 65,543: the longest there can be. */
  readonly longestMessage?: number;
}

/** SMP over a console: lines of base64 with markers, between whatever else is printed there. */
export function consoleFraming(options: ConsoleOptions = {}): Framing {
  const { longestLine = 127, longestMessage = 65_543 } = options;
  const perLine = Math.floor((longestLine - markerBytes - 1) / 4) * 4;
  if (perLine < 4) throw new RangeError(`a line of ${longestLine} bytes`);
  return {
    name: "console",
    inputTimeout: "none",
    frame: (message) => frame(message, perLine),
    startReading: () => new ConsoleReader(longestMessage),
    lengthOnLine(messageLength) {
      const base64 = Math.ceil((messageLength + lengthBytes + crcBytes) / 3) * 4;
      return base64 + Math.ceil(base64 / perLine) * (markerBytes + 1);
    },
  };
}

function frame(message: Uint8Array, perLine: number): Uint8Array {
  const packet = concatBytes(short(message.length + crcBytes), message, short(crc16(message)));
  const text = encodeBase64(packet);
  const parts: Uint8Array[] = [];
  for (let at = 0; at < text.length; at += perLine) {
    const line = text.subarray(at, at + perLine);
    parts.push(at === 0 ? startMarker : continuationMarker, line, Uint8Array.of(lineFeed));
  }
  return concatBytes(...parts);
}

/** Longer lines are noise that must not fill the memory; the longest line of a peer seen has about 1,020 characters. */
const longestLineKept = 4096;

/** What stands at the beginning of a line, or behind a prompt or a line that lost its end; no text contains it. */
const markerStarts = [startMarker[0] ?? 0, continuationMarker[0] ?? 0] as const;

class ConsoleReader implements FrameReader {
  readonly #longestMessage: number;
  /** Of a line that has begun, from its marker on. */
  #line: Uint8Array[] = [];
  #lineLength = 0;
  #packet: Uint8Array[] = [];
  #packetLength = 0;
  #strayBytes: "none" | "some" = "none";
  #noise = 0;
  #damaged = 0;
  #tooLong = 0;

  constructor(longestMessage: number) {
    this.#longestMessage = longestMessage;
  }

  get dropped(): DroppedFrames {
    return { noise: this.#noise, damaged: this.#damaged, tooLong: this.#tooLong };
  }

  read(chunk: Uint8Array): Uint8Array[] {
    const messages: Uint8Array[] = [];
    for (let at = 0; at < chunk.length; ) {
      const end = chunk.indexOf(lineFeed, at);
      this.#keep(chunk.subarray(at, end < 0 ? chunk.length : end));
      if (end < 0) break;
      const message = this.#endLine();
      if (message !== undefined) messages.push(message);
      at = end + 1;
    }
    return messages;
  }

  reset(): void {
    this.#forgetLine();
    this.#forgetPacket();
  }

  /** The last marker counts: what stands before it is a prompt, or a line that lost its end. */
  #keep(piece: Uint8Array): void {
    const marker = Math.max(...markerStarts.map((byte) => piece.lastIndexOf(byte)));
    if (marker > 0 || (marker < 0 && this.#lineLength === 0 && piece.length > 0)) this.#strayBytes = "some";
    if (marker >= 0) {
      if (this.#lineLength > 0) this.#strayBytes = "some";
      this.#line = [];
      this.#lineLength = 0;
    } else if (this.#lineLength === 0) return;
    const kept = marker < 0 ? piece : piece.subarray(marker);
    // The caller may use its chunk again.
    if (this.#lineLength <= longestLineKept) this.#line.push(kept.slice(0, longestLineKept + 1 - this.#lineLength));
    this.#lineLength += kept.length;
  }

  #endLine(): Uint8Array | undefined {
    const [line, length] = [concatBytes(...this.#line), this.#lineLength];
    if (this.#strayBytes === "some") this.#noise++;
    this.#forgetLine();
    if (length === 0) return undefined;
    const isStart = startsWith(line, startMarker);
    if (!isStart && !startsWith(line, continuationMarker)) {
      this.#noise++;
      return undefined;
    }
    if (isStart) {
      if (this.#packetLength > 0) this.#damaged++;
      this.#forgetPacket();
    } else if (this.#packetLength === 0) {
      this.#damaged++;
      return undefined;
    }
    if (length > longestLineKept) return this.#drop("too-long");
    const end = line.at(-1) === carriageReturn ? line.length - 1 : line.length;
    const bytes = decodeBase64(line.subarray(markerBytes, end));
    if (bytes === undefined || bytes.length === 0) return this.#drop("damaged");
    this.#packet.push(bytes);
    this.#packetLength += bytes.length;
    return this.#packetEnd();
  }

  #packetEnd(): Uint8Array | undefined {
    const [first = Uint8Array.of(), ...rest] = this.#packet;
    if (this.#packetLength < lengthBytes) return this.#drop("damaged");
    const head = first.length >= lengthBytes ? first : concatBytes(first, ...rest);
    const announced = lengthBytes + (((head[0] ?? 0) << 8) | (head[1] ?? 0));
    if (announced > this.#longestMessage + lengthBytes + crcBytes) return this.#drop("too-long");
    if (this.#packetLength < announced) return undefined;
    const packet = concatBytes(...this.#packet);
    const checked = packet.subarray(lengthBytes);
    if (packet.length > announced || checked.length < crcBytes || crc16(checked) !== 0) return this.#drop("damaged");
    this.#forgetPacket();
    return checked.subarray(0, -crcBytes);
  }

  #drop(why: "damaged" | "too-long"): undefined {
    if (why === "damaged") this.#damaged++;
    else this.#tooLong++;
    this.#forgetPacket();
  }

  #forgetLine(): void {
    this.#line = [];
    this.#lineLength = 0;
    this.#strayBytes = "none";
  }

  #forgetPacket(): void {
    this.#packet = [];
    this.#packetLength = 0;
  }
}

const startsWith = (line: Uint8Array, marker: Uint8Array): boolean => marker.every((byte, i) => line[i] === byte);

const short = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 0xff);
