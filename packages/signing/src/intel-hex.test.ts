import { describe, expect, test } from "vitest";
import { parseIntelHex } from "./intel-hex.ts";

const mebibyte = 2 ** 20;

/** One record with its checksum. */
function record(type: number, offset: number, data: readonly number[]): string {
  const bytes = [data.length, offset >> 8, offset & 0xff, type, ...data];
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  return `:${[...bytes, -sum & 0xff].map((byte) => byte.toString(16).padStart(2, "0").toUpperCase()).join("")}`;
}

const end = record(1, 0, []);
const linear = (upper: number): string => record(4, 0, [upper >> 8, upper & 0xff]);
const segment = (paragraph: number): string => record(2, 0, [paragraph >> 8, paragraph & 0xff]);
const file = (...lines: readonly string[]): Uint8Array => new TextEncoder().encode(`${lines.join("\n")}\n`);
const parse = (...lines: readonly string[]) => parseIntelHex(file(...lines), mebibyte);

describe("parseIntelHex", () => {
  test("reads the classic example of the format", () => {
    const lines = [":10010000214601360121470136007EFE09D2190140", ":00000001FF"];
    expect(parse(...lines)).toEqual({
      ok: true,
      value: {
        loadAddress: 0x100n,
        bytes: Uint8Array.of(0x21, 0x46, 1, 0x36, 1, 0x21, 0x47, 1, 0x36, 0, 0x7e, 0xfe, 9, 0xd2, 0x19, 1),
        gapBytes: 0,
      },
    });
  });

  test("fills gaps as erased flash, whatever the order of the records", () => {
    expect(parse(record(0, 6, [7]), record(0, 2, [1, 2]), end)).toEqual({
      ok: true,
      value: { loadAddress: 2n, bytes: Uint8Array.of(1, 2, 255, 255, 7), gapBytes: 2 },
    });
  });

  test("a linear base moves what follows, over 64 KiB boundaries", () => {
    const result = parse(linear(0x0800), record(0, 0xffff, [1, 2]), linear(0x0801), record(0, 1, [3]), end);
    expect(result).toEqual({
      ok: true,
      value: { loadAddress: 0x0800_ffffn, bytes: Uint8Array.of(1, 2, 3), gapBytes: 0 },
    });
  });

  test("in a segment the offset wraps at 64 KiB", () => {
    const result = parse(segment(0x1000), record(0, 0xfffe, [1, 2, 3]), end);
    expect(result.ok && [result.value.loadAddress, result.value.bytes.length]).toEqual([0x1_0000n, 0x1_0000]);
    expect(result.ok && [result.value.bytes[0], result.value.bytes.at(-2)]).toEqual([3, 1]);
  });

  test("start addresses and empty records change nothing", () => {
    const result = parse(
      record(3, 0, [0, 0, 1, 0]),
      record(0, 9, []),
      record(0, 0, [5]),
      record(5, 0, [8, 0, 0, 1]),
      end,
    );
    expect(result).toMatchObject({ ok: true, value: { bytes: Uint8Array.of(5) } });
  });

  test.each([
    ["CRLF", "\r\n"],
    ["CR", "\r"],
    ["empty lines", "\n\n"],
  ])("%s between the lines", (_, separator) => {
    const text = new TextEncoder().encode([record(0, 0, [5]), end].join(separator));
    expect(parseIntelHex(text, mebibyte)).toMatchObject({ ok: true, value: { bytes: Uint8Array.of(5) } });
  });

  test("small letters", () => {
    expect(parse(record(0, 0, [0xab]).toLowerCase(), end)).toMatchObject({
      ok: true,
      value: { bytes: Uint8Array.of(0xab) },
    });
  });

  test("the highest address there is", () => {
    expect(parse(linear(0xffff), record(0, 0xfffe, [1, 2]), end)).toMatchObject({ ok: true });
  });

  const good = record(0, 0, [1, 2]);
  test.each<[string, readonly string[], string, number]>([
    ["a line without a colon", [good, "hello", end], "no-colon", 2],
    ["a letter that is no digit", [good.replace("02", "0G"), end], "bad-digit", 1],
    ["a space at the end", [`${good} `, end], "bad-digit", 1],
    ["a missing digit", [good.slice(0, -1), end], "wrong-length", 1],
    ["a missing byte", [good.slice(0, -2), end], "wrong-length", 1],
    ["a byte too many", [`${good}00`, end], "wrong-length", 1],
    ["a colon alone", [":", end], "wrong-length", 1],
    ["a line far too long", [`:${"00".repeat(300)}`, end], "wrong-length", 1],
    ["a wrong checksum", [good, `${record(0, 2, [3]).slice(0, -2)}00`, end], "bad-checksum", 2],
    ["a flipped data bit", [good.replace("0102", "0103"), end], "bad-checksum", 1],
    ["type 06", [record(6, 0, []), end], "unknown-record-type", 1],
    ["a base of three bytes", [record(4, 0, [0, 0, 0]), end], "wrong-length", 1],
    ["a segment of one byte", [record(2, 0, [0]), end], "wrong-length", 1],
    ["a start address of two bytes", [record(5, 0, [0, 0]), end], "wrong-length", 1],
    ["an end with data", [good, record(1, 0, [0])], "wrong-length", 2],
    ["data after the end", [good, end, record(0, 2, [3])], "data-after-end", 3],
    ["two ends", [good, end, end], "data-after-end", 3],
    ["no end", [good, record(0, 2, [3])], "missing-end", 2],
    ["an address over 4 GiB", [linear(0xffff), record(0, 0xffff, [1, 2]), end], "address-overflow", 2],
  ])("refuses %s", (_, lines, reason, line) => {
    expect(parse(...lines)).toEqual({ ok: false, error: { code: "intel-hex-malformed", reason, line } });
  });

  test.each<[string, readonly string[], number, number, bigint]>([
    ["twice the same record", [good, good, end], 2, 1, 0n],
    ["a record into a run before it", [record(0, 0, [1, 2]), record(0, 2, [3, 4]), record(0, 1, [9]), end], 3, 1, 1n],
    ["a run into a record after it", [record(0, 4, [9]), record(0, 2, [1, 2, 3]), end], 2, 1, 4n],
    ["a segment and a linear address", [segment(0x1000), good, linear(1), good, end], 4, 2, 0x1_0000n],
  ])("refuses %s", (_, lines, line, otherLine, address) => {
    expect(parse(...lines)).toEqual({ ok: false, error: { code: "intel-hex-overlap", line, otherLine, address } });
  });

  test("two records 4 GiB apart cost nothing", () => {
    const before = process.memoryUsage().arrayBuffers;
    expect(parse(record(0, 0, [1]), linear(0xffff), record(0, 0xffff, [2]), end)).toEqual({
      ok: false,
      error: { code: "too-spread", span: 2n ** 32n, gapStart: 1n, gapEnd: 0xffff_ffffn },
    });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 24);
  });

  test("more data than the limit", () => {
    const lines = Array.from({ length: 20 }, (_, i) => record(0, i * 16, Array(16).fill(i)));
    expect(parseIntelHex(file(...lines, end), 319)).toEqual({ ok: false, error: { code: "too-large", size: 320n } });
    expect(parseIntelHex(file(...lines, end), 320).ok).toBe(true);
  });

  test("no data at all", () => {
    expect(parse(end)).toEqual({ ok: false, error: { code: "no-data" } });
  });
});
