import { err, ok, type Result } from "@sumac/cbor";
import { composeMemoryImage, type MemoryImage, type MemoryImageRefusal, type MemorySegment } from "./memory-image.ts";

// System V ABI, "Object Files" and "Program Loading": only what an image needs.
const fileType = { relocatable: 1, executable: 2, "shared-object": 3, core: 4 } as const;
const segmentType = { load: 1, interpreter: 3 } as const;
const sectionType = { nobits: 8 } as const;
const sectionFlag = { alloc: 2n } as const;
/** e_phnum when the real count stands elsewhere: more than 65534 segments, no firmware. */
const extendedCount = 0xffff;

/** Where the fields lie, by class. */
const layouts = {
  32: { header: 52, programOffset: 28, sectionOffset: 32, programSize: 42, sectionSize: 46, program: 32, section: 40 },
  64: { header: 64, programOffset: 32, sectionOffset: 40, programSize: 54, sectionSize: 58, program: 56, section: 64 },
} as const;

export type ElfReason =
  | "truncated-header"
  | "unknown-class"
  | "unknown-byte-order"
  | "unknown-version"
  | "wrong-entry-size"
  | "too-many-segments"
  | "table-outside-file"
  | "segment-outside-file"
  | "segment-larger-than-memory"
  | "headers-in-segment";

export type ElfKind = "relocatable" | "shared-object" | "core" | "needs-loader" | "other";

export type ElfRefusal =
  | { readonly code: "elf-malformed"; readonly reason: ElfReason; readonly offset: number }
  | { readonly code: "elf-not-firmware"; readonly kind: ElfKind }
  | { readonly code: "no-data" }
  | MemoryImageRefusal;

/**
 * The PT_LOAD segments of a linked ELF file by physical address (LMA, where flash holds them), their file content only.
 *
 * ET_EXEC alone is taken. A relocatable object has no addresses yet; a shared object or position-independent program
 * (ET_DYN) gets them from a loader, so the bytes in the file are not the bytes that run; PT_INTERP asks for such a
 * loader even in an ET_EXEC.
 */
export function parseElf(bytes: Uint8Array, maxBytes: number): Result<MemoryImage, ElfRefusal> {
  const opened = openElf(bytes);
  if (!opened.ok) return opened;
  const segments = readSegments(opened.value);
  if (!segments.ok) return segments;
  return segments.value.length === 0 ? err({ code: "no-data" }) : composeMemoryImage(segments.value, maxBytes);
}

interface ElfFile {
  readonly bytes: Uint8Array;
  readonly layout: (typeof layouts)[32 | 64];
  readonly u16: (offset: number) => number;
  readonly u32: (offset: number) => number;
  /** An address, offset or size of the file's class. */
  readonly word: (offset: number) => bigint;
}

const malformed = (reason: ElfReason, offset: number): { ok: false; error: ElfRefusal } =>
  err({ code: "elf-malformed", reason, offset });

function openElf(bytes: Uint8Array): Result<ElfFile, ElfRefusal> {
  if (bytes.length < 16) return malformed("truncated-header", bytes.length);
  const elfClass = bytes[4] === 1 ? 32 : bytes[4] === 2 ? 64 : undefined;
  if (elfClass === undefined) return malformed("unknown-class", 4);
  if (bytes[5] !== 1 && bytes[5] !== 2) return malformed("unknown-byte-order", 5);
  if (bytes[6] !== 1) return malformed("unknown-version", 6);
  const layout = layouts[elfClass];
  if (bytes.length < layout.header) return malformed("truncated-header", bytes.length);
  const little = bytes[5] === 1;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const u32 = (offset: number): number => view.getUint32(offset, little);
  const file: ElfFile = {
    bytes,
    layout,
    u16: (offset) => view.getUint16(offset, little),
    u32,
    word: (offset) => (elfClass === 64 ? view.getBigUint64(offset, little) : BigInt(u32(offset))),
  };
  const type = file.u16(16);
  if (type === fileType.executable) return ok(file);
  const known = (["relocatable", "shared-object", "core"] as const).find((name) => fileType[name] === type);
  return err({ code: "elf-not-firmware", kind: known ?? "other" });
}

