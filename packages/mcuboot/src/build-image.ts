import { err, ok, type Result } from "@sumac/cbor";
import { type Crypto, concatBytes, type DigestName, type PublicKey, schemeForms } from "@sumac/crypto";
import { derFromRaw } from "./der-signature.ts";
import type { ImageDependency } from "./image.ts";
import { automaticCounter, type ImageVersion } from "./image-version.ts";
import { digestOf, keyHash } from "./key-hash.ts";
import {
  erasedByte,
  headerLength,
  type ImageFlag,
  imageFlag,
  imageMagic,
  isVendorTlv,
  protectedAreaMagic,
  tlvType,
  unprotectedAreaMagic,
} from "./labels.ts";
import { startsLikeImage } from "./parse-image.ts";
import { serializeTlvArea, type Tlv } from "./tlv.ts";
import { type SlotGeometry, slotPadding, type Trailer, trailerLength } from "./trailer.ts";

type TlvInput = Pick<Tlv, "type" | "value">;

/** What is made into an image. Sizes in bytes. */
export interface ImageInput {
  readonly payload: Uint8Array;
  /** `added`: a header area goes before the payload; `reserved`: the payload begins with room for it, all zero or all ff. */
  readonly headerSpace: "added" | "reserved";
  /** 32 to 65,535. */
  readonly headerSize: number;
  readonly version: ImageVersion;
  readonly loadAddress?: number;
  /** `automatic`: made of the version. Absent: none, and devices with rollback protection will refuse the image. */
  readonly securityCounter?: number | "automatic";
  readonly dependencies?: readonly ImageDependency[];
  /** Protected; types from 0xXXA0 to 0xXXFE. */
  readonly vendorTlvs?: readonly TlvInput[];
  readonly flags?: readonly Extract<ImageFlag, "non-bootable" | "ram-load" | "rom-fixed">[];
  readonly signature: {
    /** Ed25519 or ECDSA P-256. */
    readonly key: PublicKey;
    /** `pure`: over the image itself; only with Ed25519, and only for boot loaders built for it. */
    readonly kind: "digest" | "pure";
    /** Only with Ed25519; ECDSA P-256 is SHA-256. Default SHA-256, SHA-512 for `pure`. */
    readonly digest?: Extract<DigestName, "sha-256" | "sha-512">;
  };
  /** The slot the image is for: it is refused if it does not fit. */
  readonly slot?: SlotGeometry;
  /** `test`: the file fills the slot and is tried once; `confirm`: it stays. Needs `slot`. Default: no padding. */
  readonly pad?: "test" | "confirm";
}

export type ImageInputRefusal =
  | { readonly code: "payload-empty" }
  /** The payload has a header already: it would be hidden inside another one. */
  | { readonly code: "already-an-image" }
  | { readonly code: "header-space-used"; readonly offset: number }
  | { readonly code: "number-out-of-range"; readonly field: string; readonly value: number; readonly limit: number }
  | { readonly code: "tlv-not-for-vendors"; readonly type: number }
  | { readonly code: "algorithm-not-possible"; readonly scheme: PublicKey["scheme"]; readonly kind: "digest" | "pure" }
  | { readonly code: "slot-needed" }
  /** With the trailer at the end of the slot. */
  | { readonly code: "image-too-large"; readonly size: number; readonly limit: number };

/** An image that waits for its signature. */
export interface UnsignedImage {
  /** What the signer signs: for ECDSA the image (the scheme digests it), for Ed25519 the digest or the image. */
  readonly toBeSigned: Uint8Array;
  readonly digest: Uint8Array;
  /** `signature`: raw, r || s for ECDSA, of the key's length (`RangeError`). */
  finish(signature: Uint8Array): Uint8Array;
}

/** Lays an image out as the reference tool does, byte for byte. Pure: the signature comes later, from anywhere. */
export function layOutImage(input: ImageInput, crypto: Crypto): Result<UnsignedImage, ImageInputRefusal> {
  const refusal = findFault(input);
  if (refusal !== undefined) return err(refusal);
  const { signature, version } = input;
  const { key, kind } = signature;
  const algorithm = signature.digest ?? (kind === "pure" ? "sha-512" : "sha-256");
  const payload = input.headerSpace === "reserved" ? input.payload.subarray(input.headerSize) : input.payload;
  const signed = serializeTlvArea(protectedAreaMagic, protectedTlvs(input, version));
  const hashed = concatBytes(serializeHeader(input, payload.length, signed.length), payload, signed);
  const digest = digestOf(hashed, algorithm, crypto);
  const pure = kind === "pure" ? [{ type: tlvType["signature-pure"], value: Uint8Array.of(1) }] : [];
  const unsigned = (value: Uint8Array): Uint8Array =>
    serializeTlvArea(unprotectedAreaMagic, [
      { type: algorithm === "sha-256" ? tlvType.sha256 : tlvType.sha512, value: digest },
      ...pure,
      { type: tlvType.keyhash, value: keyHash(key, algorithm, crypto) },
      { type: key.scheme === "ed25519" ? tlvType.ed25519 : tlvType.ecdsa, value },
    ]);

  const { slot, pad } = input;
  // DER integers are as short as they can be: the longest possible signature has to fit.
  const longest = hashed.length + unsigned(new Uint8Array(key.scheme === "ed25519" ? 64 : 72)).length;
  const room = slot === undefined ? Number.POSITIVE_INFINITY : slot.size - trailerLength(slot);
  if (longest > room) return err({ code: "image-too-large", size: longest, limit: room });
  return ok({
    toBeSigned: key.scheme === "ed25519" && kind === "digest" ? digest : hashed,
    digest,
    finish(raw) {
      if (raw.length !== schemeForms[key.scheme].signatureLength)
        throw new RangeError(`${raw.length} bytes of signature`);
      const image = concatBytes(hashed, unsigned(key.scheme === "ed25519" ? raw : derFromRaw(raw)));
      if (slot === undefined || pad === undefined) return image;
      return concatBytes(image, slotPadding(slot, image.length, imageOkFor[pad]));
    },
  });
}

