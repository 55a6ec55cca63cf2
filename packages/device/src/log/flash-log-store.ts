import { type Crypto, equalBytes } from "@sumac/crypto";
import { type Flash, type FlashGeometry, isErased } from "../flash/flash.ts";
import { Unavailable } from "../unavailable.ts";
import { frameLength, frameRecord, headerLength, headSegment, readFrames, readHeader } from "./log-frame.ts";
import { maxRecordBytes } from "./log-record.ts";
import type { LogStore, RingTail, StoredPiece } from "./log-store.ts";
import { type LogRing, logRings } from "./log-type.ts";

/** Offsets and sizes in bytes, multiples of the erase block. */
export interface FlashLogRegion {
  readonly offset: number;
  readonly segments: number;
  readonly segmentSize: number;
}

/** Two for each ring and one between them: a segment is dropped only when another has taken its place. */
export const fewestLogSegments = 5;

const smallestSegment = 2048;

/** A region that begins at `offset`; the segments are at least 2 KiB, whole erase blocks. Throws `RangeError` below five. */
export function planFlashLog(
  { eraseBlock }: Pick<FlashGeometry, "eraseBlock">,
  offset: number,
  segments: number,
): FlashLogRegion {
  if (segments < fewestLogSegments) throw new RangeError(`a log of ${segments} segments is too small`);
  return { offset, segments, segmentSize: Math.ceil(smallestSegment / eraseBlock) * eraseBlock };
}

export const logRegionSize = ({ segments, segmentSize }: FlashLogRegion): number => segments * segmentSize;

/** A segment in use. */
interface Segment {
  readonly number: number;
  readonly sequence: number;
}

/** Where the next frame of a ring goes. */
interface WritePlace {
  readonly segment: number;
  offset: number;
}

/** A write is tried again in another place: flash wears out cell by cell. */
const attempts = 3;

/**
 * The log in flash. Each ring owns some segments, one segment is always free. A ring that needs room takes the free one;
 * the head it writes there also says which of its older segments no longer count, so that the dropped one is free at once
 * and is erased when it is taken again. So no cut leaves a half erased segment that counts.
 */
export class FlashLogStore implements LogStore {
  readonly #flash: Flash;
  readonly #region: FlashLogRegion;
  readonly #crypto: Crypto;
  /** Oldest first. */
  readonly #live: Record<LogRing, Segment[]> = { general: [], reserved: [] };
  readonly #place: Record<LogRing, WritePlace | undefined> = { general: undefined, reserved: undefined };
  readonly #sequence: Record<LogRing, number> = { general: 0, reserved: 0 };
  /** Segments that did not keep what was written, in this run. */
  readonly #worn = new Set<number>();
  #lastTaken: number;
  /** The latest of this operation. */
  #fault: Unavailable | undefined;

  constructor(flash: Flash, region: FlashLogRegion, crypto: Crypto) {
    const { eraseBlock, writeSize } = flash.geometry;
    const room = headerLength(writeSize) + frameLength(maxRecordBytes, writeSize);
    if (region.segmentSize % eraseBlock !== 0 || region.segmentSize < room || region.segments < fewestLogSegments) {
      throw new RangeError(`a log of ${region.segments} segments of ${region.segmentSize} bytes does not fit`);
    }
    this.#flash = flash;
    this.#region = region;
    this.#crypto = crypto;
    this.#lastTaken = region.segments - 1;
  }

