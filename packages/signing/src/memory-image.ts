import { err, ok, type Result } from "@sumac/cbor";

/** A piece of memory: `bytes` go to `address` and up. */
export interface MemorySegment {
  readonly address: bigint;
  readonly bytes: Uint8Array;
}

export interface MemoryImage {
  readonly loadAddress: bigint;
  readonly bytes: Uint8Array;
  /** How many of `bytes` no segment provided; they are 0xFF, as erased NOR flash reads. */
  readonly gapBytes: number;
}

export type MemoryImageRefusal =
  | { readonly code: "overlap"; readonly start: bigint; readonly end: bigint }
  | { readonly code: "too-large"; readonly size: bigint }
  | {
      readonly code: "too-spread";
      readonly span: bigint;
      /** The widest hole: nothing lies from `gapStart` up to, not including, `gapEnd`. */
      readonly gapStart: bigint;
      readonly gapEnd: bigint;
    };

/**
 * Lays segments (at least one, none of them empty) out in one image. Everything is checked before anything is
 * allocated: two records of a few bytes can span the whole address space.
 */
export function composeMemoryImage(
  segments: readonly MemorySegment[],
  maxBytes: number,
): Result<MemoryImage, MemoryImageRefusal> {
  const sorted = segments.toSorted((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
  const first = sorted[0];
  if (first === undefined) throw new RangeError("a memory image needs a segment");
  let end = first.address;
  let dataBytes = 0n;
  let gapStart = 0n;
  let gapEnd = 0n;
  for (const { address, bytes } of sorted) {
    const segmentEnd = address + BigInt(bytes.length);
    if (address < end) return err({ code: "overlap", start: address, end: segmentEnd < end ? segmentEnd : end });
    if (address - end > gapEnd - gapStart) [gapStart, gapEnd] = [end, address];
    dataBytes += BigInt(bytes.length);
    end = segmentEnd;
  }
  const loadAddress = first.address;
  const span = end - loadAddress;
  if (dataBytes > maxBytes) return err({ code: "too-large", size: dataBytes });
  if (span > maxBytes) return err({ code: "too-spread", span, gapStart, gapEnd });
  const image = new Uint8Array(Number(span)).fill(0xff);
  for (const { address, bytes } of sorted) image.set(bytes, Number(address - loadAddress));
  return ok({ loadAddress, bytes: image, gapBytes: Number(span - dataBytes) });
}
