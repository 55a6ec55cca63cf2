/** One program header and its bytes, where `offset` says they lie in the file. */
export interface TestSegment {
  /** Default 1, PT_LOAD. */
  readonly type?: number;
  readonly offset?: number;
  readonly virtualAddress?: bigint;
  readonly physicalAddress: bigint;
  readonly bytes: Uint8Array;
  /** What the header claims; default the length of `bytes`. */
  readonly fileSize?: bigint;
  readonly memorySize?: bigint;
}

interface TestSection {
  readonly type: number;
  readonly flags: bigint;
  readonly offset: number;
  readonly size: number;
}

export interface TestElf {
  readonly bits: 32 | 64;
  readonly order: "little" | "big";
  /** Default 2, ET_EXEC. */
  readonly type?: number;
  readonly segments: readonly TestSegment[];
  readonly sections?: readonly TestSection[];
}

/** Writes an ELF file: header, program headers, section headers, then the segments one after the other. */
export function makeElf({ bits, order, type = 2, segments, sections = [] }: TestElf): Uint8Array {
  const wide = bits === 64;
  const width = wide ? 8 : 4;
  const header = wide ? 64 : 52;
  const program = wide ? 56 : 32;
  const section = wide ? 64 : 40;
  const sectionStart = header + segments.length * program;
  let end = sectionStart + sections.length * section;
  const offsets = segments.map(({ offset, bytes }) => {
    const start = offset ?? end;
    end = Math.max(end, start + bytes.length);
    return start;
  });
  const file = new Uint8Array(end);
  const view = new DataView(file.buffer);
  const little = order === "little";
  const u16 = (at: number, value: number): void => view.setUint16(at, value, little);
  const u32 = (at: number, value: number): void => view.setUint32(at, value, little);
  const word = (at: number, value: bigint): void =>
    wide ? view.setBigUint64(at, value, little) : u32(at, Number(BigInt.asUintN(32, value)));

  for (const [index, { bytes }] of segments.entries()) file.set(bytes, offsets[index]);
  file.set([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, little ? 1 : 2, 1]);
  u16(16, type);
  u16(18, 40);
  u32(20, 1);
  word(24 + width, BigInt(header));
  word(24 + 2 * width, sections.length === 0 ? 0n : BigInt(sectionStart));
  const counts = 24 + 3 * width + 4;
  u16(counts, header);
  u16(counts + 2, program);
  u16(counts + 4, segments.length);
  u16(counts + 6, section);
  u16(counts + 8, sections.length);
  for (const [index, segment] of segments.entries()) {
    const at = header + index * program;
    const size = BigInt(segment.bytes.length);
    u32(at, segment.type ?? 1);
    word(at + width, BigInt(offsets[index] ?? 0));
    word(at + 2 * width, segment.virtualAddress ?? segment.physicalAddress);
    word(at + 3 * width, segment.physicalAddress);
    word(at + 4 * width, segment.fileSize ?? size);
    word(at + 5 * width, segment.memorySize ?? segment.fileSize ?? size);
  }
  for (const [index, { type, flags, offset, size }] of sections.entries()) {
    const at = sectionStart + index * section;
    u32(at + 4, type);
    word(at + 8, flags);
    word(at + 8 + 2 * width, BigInt(offset));
    word(at + 8 + 3 * width, BigInt(size));
  }
  return file;
}