  /** A third, and at least two segments, are kept for the reserved ring (CR 2.9). */
  #limit(ring: LogRing): number {
    const usable = this.#region.segments - 1;
    const reserved = Math.max(2, Math.floor(usable / 3));
    return ring === "reserved" ? reserved : usable - reserved;
  }

  capacity(ring: LogRing): number {
    return this.#limit(ring) * (this.#region.segmentSize - headerLength(this.#flash.geometry.writeSize));
  }

  cost(length: number): number {
    return frameLength(length, this.#flash.geometry.writeSize);
  }

  async open(): Promise<void> {
    const { segments } = this.#region;
    const found: Record<LogRing, (Segment & { readonly first: number })[]> = { general: [], reserved: [] };
    for (let number = 0; number < segments; number++) {
      const header = readHeader(await this.#readHead(number), this.#crypto);
      if (header !== undefined) found[header.ring].push({ number, sequence: header.sequence, first: header.first });
    }
    for (const ring of logRings) {
      const ordered = found[ring].toSorted((a, b) => a.sequence - b.sequence);
      const newest = ordered.at(-1);
      this.#live[ring] = ordered.filter(({ sequence }) => sequence >= (newest?.first ?? 0));
      this.#sequence[ring] = newest?.sequence ?? 0;
      this.#place[ring] = newest && { segment: newest.number, offset: await this.#endOf(newest.number) };
    }
    const numbers = logRings.flatMap((ring) => this.#place[ring]?.segment ?? []);
    this.#lastTaken = numbers.length === 0 ? segments - 1 : Math.max(...numbers);
  }

  async append(ring: LogRing, record: Uint8Array, tail: RingTail): Promise<void> {
    this.#fault = undefined;
    const frame = frameRecord(record, this.#flash.geometry.writeSize, this.#crypto);
    for (let attempt = 0; attempt < attempts; attempt++) {
      let place = this.#place[ring];
      if (place === undefined || place.offset + frame.length > this.#region.segmentSize) {
        place = await this.#advance(ring, tail, "full");
      }
      const outcome = await this.#writeAndCompare(this.#start(place.segment) + place.offset, frame);
      // What is spoilt is passed over.
      place.offset += frame.length;
      if (outcome === "kept") return;
    }
    throw this.#fault ?? unkept("the log does not keep what is written");
  }

  async restart(ring: LogRing, tail: RingTail): Promise<void> {
    this.#fault = undefined;
    await this.#advance(ring, tail, "cleared");
  }

  async *pieces(ring: LogRing): AsyncGenerator<StoredPiece> {
    const { segmentSize } = this.#region;
    for (const { number, sequence } of [...this.#live[ring]]) {
      const start = this.#start(number);
      const bytes = await this.#flash.read(start, segmentSize);
      const header = readHeader(bytes, this.#crypto);
      // Taken away by the ring while it was read.
      if (header?.sequence !== sequence || header.ring !== ring) continue;
      yield { kind: "anchor", place: header.place, because: header.because };
      yield* readFrames(bytes, start, this.#flash.geometry.writeSize, this.#crypto).pieces;
    }
  }

  /** Takes a free segment for the ring. */
  async #advance(ring: LogRing, place: RingTail, because: "full" | "cleared"): Promise<WritePlace> {
    for (const number of this.#freeSegments(ring)) {
      const sequence = ++this.#sequence[ring];
      const kept = because === "cleared" ? [] : this.#live[ring].slice(-(this.#limit(ring) - 1));
      const header = { ring, because, sequence, first: kept[0]?.sequence ?? sequence, place };
      this.#lastTaken = number;
      const { writeSize } = this.#flash.geometry;
      const bytes = headSegment(header, writeSize, this.#crypto);
      if (
        (await this.#erase(number)) === "kept" &&
        (await this.#writeAndCompare(this.#start(number), bytes)) === "kept"
      ) {
        this.#live[ring] = [...kept.filter((segment) => segment.number !== number), { number, sequence }];
        const taken = { segment: number, offset: bytes.length };
        this.#place[ring] = taken;
        return taken;
      }
      this.#worn.add(number);
    }
    // A worn segment may only have had a bad moment.
    this.#worn.clear();
    throw this.#fault ?? unkept("the log has no segment left");
  }

  /** In turn, so that all wear alike. Where none is left, the ring's own oldest, which then is lost before its time. */
  #freeSegments(ring: LogRing): number[] {
    const { segments } = this.#region;
    const live = new Set(logRings.flatMap((each) => this.#live[each].map(({ number }) => number)));
    const inTurn = Array.from({ length: segments }, (_, i) => (this.#lastTaken + 1 + i) % segments);
    const free = inTurn.filter((number) => !live.has(number) && !this.#worn.has(number));
    const oldest = this.#live[ring][0];
    return free.length > 0 || oldest === undefined ? free : [oldest.number];
  }

  async #erase(number: number): Promise<"kept" | "spoilt"> {
    const { segmentSize } = this.#region;
    const start = this.#start(number);
    if (isErased(await this.#flash.read(start, segmentSize))) return "kept";
    const { eraseBlock } = this.#flash.geometry;
    for (let at = start; at < start + segmentSize; at += eraseBlock) await this.#flash.erase(at);
    return isErased(await this.#flash.read(start, segmentSize)) ? "kept" : "spoilt";
  }

  /** A write that failed may have happened, in part or as a whole: thrown only where nothing of it lies there. */
  async #writeAndCompare(at: number, bytes: Uint8Array): Promise<"kept" | "spoilt"> {
    let failed: Unavailable | undefined;
    try {
      await this.#flash.write(at, bytes);
    } catch (fault) {
      if (!(fault instanceof Unavailable)) throw fault;
      failed = fault;
      this.#fault = fault;
    }
    const found = await this.#flash.read(at, bytes.length);
    if (failed !== undefined && isErased(found)) throw failed;
    return equalBytes(found, bytes) ? "kept" : "spoilt";
  }

  #start(number: number): number {
    return this.#region.offset + number * this.#region.segmentSize;
  }

  #readHead(number: number): Promise<Uint8Array> {
    return this.#flash.read(this.#start(number), headerLength(this.#flash.geometry.writeSize));
  }

  async #endOf(number: number): Promise<number> {
    const bytes = await this.#flash.read(this.#start(number), this.#region.segmentSize);
    return readFrames(bytes, 0, this.#flash.geometry.writeSize, this.#crypto).end;
  }
}

const unkept = (detail: string): Unavailable => new Unavailable("storage-failed", { retryable: true, detail });