interface ProgramHeader {
  readonly at: number;
  readonly type: number;
  readonly offset: bigint;
  readonly virtualAddress: bigint;
  readonly physicalAddress: bigint;
  readonly fileSize: bigint;
  readonly memorySize: bigint;
}

function readSegments(file: ElfFile): Result<MemorySegment[], ElfRefusal> {
  const headers = readProgramHeaders(file);
  if (!headers.ok) return headers;
  if (headers.value.some(({ type }) => type === segmentType.interpreter)) {
    return err({ code: "elf-not-firmware", kind: "needs-loader" });
  }
  const loaded = headers.value.filter(({ type, fileSize }) => type === segmentType.load && fileSize > 0n);
  // Some linkers leave every physical address zero: then there is no other than the virtual one.
  const hasPhysical = loaded.some(({ physicalAddress }) => physicalAddress !== 0n);
  const segments: MemorySegment[] = [];
  for (const header of loaded) {
    if (header.fileSize > header.memorySize) return malformed("segment-larger-than-memory", header.at);
    if (header.offset + header.fileSize > BigInt(file.bytes.length))
      return malformed("segment-outside-file", header.at);
    const skipped = bytesBeforeContent(file, header);
    if (skipped === undefined) return malformed("headers-in-segment", header.at);
    const bytes = file.bytes.subarray(Number(header.offset + skipped), Number(header.offset + header.fileSize));
    const address = (hasPhysical ? header.physicalAddress : header.virtualAddress) + skipped;
    if (bytes.length > 0) segments.push({ address, bytes });
  }
  return ok(segments);
}

/** A table of `count` entries of `size` bytes inside the file, or undefined. */
function tableStart(file: ElfFile, offset: bigint, count: number, size: number): number | undefined {
  return offset + BigInt(count * size) <= BigInt(file.bytes.length) ? Number(offset) : undefined;
}

function readProgramHeaders(file: ElfFile): Result<ProgramHeader[], ElfRefusal> {
  const { layout, u16, u32, word } = file;
  const count = u16(layout.programSize + 2);
  if (count === 0) return ok([]);
  if (count === extendedCount) return malformed("too-many-segments", layout.programSize + 2);
  if (u16(layout.programSize) !== layout.program) return malformed("wrong-entry-size", layout.programSize);
  const start = tableStart(file, word(layout.programOffset), count, layout.program);
  if (start === undefined) return malformed("table-outside-file", layout.programOffset);
  // The 32-bit entry is type, offset, vaddr, paddr, filesz, memsz; the 64-bit one has the flags after the type.
  const width = layout === layouts[64] ? 8 : 4;
  return ok(
    Array.from({ length: count }, (_, index) => {
      const at = start + index * layout.program;
      const field = (position: number): bigint => word(at + width * position);
      return {
        at,
        type: u32(at),
        offset: field(1),
        virtualAddress: field(2),
        physicalAddress: field(3),
        fileSize: field(4),
        memorySize: field(5),
      };
    }),
  );
}

/**
 * How many bytes of a segment precede its first section. Linkers may put the ELF and program headers into the first
 * segment when the addresses leave room for them; they are no firmware, and would stand where the vector table belongs.
 * Undefined: the headers are inside, and without sections nobody can tell where they end.
 */
function bytesBeforeContent(file: ElfFile, segment: ProgramHeader): bigint | undefined {
  if (segment.offset >= BigInt(file.layout.header)) return 0n;
  const { layout, u16, u32, word } = file;
  const count = u16(layout.sectionSize + 2);
  const start = tableStart(file, word(layout.sectionOffset), count, layout.section);
  if (count === 0 || start === undefined || u16(layout.sectionSize) !== layout.section) return undefined;
  const width = layout === layouts[64] ? 8 : 4;
  const end = segment.offset + segment.fileSize;
  let first = end;
  for (let at = start; at < start + count * layout.section; at += layout.section) {
    const isAllocated = (word(at + 8) & sectionFlag.alloc) !== 0n && u32(at + 4) !== sectionType.nobits;
    const offset = word(at + 8 + 2 * width);
    const size = word(at + 8 + 3 * width);
    if (isAllocated && size > 0n && offset >= segment.offset && offset < first) first = offset;
  }
  return first - segment.offset;
}
