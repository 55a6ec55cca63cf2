import { err, ok, type Result } from "@sumac/cbor";
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

/** One data record at its absolute address; `wrap` is where an address of a segment (type 02) starts again, if it does. */
interface DataRecord {
  readonly line: number;
  readonly address: number;
  readonly bytes: Uint8Array;
}

/**
 * Reads Intel HEX into one image; gaps become 0xFF. Lines end with LF, CRLF or CR, empty lines are ignored, digits are
 * of either case. Start addresses (03, 05) are checked and ignored: a manifest does not carry them.
 */
export function parseIntelHex(text: Uint8Array, maxBytes: number): Result<MemoryImage, IntelHexRefusal> {
  const records: DataRecord[] = [];
  const read = readRecords(text, (record) => records.push(record));
  if (read !== undefined) return err(read);
  if (records.length === 0) return err({ code: "no-data" });
  const image = composeMemoryImage(joinRecords(records), maxBytes);
  if (image.ok) return image;
  return err(image.error.code === "overlap" ? locateOverlap(records, image.error) : image.error);
}

function readRecords(
  text: Uint8Array,
  emit: (record: DataRecord) => void,
): (IntelHexRefusal & { code: "intel-hex-malformed" }) | undefined {
  let base = 0;
  let addressing: "segmented" | "linear" = "linear";
  let ended = false;
  let line = 0;
  for (const [start, end] of lines(text)) {
    line++;
    if (start === end) continue;
    const refuse = (reason: IntelHexReason) => ({ code: "intel-hex-malformed", reason, line }) as const;
    if (ended) return refuse("data-after-end");
    const record = parseRecord(text, start, end);
    if (!record.ok) return refuse(record.error);
    const { type, offset, data } = record.value;
    switch (type) {
      case recordType.data:
        if (data.length === 0) break;
        if (base + offset + data.length > 2 ** 32) return refuse("address-overflow");
        // In a segment the offset wraps at 64 KiB; in linear addressing it does not.
        if (addressing === "segmented" && offset + data.length > 0x1_0000) {
          const fit = 0x1_0000 - offset;
          emit({ line, address: base + offset, bytes: data.subarray(0, fit) });
          emit({ line, address: base, bytes: data.subarray(fit) });
        } else {
          emit({ line, address: base + offset, bytes: data });
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
  return ended ? undefined : { code: "intel-hex-malformed", reason: "missing-end", line };
}

const bigEndian = (bytes: Uint8Array): number => bytes.reduce((sum, byte) => sum * 256 + byte, 0);

/** Start and end (without its terminator) of each line. */
function* lines(text: Uint8Array): Generator<readonly [number, number]> {
  let start = 0;
  while (start < text.length) {
    let end = start;
    while (end < text.length && text[end] !== 0x0a && text[end] !== 0x0d) end++;
    yield [start, end];
    start = text[end] === 0x0d && text[end + 1] === 0x0a ? end + 2 : end + 1;
  }
}

interface HexRecord {
  readonly type: number;
  readonly offset: number;
  readonly data: Uint8Array;
}

function parseRecord(text: Uint8Array, start: number, end: number): Result<HexRecord, IntelHexReason> {
  if (text[start] !== 0x3a) return err("no-colon");
  const digits = end - start - 1;
  if (digits < 10 || digits % 2 !== 0 || digits > 2 * (5 + 255)) {
    return err(hasOnlyDigits(text, start + 1, end) ? "wrong-length" : "bad-digit");
  }
  const bytes = new Uint8Array(digits / 2);
  let sum = 0;
  for (let i = 0; i < bytes.length; i++) {
    const high = digitValue(text[start + 1 + 2 * i]);
    const low = digitValue(text[start + 2 + 2 * i]);
    if (high < 0 || low < 0) return err("bad-digit");
    const byte = high * 16 + low;
    bytes[i] = byte;
    sum = (sum + byte) & 0xff;
  }
  const [length = 0, addressHigh = 0, addressLow = 0, type = 0] = bytes;
  if (bytes.length !== length + 5) return err("wrong-length");
  if (sum !== 0) return err("bad-checksum");
  return ok({ type, offset: addressHigh * 256 + addressLow, data: bytes.subarray(4, 4 + length) });
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

/** Records that follow one another in memory become one segment, so that sorting sees few of them. */
function joinRecords(records: readonly DataRecord[]): MemorySegment[] {
  const segments: MemorySegment[] = [];
  for (let i = 0; i < records.length; ) {
    const start = (records[i] as DataRecord).address;
    let end = start;
    let next = i;
    while (records[next]?.address === end) end += (records[next++] as DataRecord).bytes.length;
    const bytes = new Uint8Array(end - start);
    for (; i < next; i++) bytes.set((records[i] as DataRecord).bytes, (records[i] as DataRecord).address - start);
    segments.push({ address: BigInt(start), bytes });
  }
  return segments;
}

/** Which two lines write the bytes that were found to be written twice. */
function locateOverlap(
  records: readonly DataRecord[],
  overlap: { readonly start: bigint; readonly end: bigint },
): IntelHexRefusal {
  const at = Number(overlap.start);
  const [first, second] = records.filter(({ address, bytes }) => address <= at && at < address + bytes.length);
  const address = overlap.start;
  return { code: "intel-hex-overlap", line: second?.line ?? 0, otherLine: first?.line ?? 0, address };
}