const imageOkFor: Readonly<Record<"test" | "confirm", Trailer["imageOk"]>> = { test: "unset", confirm: "confirmed" };

function findFault(input: ImageInput): ImageInputRefusal | undefined {
  const { payload, headerSpace, headerSize, signature, slot, pad } = input;
  if (headerSize < headerLength) return outOfRange("header-size", headerSize, headerLength);
  for (const [field, value, limit] of boundedNumbers(input)) {
    if (!Number.isInteger(value) || value < 0 || value > limit) return outOfRange(field, value, limit);
  }
  if (startsLikeImage(payload)) return { code: "already-an-image" };
  const reserved = headerSpace === "reserved" ? headerSize : 0;
  if (payload.length <= reserved) return { code: "payload-empty" };
  const fill = payload[0];
  const used = payload.subarray(0, reserved).findIndex((byte) => byte !== fill || (byte !== 0 && byte !== erasedByte));
  if (used >= 0) return { code: "header-space-used", offset: used };
  const foreign = input.vendorTlvs?.find(({ type }) => !isVendorTlv(type));
  if (foreign !== undefined) return { code: "tlv-not-for-vendors", type: foreign.type };
  if (pad !== undefined && slot === undefined) return { code: "slot-needed" };
  const { key, kind, digest } = signature;
  const possible =
    key.scheme === "ed25519" ||
    (key.scheme === "ecdsa-p256-sha256" && kind === "digest" && (digest ?? "sha-256") === "sha-256");
  return possible ? undefined : { code: "algorithm-not-possible", scheme: key.scheme, kind };
}

function* boundedNumbers(input: ImageInput): Generator<readonly [field: string, value: number, limit: number]> {
  const { headerSize, loadAddress = 0, securityCounter = 0, dependencies = [], vendorTlvs = [], version } = input;
  yield ["header-size", headerSize, 0xffff];
  yield ["load-address", loadAddress, 0xffffffff];
  yield ["payload", input.payload.length, 0xffffffff];
  if (typeof securityCounter === "number") yield ["security-counter", securityCounter, 0xffffffff];
  for (const { image, minVersion } of dependencies) {
    yield ["dependency.image", image, 0xff];
    yield* versionNumbers("dependency", minVersion);
  }
  for (const { type } of vendorTlvs) yield ["tlv.type", type, 0xffff];
  const lengths = vendorTlvs.reduce((sum, { value }) => sum + value.length + 4, dependencies.length * 16 + 12);
  yield ["protected-tlvs", lengths, 0xffff];
  yield* versionNumbers("version", version);
}

function* versionNumbers(
  field: string,
  { major, minor, revision, build }: ImageVersion,
): Generator<readonly [field: string, value: number, limit: number]> {
  yield [`${field}.major`, major, 0xff];
  yield [`${field}.minor`, minor, 0xff];
  yield [`${field}.revision`, revision, 0xffff];
  yield [`${field}.build`, build, 0xffffffff];
}

const outOfRange = (field: string, value: number, limit: number): ImageInputRefusal => ({
  code: "number-out-of-range",
  field,
  value,
  limit,
});

function protectedTlvs(input: ImageInput, version: ImageVersion): TlvInput[] {
  const { securityCounter, dependencies = [], vendorTlvs = [] } = input;
  const tlvs: TlvInput[] = [];
  if (securityCounter !== undefined) {
    const counter = securityCounter === "automatic" ? automaticCounter(version) : securityCounter;
    const value = new Uint8Array(4);
    new DataView(value.buffer).setUint32(0, counter, true);
    tlvs.push({ type: tlvType["security-counter"], value });
  }
  for (const { image, minVersion } of dependencies) {
    const value = new Uint8Array(12);
    value[0] = image;
    writeVersion(new DataView(value.buffer), 4, minVersion);
    tlvs.push({ type: tlvType.dependency, value });
  }
  return [...tlvs, ...vendorTlvs];
}

/** The whole header area: what lies behind the header itself is hashed too, and is left erased. */
function serializeHeader(input: ImageInput, imageSize: number, protectedSize: number): Uint8Array {
  const { headerSize, headerSpace, payload, version, loadAddress = 0, flags = [] } = input;
  const fill = headerSpace === "reserved" ? (payload[0] ?? 0) : erasedByte;
  const area = new Uint8Array(headerSize).fill(fill).fill(0, 0, headerLength);
  const view = new DataView(area.buffer);
  view.setUint32(0, imageMagic, true);
  view.setUint32(4, loadAddress, true);
  view.setUint16(8, headerSize, true);
  view.setUint16(10, protectedSize, true);
  view.setUint32(12, imageSize, true);
  view.setUint32(
    16,
    flags.reduce((bits, flag) => bits | imageFlag[flag], 0),
    true,
  );
  writeVersion(view, 20, version);
  return area;
}

function writeVersion(view: DataView, at: number, { major, minor, revision, build }: ImageVersion): void {
  view.setUint8(at, major);
  view.setUint8(at + 1, minor);
  view.setUint16(at + 2, revision, true);
  view.setUint32(at + 4, build, true);
}
