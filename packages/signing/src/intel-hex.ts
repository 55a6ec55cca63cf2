import { err, type Result } from "@sumac/cbor";
import { composeMemoryImage, type MemoryImage, type MemoryImageRefusal, type MemorySegment } from "./memory-image.ts";

// Intel Hexadecimal Object File Format Specification, revision A, 1988: records `:LLAAAATT<data>CC`, types 00 to 05.
const recordType = {
  data: 0x00,
  "end-of-file": 0x01,
  "extended-segment-address": 0x02,
  "start-segment-address": 0x03,
  "extended-linear-address": 0x04,
  "start-linear-address": 0x05,
} as const;

export type IntelHexReason =
  | "no-colon"
  | "bad-digit"
  | "wrong-length"
  | "bad-checksum"
  | "unknown-record-type"
  | "data-after-end"
  | "missing-end"
  | "address-overflow";

export type IntelHexRefusal =
  | { readonly code: "intel-hex-malformed"; readonly reason: IntelHexReason; readonly line: number }
  | { readonly code: "intel-hex-overlap"; readonly line: number; readonly otherLine: number; readonly address: bigint }
  | { readonly code: "no-data" }
  | Exclude<MemoryImageRefusal, { readonly code: "overlap" }>;

/** Called for each data record, in file order, with its absolute address. `data` is only valid during the call. */
type Emit = (line: number, address: number, data: Uint8Array) => void;

/**
 * Reads Intel HEX into one image; gaps become 0xFF. Lines end with LF, CRLF or CR, empty lines are ignored, digits are
 * of either case. Start addresses (03, 05) are checked and ignored: a manifest does not carry them.
 */
export function parseIntelHex(text: Uint8Array, maxBytes: number): Result<MemoryImage, IntelHexRefusal> {
  const runs = new RunCollector(text.length);
  const refusal = readRecords(text, (_line, address, data) => runs.add(address, data));
  if (refusal !== undefined) return err(refusal);
  const segments = runs.segments();
  if (segments.length === 0) return err({ code: "no-data" });
  const image = composeMemoryImage(segments, maxBytes);
  if (image.ok) return image;
  return err(image.error.code === "overlap" ? locateOverlap(text, image.error.start) : image.error);
}

/** Joins records that follow one another in memory, so that there are few segments to sort and no object per line. */
class RunCollector {
  readonly #data: Uint8Array;
  readonly #runs: { readonly address: number; readonly start: number; length: number }[] = [];
  #used = 0;

  constructor(textLength: number) {
    this.#data = new Uint8Array(textLength >> 1);
  }

  add(address: number, data: Uint8Array): void {
    this.#data.set(data, this.#used);
    const last = this.#runs.at(-1);
    if (last !== undefined && last.address + last.length === address) last.length += data.length;
    else this.#runs.push({ address, start: this.#used, length: data.length });
    this.#used += data.length;
  }

  segments(): MemorySegment[] {
    return this.#runs.map(({ address, start, length }) => ({
      address: BigInt(address),
      bytes: this.#data.subarray(start, start + length),
    }));
  }
}

/** Which two lines write the byte that was found to be written twice. */
function locateOverlap(text: Uint8Array, address: bigint): IntelHexRefusal {
  const lines: number[] = [];
  readRecords(text, (line, start, data) => {
    if (start <= Number(address) && Number(address) < start + data.length) lines.push(line);
  });
  const [otherLine = 0, line = 0] = lines;
  return { code: "intel-hex-overlap", line, otherLine, address };
}

function readRecords(
  text: Uint8Array,
  emit: Emit,
): Extract<IntelHexRefusal, { code: "intel-hex-malformed" }> | undefined {
  const record = new HexRecord();
  let base = 0;
  let addressing: "segmented" | "linear" = "linear";
  let ended = false;
  let line = 0;
  const refuse = (reason: IntelHexReason) => ({ code: "intel-hex-malformed", reason, line }) as const;
  for (let start = 0, next = 0; start < text.length; start = next) {
    const end = lineEnd(text, start);
    next = text[end] === 0x0d && text[end + 1] === 0x0a ? end + 2 : end + 1;
    line++;
    if (start === end) continue;
    if (ended) return refuse("data-after-end");
    const flaw = record.parse(text, start, end);
    if (flaw !== undefined) return refuse(flaw);
    const { type, offset, data } = record;
    switch (type) {
      case recordType.data:
        if (data.length === 0) break;
        if (base + offset + data.length > 2 ** 32) return refuse("address-overflow");
        // In a segment the offset wraps at 64 KiB; in linear addressing it does not.
        if (addressing === "segmented" && offset + data.length > 0x1_0000) {
          const fit = 0x1_0000 - offset;
          emit(line, base + offset, data.subarray(0, fit));
          emit(line, base, data.subarray(fit));
        } else {
          emit(line, base + offset, data);
        }
        break;
      case recordType["end-of-file"]:
        if (data.length !== 0) return refuse("wrong-length");
        ended = true;
        break;
      case recordType["extended-segment-address"]:
        if (data.length !== 2) return refuse("wrong-length");
        base = bigEndian(data) * 16;
        addressing = "segmented";
        break;
      case recordType["extended-linear-address"]:
        if (data.length !== 2) return refuse("wrong-length");
        base = bigEndian(data) * 0x1_0000;
        addressing = "linear";
        break;
      case recordType["start-segment-address"]:
      case recordType["start-linear-address"]:
        if (data.length !== 4) return refuse("wrong-length");
        break;
      default:
        return refuse("unknown-record-type");
    }
  }
  // A file cut at a line end looks whole but for this record.
  return ended ? undefined : refuse("missing-end");
}

const bigEndian = (bytes: Uint8Array): number => bytes.reduce((sum, byte) => sum * 256 + byte, 0);

function lineEnd(text: Uint8Array, start: number): number {
  let end = start;
  while (end < text.length && text[end] !== 0x0a && text[end] !== 0x0d) end++;
  return end;
}

/** The record of one line, in a buffer that the next one reuses. */
class HexRecord {
  readonly #bytes = new Uint8Array(5 + 255);
  type = 0;
  offset = 0;
  data: Uint8Array = new Uint8Array();

  parse(text: Uint8Array, start: number, end: number): IntelHexReason | undefined {
    if (text[start] !== 0x3a) return "no-colon";
    const digits = end - start - 1;
    const count = digits / 2;
    if (digits < 10 || digits % 2 !== 0 || count > this.#bytes.length) {
      return hasOnlyDigits(text, start + 1, end) ? "wrong-length" : "bad-digit";
    }
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const high = digitValue(text[start + 1 + 2 * i]);
      const low = digitValue(text[start + 2 + 2 * i]);
      if (high < 0 || low < 0) return "bad-digit";
      const byte = high * 16 + low;
      this.#bytes[i] = byte;
      sum = (sum + byte) & 0xff;
    }
    const [length = 0, offsetHigh = 0, offsetLow = 0, type = 0] = this.#bytes;
    if (count !== length + 5) return "wrong-length";
    if (sum !== 0) return "bad-checksum";
    this.type = type;
    this.offset = offsetHigh * 256 + offsetLow;
    this.data = this.#bytes.subarray(4, 4 + length);
    return undefined;
  }
}

function hasOnlyDigits(text: Uint8Array, start: number, end: number): boolean {
  return text.subarray(start, end).every((character) => digitValue(character) >= 0);
}

function digitValue(character: number | undefined): number {
  if (character === undefined) return -1;
  if (character >= 0x30 && character <= 0x39) return character - 0x30;
  const letter = character | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : -1;
}
