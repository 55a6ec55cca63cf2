import { concatBytes, equalBytes } from "@sumac/crypto";
import { erasedByte, trailerMagic, wideTrailerMagic } from "./labels.ts";

/** What stands at the end of a slot and tells the boot loader what to do with the image in it. */
export interface Trailer {
  /** Bytes from one field to the next; 8 or more. */
  readonly maxAlign: number;
  /** `confirmed`: the image stays; `unset`: it is tried once. */
  readonly imageOk: "confirmed" | "unset";
}

const magicLength = 16;
/** Of each sector: up to three states of moving it. */
const statesPerSector = 3;
const fieldsBesideMagic = 4;

/** How the flash of a slot is written; all in bytes but for `sectors`. */
export interface SlotGeometry {
  readonly size: number;
  /** Smallest unit that can be written: 1, 2, 4, 8, 16 or 32. */
  readonly align: number;
  /** Most sectors a boot loader is built for; 128 where nothing else is known. */
  readonly sectors: number;
}

const maxAlignOf = ({ align }: SlotGeometry): number => Math.max(8, align);

/** Bytes at the end of a slot that an image must not reach into. */
export function trailerLength(geometry: SlotGeometry): number {
  const maxAlign = maxAlignOf(geometry);
  const magic = Math.ceil(magicLength / maxAlign) * maxAlign;
  return geometry.sectors * statesPerSector * geometry.align + fieldsBesideMagic * maxAlign + magic;
}

/** From the end of an image to the end of its slot. `bytes` = length of the image; it must leave room (`RangeError`). */
export function slotPadding(geometry: SlotGeometry, bytes: number, imageOk: Trailer["imageOk"]): Uint8Array {
  if (bytes + trailerLength(geometry) > geometry.size) throw new RangeError("the image reaches into the trailer");
  const maxAlign = maxAlignOf(geometry);
  const padding = new Uint8Array(geometry.size - bytes).fill(erasedByte);
  padding.set(magicOf(maxAlign), padding.length - magicLength);
  if (imageOk === "confirmed") padding[padding.length - fieldOffset(maxAlign)] = 0x01;
  return padding;
}

/** undefined = the bytes after an image are no untouched slot with a trailer. */
export function readTrailer(padding: Uint8Array): Trailer | undefined {
  const magic = padding.subarray(-magicLength);
  if (magic.length < magicLength) return undefined;
  const maxAlign = equalBytes(magic, trailerMagic) ? 8 : (magic[0] ?? 0) | ((magic[1] ?? 0) << 8);
  if (maxAlign < 8 || !equalBytes(magic, magicOf(maxAlign))) return undefined;
  const imageOkAt = padding.length - fieldOffset(maxAlign);
  const confirmed = padding[imageOkAt] === 0x01;
  for (let at = 0; at < padding.length - magicLength; at++) {
    if (padding[at] !== erasedByte && !(at === imageOkAt && confirmed)) return undefined;
  }
  return { maxAlign, imageOk: confirmed ? "confirmed" : "unset" };
}

/** Of image-ok, from the end of the slot. */
const fieldOffset = (maxAlign: number): number => Math.ceil(magicLength / maxAlign) * maxAlign + maxAlign;

const magicOf = (maxAlign: number): Uint8Array =>
  maxAlign === 8 ? trailerMagic : concatBytes(Uint8Array.of(maxAlign & 0xff, maxAlign >> 8), wideTrailerMagic);
