import { describe, expect, test } from "vitest";
import { makeElf, type TestElf, type TestSegment } from "./elf.test.support.ts";
import { parseElf } from "./elf.ts";

const mebibyte = 2 ** 20;
const code = Uint8Array.of(1, 2, 3, 4);
const data = Uint8Array.of(9, 8);
const load = (physicalAddress: bigint, bytes: Uint8Array, more: Partial<TestSegment> = {}): TestSegment => ({
  physicalAddress,
  bytes,
  ...more,
});
const forms = [
  { bits: 32, order: "little" },
  { bits: 32, order: "big" },
  { bits: 64, order: "little" },
  { bits: 64, order: "big" },
] as const;

describe.each(forms)("an ELF of $bits bit, $order endian", (form) => {
  const parse = (elf: Omit<TestElf, "bits" | "order">) => parseElf(makeElf({ ...form, ...elf }), mebibyte);

  test("gives its segments by physical address, the gap as erased flash", () => {
    const segments = [load(0x8006n, data, { virtualAddress: 0x2000_0000n }), load(0x8000n, code)];
    expect(parse({ segments })).toEqual({
      ok: true,
      value: { loadAddress: 0x8000n, bytes: Uint8Array.of(1, 2, 3, 4, 255, 255, 9, 8), gapBytes: 2 },
    });
  });

  test("leaves out what exists in memory only, and other segments", () => {
    const segments = [
      load(0x8000n, code, { memorySize: 100n }),
      load(0x2000_0000n, new Uint8Array(), { memorySize: 4096n }),
      load(0x9000n, data, { type: 4 }),
    ];
    expect(parse({ segments })).toMatchObject({ ok: true, value: { bytes: code } });
  });

  test("takes virtual addresses when no physical one is set", () => {
    const segments = [load(0n, code, { virtualAddress: 0x100n }), load(0n, data, { virtualAddress: 0x104n })];
    expect(parse({ segments })).toMatchObject({ ok: true, value: { loadAddress: 0x100n, gapBytes: 0 } });
  });

  test.each([
    [1, "relocatable"],
    [3, "shared-object"],
    [4, "core"],
    [0xfe00, "other"],
  ])("refuses type %i", (type, kind) => {
    expect(parse({ type, segments: [load(0n, code)] })).toEqual({
      ok: false,
      error: { code: "elf-not-firmware", kind },
    });
  });

  test("refuses what asks for a loader", () => {
    const segments = [load(0n, code), load(0n, Uint8Array.of(47), { type: 3 })];
    expect(parse({ segments })).toEqual({ ok: false, error: { code: "elf-not-firmware", kind: "needs-loader" } });
  });

  test("refuses two segments at one address", () => {
    const segments = [load(0x100n, code), load(0x103n, data)];
    expect(parse({ segments })).toEqual({ ok: false, error: { code: "overlap", start: 0x103n, end: 0x104n } });
  });

  test("refuses segments that lie further apart than an image may be long", () => {
    const segments = [load(0x0800_0000n, code), load(0x2000_0000n, data)];
    expect(parse({ segments })).toEqual({
      ok: false,
      error: { code: "too-spread", span: 0x1800_0002n, gapStart: 0x0800_0004n, gapEnd: 0x2000_0000n },
    });
  });

  test("refuses a file without anything to load", () => {
    expect(parse({ segments: [] })).toEqual({ ok: false, error: { code: "no-data" } });
    expect(parse({ segments: [load(0n, new Uint8Array())] })).toEqual({ ok: false, error: { code: "no-data" } });
  });

  test.each<[string, TestSegment, string]>([
    ["reaches behind the end", load(0n, code, { fileSize: 400n }), "segment-outside-file"],
    [
      "begins behind the end",
      { ...load(0n, new Uint8Array(), { fileSize: 1n }), offset: 4096 },
      "segment-outside-file",
    ],
    ["has a size near 2^32", load(0n, code, { fileSize: 0xffff_fff0n }), "segment-outside-file"],
    ["is longer than its memory", load(0n, code, { memorySize: 3n }), "segment-larger-than-memory"],
  ])("refuses a segment that %s", (_, segment, reason) => {
    const result = parse({ segments: [segment] });
    expect(result).toMatchObject({ ok: false, error: { code: "elf-malformed", reason } });
  });

  test("cuts the ELF headers out of a segment that contains them", () => {
    const plain = makeElf({ ...form, segments: [load(0n, code)], sections: [section(1, 2n, 0, 0)] });
    const start = plain.length - code.length;
    const segments = [load(0x1_0000n, plain.slice(0), { offset: 0, fileSize: BigInt(plain.length) })];
    const sections = [section(1, 2n, start, code.length)];
    const elf = makeElf({ ...form, segments, sections });
    elf.set(code, start);
    expect(parseElf(elf, mebibyte)).toEqual({
      ok: true,
      value: { loadAddress: 0x1_0000n + BigInt(start), bytes: code, gapBytes: 0 },
    });
  });

  test("refuses headers in a segment when no section says where they end", () => {
    const segments = [load(0n, code, { offset: 0 })];
    expect(parse({ segments })).toMatchObject({ ok: false, error: { reason: "headers-in-segment" } });
  });

  test("every truncation is refused", () => {
    const elf = makeElf({ ...form, segments: [load(0x8000n, code), load(0x9000n, data)] });
    for (let length = 4; length < elf.length; length++) {
      expect(parseElf(elf.subarray(0, length), mebibyte)).toMatchObject({
        ok: false,
        error: { code: "elf-malformed" },
      });
    }
  });

  test("no flipped bit of the headers makes it throw, or allocate more than the limit", () => {
    const segments = [load(0x8000n, code), load(0x9000n, data)];
    const elf = makeElf({ ...form, segments, sections: [section(1, 2n, 200, 4)] });
    for (let bit = 0; bit < elf.length * 8; bit++) {
      const flipped = elf.with(bit >> 3, (elf[bit >> 3] ?? 0) ^ (1 << (bit & 7)));
      const result = parseElf(flipped, mebibyte);
      if (result.ok) expect(result.value.bytes.length).toBeLessThanOrEqual(mebibyte);
    }
  });
});

const section = (type: number, flags: bigint, offset: number, size: number) => ({ type, flags, offset, size });

test.each([
  [4, 3, "unknown-class", 4],
  [5, 0, "unknown-byte-order", 5],
  [6, 0, "unknown-version", 6],
  [42, 31, "wrong-entry-size", 42],
  [29, 0x7f, "table-outside-file", 28],
])("byte %i set to %i is refused as %s", (at, value, reason, offset) => {
  const elf = makeElf({ bits: 32, order: "little", segments: [load(0n, code)] }).with(at, value);
  expect(parseElf(elf, mebibyte)).toEqual({ ok: false, error: { code: "elf-malformed", reason, offset } });
});

test("65535 segments are refused, not read from elsewhere", () => {
  const elf = makeElf({ bits: 32, order: "little", segments: [load(0n, code)] })
    .with(44, 0xff)
    .with(45, 0xff);
  expect(parseElf(elf, mebibyte)).toMatchObject({ ok: false, error: { reason: "too-many-segments" } });
});
