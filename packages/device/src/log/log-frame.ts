import { type Crypto, concatBytes, equalBytes } from "@sumac/crypto";
import { erasedByte } from "../flash/flash.ts";
import { sha256 } from "../sha256.ts";
import { maxRecordBytes } from "./log-record.ts";
import type { RingTail, StoredPiece } from "./log-store.ts";
import type { LogRing } from "./log-type.ts";

/** magic 4, length 4, checksum 8; then the record, filled up to whole write units. */
const frameHead = 16;
const frameMagic = Uint8Array.of(0x53, 0x6d, 0x4c, 0x72); // "SmLr"

/** magic 4, ring 1, reason 1, zero 2, sequence 8, first 8, index 8, counter 8, previous 32, checksum 16. */
const headerContent = 72;
const headerBytes = 88;
const headerMagic = Uint8Array.of(0x53, 0x6d, 0x4c, 0x31); // "SmL1"

/** The head of a segment. */
export interface SegmentHeader {
  readonly ring: LogRing;
  readonly because: "full" | "cleared";
  /** Rises with every segment of the ring. */
  readonly sequence: number;
  /** Older segments of the ring no longer count, whatever is left of them: this is what drops them. */
  readonly first: number;
  readonly place: RingTail;
}

const inUnits = (length: number, unit: number): number => Math.ceil(length / unit) * unit;

export const headerLength = (writeSize: number): number => inUnits(headerBytes, writeSize);

export const frameLength = (record: number, writeSize: number): number => inUnits(frameHead + record, writeSize);

/** The checksums are against torn writes and wear. Against people there is the chain and its signed head. */
const checksum = (crypto: Crypto, length: number, ...parts: readonly Uint8Array[]): Uint8Array =>
  sha256(crypto, ...parts).subarray(0, length);

export function frameRecord(record: Uint8Array, writeSize: number, crypto: Crypto): Uint8Array {
  const start = new Uint8Array(8);
  start.set(frameMagic);
  new DataView(start.buffer).setUint32(4, record.length);
  return fill(concatBytes(start, checksum(crypto, 8, start, record), record), writeSize);
}

export function headSegment(header: SegmentHeader, writeSize: number, crypto: Crypto): Uint8Array {
  const content = new Uint8Array(headerContent);
  content.set(headerMagic);
  content[4] = header.ring === "reserved" ? 1 : 0;
  content[5] = header.because === "cleared" ? 1 : 0;
  const view = new DataView(content.buffer);
  const { index, counter, previous } = header.place;
  for (const [i, value] of [header.sequence, header.first, index, counter].entries()) {
    view.setBigUint64(8 + 8 * i, BigInt(value));
  }
  content.set(previous, 40);
  return fill(concatBytes(content, checksum(crypto, 16, content)), writeSize);
}

function fill(bytes: Uint8Array, writeSize: number): Uint8Array {
  const filled = new Uint8Array(inUnits(bytes.length, writeSize)).fill(erasedByte);
  filled.set(bytes);
  return filled;
}

/** Undefined for what is no head: erased, torn, or something else. */
export function readHeader(segment: Uint8Array, crypto: Crypto): SegmentHeader | undefined {
  const content = segment.subarray(0, headerContent);
  if (!equalBytes(content.subarray(0, 4), headerMagic)) return undefined;
  if (!equalBytes(segment.subarray(headerContent, headerBytes), checksum(crypto, 16, content))) return undefined;
  const view = new DataView(content.buffer, content.byteOffset);
  const number = (at: number): number => Number(view.getBigUint64(at));
  return {
    ring: content[4] === 1 ? "reserved" : "general",
    because: content[5] === 1 ? "cleared" : "full",
    sequence: number(8),
    first: number(16),
    place: { index: number(24), counter: number(32), previous: content.slice(40, 72) },
  };
}

/**
 * The pieces behind a segment's head, and where the next frame may go. What a torn write left is passed over a write unit
 * at a time until a frame fits again.
 */
export function readFrames(
  segment: Uint8Array,
  base: number,
  writeSize: number,
  crypto: Crypto,
): { readonly pieces: readonly StoredPiece[]; readonly end: number } {
  const pieces: StoredPiece[] = [];
  const used = usedLength(segment, writeSize);
  let damagedFrom: number | undefined;
  const endDamage = (at: number): void => {
    if (damagedFrom !== undefined) {
      pieces.push({ kind: "damage", at: base + damagedFrom, length: at - damagedFrom });
    }
    damagedFrom = undefined;
  };
  let at = headerLength(writeSize);
  while (at < used) {
    const bytes = readFrame(segment.subarray(at), crypto);
    if (bytes === undefined) {
      damagedFrom ??= at;
      at += writeSize;
      continue;
    }
    endDamage(at);
    const last = pieces.at(-1);
    // A write that was reported as failed, and had happened all the same.
    const again = last?.kind === "record" && equalBytes(last.bytes, bytes);
    if (!again) pieces.push({ kind: "record", bytes, at: base + at });
    at += frameLength(bytes.length, writeSize);
  }
  endDamage(at);
  return { pieces, end: Math.max(at, headerLength(writeSize)) };
}

function readFrame(bytes: Uint8Array, crypto: Crypto): Uint8Array | undefined {
  if (bytes.length < frameHead || !equalBytes(bytes.subarray(0, 4), frameMagic)) return undefined;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4);
  if (length > maxRecordBytes || frameHead + length > bytes.length) return undefined;
  const record = bytes.slice(frameHead, frameHead + length);
  const expected = checksum(crypto, 8, bytes.subarray(0, 8), record);
  return equalBytes(bytes.subarray(8, frameHead), expected) ? record : undefined;
}

/** Up to and with the last write unit that is not erased. */
function usedLength(segment: Uint8Array, writeSize: number): number {
  let length = segment.length;
  while (length > 0 && segment[length - 1] === erasedByte) length--;
  return inUnits(length, writeSize);
}
