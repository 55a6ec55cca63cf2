import { concatBytes, hexToBytes } from "@sumac/crypto";
import { describe, expect, test } from "vitest";
import { rawFraming } from "./raw-framing.ts";

const hello = hexToBytes("0a00000900000000a161646568656c6c6f");
const nothing = hexToBytes("0800000100000106a0");

const framing = rawFraming({ longestMessage: 100 });

test("messages one behind the other, in pieces of every size", () => {
  const all = concatBytes(hello, nothing, hello);
  for (let size = 1; size <= all.length; size++) {
    const reader = framing.startReading();
    const read: Uint8Array[] = [];
    for (let at = 0; at < all.length; at += size) read.push(...reader.read(all.slice(at, at + size)));
    expect(read).toEqual([hello, nothing, hello]);
    expect(reader.dropped).toEqual({ noise: 0, damaged: 0, tooLong: 0 });
  }
});

test("a message byte by byte costs no more than its bytes", () => {
  const message = concatBytes(hexToBytes("0a00fff000010001"), new Uint8Array(0xfff0));
  const reader = rawFraming().startReading();
  const begun = process.hrtime.bigint();
  let found = 0;
  for (const byte of message) found += reader.read(Uint8Array.of(byte)).length;
  expect(found).toBe(1);
  expect(Number(process.hrtime.bigint() - begun) / 1e6).toBeLessThan(2000);
});

describe("what is no message takes everything with it that came along", () => {
  test.each([
    ["an operation that is none", hello.with(0, 0x0c), { noise: 17, damaged: 1, tooLong: 0 }],
    ["reserved bits", hello.with(0, 0x4a), { noise: 17, damaged: 1, tooLong: 0 }],
    ["flags", hello.with(1, 1), { noise: 17, damaged: 1, tooLong: 0 }],
    ["a length over the limit", hello.with(2, 0xff), { noise: 17, damaged: 0, tooLong: 1 }],
  ])("%s", (_, bytes, dropped) => {
    const reader = framing.startReading();
    expect(reader.read(bytes)).toEqual([]);
    expect(reader.dropped).toEqual(dropped);
    expect(reader.read(hello)).toEqual([hello]);
  });
});

test("a message that stalled is in the way until it is forgotten", () => {
  const reader = framing.startReading();
  expect(reader.read(hello.subarray(0, 12))).toEqual([]);
  reader.reset();
  expect(reader.dropped.noise).toBe(12);
  expect(reader.read(hello)).toEqual([hello]);
  expect(framing.inputTimeout).toBe(3000);
});
