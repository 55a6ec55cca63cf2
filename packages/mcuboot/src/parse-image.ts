import { err, ok, type Result } from "@sumac/cbor";
import type { ImageDependency, ImageHeader, McubootImage } from "./image.ts";
import {
  headerLength,
  type ImageFlag,
  imageFlag,
  imageMagic,
  protectedAreaMagic,
  tlvHeadLength,
  tlvType,
  unprotectedAreaMagic,
} from "./labels.ts";
import type { ImageField, MalformedImage, MalformedImageReason } from "./refusal.ts";
import { readTlvs, type Tlv } from "./tlv.ts";
import { readTrailer } from "./trailer.ts";

/** Whether the bytes begin like an MCUboot image. */
export const startsLikeImage = (bytes: Uint8Array): boolean =>
  bytes.length >= 4 && viewOf(bytes).getUint32(0, true) === imageMagic;

/**
 * Reads an image, or a file that fills a slot with one. Every length is compared with what is there before it is
 * followed, and every byte of the file belongs to a part: nothing can hide behind the image.
 */
export function parseImage(received: Uint8Array): Result<McubootImage, MalformedImage> {
  const header = readHeader(received);
  if ("code" in header) return err(header);
  const { headerSize, imageSize, protectedSize } = header;
  const payloadEnd = headerSize + imageSize;
  if (payloadEnd > received.length) return refuse("truncated", "payload", received.length);

  const signed = protectedSize === 0 ? [] : readArea(received, payloadEnd, "protected");
  if ("code" in signed) return err(signed);
  const hashedEnd = payloadEnd + protectedSize;
  if (protectedSize !== areaLength(received, payloadEnd, protectedAreaMagic)) {
    return refuse("wrong-value", "protected-size", 10);
  }
  const unsigned = readArea(received, hashedEnd, "unprotected");
  if ("code" in unsigned) return err(unsigned);
  const length = hashedEnd + areaLength(received, hashedEnd, unprotectedAreaMagic);

  const securityCounter = readCounter(signed);
  if (typeof securityCounter === "object") return err(securityCounter);
  const dependencies = readDependencies(signed);
  if ("code" in dependencies) return err(dependencies);
  const trailer = length === received.length ? undefined : readTrailer(received.subarray(length));
  if (trailer === undefined && length !== received.length) return refuse("trailing-bytes", "padding", length);
  return ok({
    received,
    header,
    tlvs: [...signed, ...unsigned],
    payload: received.subarray(headerSize, payloadEnd),
    hashed: received.subarray(0, hashedEnd),
    length,
    ...(securityCounter === undefined ? {} : { securityCounter }),
    dependencies,
    ...(trailer === undefined ? {} : { trailer }),
  });
}

function readHeader(bytes: Uint8Array): ImageHeader | MalformedImage {
  if (bytes.length < 4) return malformedImage("truncated", "header", bytes.length);
  if (!startsLikeImage(bytes)) return malformedImage("wrong-magic", "header", 0);
  if (bytes.length < headerLength) return malformedImage("truncated", "header", bytes.length);
  const view = viewOf(bytes);
  const headerSize = view.getUint16(8, true);
  if (headerSize < headerLength) return malformedImage("wrong-value", "header-size", 8);
  const protectedSize = view.getUint16(10, true);
  if (protectedSize !== 0 && protectedSize <= tlvHeadLength) return malformedImage("wrong-value", "protected-size", 10);
  const bits = view.getUint32(16, true);
  const flags = (Object.keys(imageFlag) as ImageFlag[]).filter((flag) => (bits & imageFlag[flag]) !== 0);
  return {
    loadAddress: view.getUint32(4, true),
    headerSize,
    protectedSize,
    imageSize: view.getUint32(12, true),
    flags,
    unknownFlags: flags.reduce((rest, flag) => rest & ~imageFlag[flag], bits) >>> 0,
    version: readVersion(view, 20),
  };
}

const readVersion = (view: DataView, at: number): ImageHeader["version"] => ({
  major: view.getUint8(at),
  minor: view.getUint8(at + 1),
  revision: view.getUint16(at + 2, true),
  build: view.getUint32(at + 4, true),
});

function readArea(bytes: Uint8Array, at: number, area: Tlv["area"]): readonly Tlv[] | MalformedImage {
  const field = area === "protected" ? "protected-tlvs" : "tlvs";
  if (at + tlvHeadLength > bytes.length) return malformedImage("truncated", field, bytes.length);
  const magic = area === "protected" ? protectedAreaMagic : unprotectedAreaMagic;
  const total = areaLength(bytes, at, magic);
  if (total === 0) return malformedImage("wrong-magic", field, at);
  if (total < tlvHeadLength) return malformedImage("wrong-value", field, at + 2);
  if (at + total > bytes.length) return malformedImage("truncated", field, bytes.length);
  const tlvs = readTlvs(bytes, at + tlvHeadLength, at + total, area);
  return "overrunAt" in tlvs ? malformedImage("overrun", field, tlvs.overrunAt) : tlvs;
}

/** With its head; 0 = no area of this kind begins here. */
function areaLength(bytes: Uint8Array, at: number, magic: number): number {
  const view = viewOf(bytes);
  if (at + tlvHeadLength > bytes.length || view.getUint16(at, true) !== magic) return 0;
  return view.getUint16(at + 2, true);
}

function readCounter(signed: readonly Tlv[]): number | undefined | MalformedImage {
  const [counter, again] = signed.filter(({ type }) => type === tlvType["security-counter"]);
  if (counter === undefined) return undefined;
  if (again !== undefined) return malformedImage("repeated", "security-counter", again.offset);
  if (counter.value.length !== 4) return malformedImage("wrong-value", "security-counter", counter.offset);
  return viewOf(counter.value).getUint32(0, true);
}

function readDependencies(signed: readonly Tlv[]): readonly ImageDependency[] | MalformedImage {
  const dependencies: ImageDependency[] = [];
  for (const { type, value, offset } of signed) {
    if (type !== tlvType.dependency) continue;
    if (value.length !== 12) return malformedImage("wrong-value", "dependency", offset);
    dependencies.push({ image: value[0] ?? 0, minVersion: readVersion(viewOf(value), 4) });
  }
  return dependencies;
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const malformedImage = (reason: MalformedImageReason, field: ImageField, offset: number): MalformedImage => ({
  code: "malformed-image",
  reason,
  field,
  offset,
});

const refuse = (...facts: Parameters<typeof malformedImage>): Result<never, MalformedImage> =>
  err(malformedImage(...facts));
