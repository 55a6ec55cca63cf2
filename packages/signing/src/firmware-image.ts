import { err, ok, type Result } from "@sumac/cbor";
import { type ElfKind, type ElfReason, parseElf } from "./elf.ts";
import { type IntelHexReason, parseIntelHex } from "./intel-hex.ts";
import type { MemoryImage } from "./memory-image.ts";
import { type ContentKind, recogniseContent } from "./recognise-content.ts";

export type FirmwareFormat = "binary" | "intel-hex" | "elf";

/** The bytes that go to the device, whatever file they came in. */
export interface FirmwareImage {
  readonly format: FirmwareFormat;
  readonly bytes: Uint8Array;
  /** Where the first byte belongs; a raw binary does not say. */
  readonly loadAddress?: bigint;
  /** How many of `bytes` are 0xFF because the file has nothing there. */
  readonly gapBytes: number;
}

export interface FirmwareOptions {
  /** Largest image, in bytes, gaps included. Default 64 MiB. */
  readonly maxBytes?: number;
  /**
   * `detect` (default) judges by content. A named format says what the file is: `binary` takes bytes that look like
   * something else (an archive that is the payload), save for an empty file or a private key.
   */
  readonly format?: FirmwareFormat | "detect";
}

export type FirmwareRefusal =
  | { readonly code: "not-firmware"; readonly looksLike: ContentKind; readonly expected: FirmwareFormat | "detect" }
  | { readonly code: "firmware-too-large"; readonly size: bigint; readonly limit: number }
  | {
      readonly code: "firmware-too-spread";
      readonly format: FirmwareFormat;
      readonly span: bigint;
      readonly limit: number;
      readonly gapStart: bigint;
      readonly gapEnd: bigint;
    }
  | { readonly code: "firmware-without-data"; readonly format: FirmwareFormat }
  | { readonly code: "intel-hex-malformed"; readonly reason: IntelHexReason; readonly line: number }
  | { readonly code: "intel-hex-overlap"; readonly line: number; readonly otherLine: number; readonly address: bigint }
  | { readonly code: "elf-malformed"; readonly reason: ElfReason; readonly offset: number }
  | { readonly code: "elf-not-firmware"; readonly kind: ElfKind }
  | { readonly code: "elf-overlap"; readonly start: bigint; readonly end: bigint };

const defaultMaxBytes = 64 * 1024 * 1024;

/** These would be published with the release: refused whatever the caller says the file is. */
const secrets: readonly ContentKind[] = ["private-key", "encrypted-private-key", "age-file"];

/** Reads a firmware file of any supported format into the image that will be digested and sent. */
export function readFirmwareImage(
  bytes: Uint8Array,
  options: FirmwareOptions = {},
): Result<FirmwareImage, FirmwareRefusal> {
  const { maxBytes = defaultMaxBytes, format: expected = "detect" } = options;
  const looksLike = recogniseContent(bytes);
  const format = decideFormat(looksLike, expected);
  if (!format.ok) return format;
  switch (format.value) {
    case "binary":
      if (bytes.length > maxBytes) return err(tooLarge(BigInt(bytes.length), maxBytes));
      return ok({ format: "binary", bytes, gapBytes: 0 });
    case "intel-hex": {
      const image = parseIntelHex(bytes, maxBytes);
      return image.ok ? ok(placed("intel-hex", image.value)) : err(translate(image.error, "intel-hex", maxBytes));
    }
    case "elf": {
      const image = parseElf(bytes, maxBytes);
      return image.ok ? ok(placed("elf", image.value)) : err(translate(image.error, "elf", maxBytes));
    }
  }
}

function decideFormat(
  looksLike: ContentKind | undefined,
  expected: FirmwareFormat | "detect",
): Result<FirmwareFormat, FirmwareRefusal> {
  if (looksLike === "empty" || (looksLike !== undefined && secrets.includes(looksLike))) {
    return err({ code: "not-firmware", looksLike, expected });
  }
  if (expected === "binary") return ok("binary");
  if (expected !== "detect") {
    // A corrupt first line may hide that it is Intel HEX, so the reader is the one to say what is wrong.
    if (looksLike === expected || (expected === "intel-hex" && looksLike === "text")) return ok(expected);
    return err({ code: "not-firmware", looksLike: looksLike ?? "unknown", expected });
  }
  if (looksLike === undefined) return ok("binary");
  if (looksLike === "intel-hex" || looksLike === "elf") return ok(looksLike);
  return err({ code: "not-firmware", looksLike, expected });
}

const placed = (format: FirmwareFormat, image: MemoryImage): FirmwareImage => ({ format, ...image });

const tooLarge = (size: bigint, limit: number): FirmwareRefusal => ({ code: "firmware-too-large", size, limit });

type ReaderRefusal =
  | Extract<ReturnType<typeof parseElf>, { ok: false }>["error"]
  | Extract<ReturnType<typeof parseIntelHex>, { ok: false }>["error"];

function translate(refusal: ReaderRefusal, format: FirmwareFormat, limit: number): FirmwareRefusal {
  switch (refusal.code) {
    case "no-data":
      return { code: "firmware-without-data", format };
    case "too-large":
      return tooLarge(refusal.size, limit);
    case "too-spread":
      return { ...refusal, code: "firmware-too-spread", format, limit };
    case "overlap":
      return { ...refusal, code: "elf-overlap" };
    default:
      return refusal;
  }
}
