import { bytesToHex, concatBytes, hexToBytes } from "@sumac/crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeBase64 } from "./base64.ts";
import { consoleFraming } from "./console-framing.ts";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const framing = consoleFraming();
/** The echo request `{d: "hello"}` and the one line that it is. */
const hello = hexToBytes("0a00000900000000a161646568656c6c6f");
const helloLine = concatBytes(hexToBytes("0609"), ascii("ABMKAAAJAAAAAKFhZGVoZWxsb6J/\n"));
/** Three lines. */
const long = Uint8Array.from({ length: 200 }, (_, i) => i);
const lines = (message: Uint8Array): Uint8Array[] => {
  const text = Buffer.from(framing.frame(message)).toString("latin1");
  return text.split(/(?<=\n)/).map((line) => Uint8Array.from(Buffer.from(line, "latin1")));
};
const [first = hello, second = hello, third = hello] = lines(long);

function read(...chunks: readonly (Uint8Array | string)[]) {
  const reader = consoleFraming({ longestMessage: 1000 }).startReading();
  const messages = chunks.flatMap((chunk) => reader.read(typeof chunk === "string" ? ascii(chunk) : chunk));
  return { messages: messages.map(bytesToHex), dropped: reader.dropped };
}

const clean = { noise: 0, damaged: 0, tooLong: 0 };

test("a message is the line it is known to be", () => {
  expect(framing.frame(hello)).toEqual(helloLine);
  expect(read(helloLine)).toEqual({ messages: [bytesToHex(hello)], dropped: clean });
});

test("lines are no longer than asked for, and cut where base64 can be cut", () => {
  for (const longestLine of [7, 32, 127, 1020]) {
    const { frame, lengthOnLine } = consoleFraming({ longestLine });
    const framed = Buffer.from(frame(long)).toString("latin1");
    const cut = framed.trimEnd().split("\n");
    expect(Math.max(...cut.map(({ length }) => length + 1))).toBeLessThanOrEqual(longestLine);
    expect(cut.every((line) => (line.length - 2) % 4 === 0)).toBe(true);
    expect(lengthOnLine(long.length)).toBe(framed.length);
  }
  expect(() => consoleFraming({ longestLine: 6 })).toThrow(RangeError);
});

describe("a message is found", () => {
  const whole = [first, second, third];
  test.each([
    ["between lines of a log", ["boot: hello\n", ...whole, "\n\nlog\n"], 2],
    ["with log lines in the middle of it", [first, "[00:01] log\r\n", second, "\r\n", third], 2],
    ["with carriage returns", whole.map((line) => concatBytes(line.subarray(0, -1), ascii("\r\n"))), 0],
    ["behind a prompt without an end", ["uart:~$ ", ...whole], 1],
    ["behind a line that lost its end", [first.subarray(0, 40), ...whole], 1],
    ["behind a megabyte without an end", [new Uint8Array(1 << 20).fill(0x41), ...whole], 1],
    ["behind stray halves of markers", ["\u0006\u0006\u0004", ...whole], 1],
    ["after a continuation without a start", [second, third, ...whole], 0],
    ["after a start that never went on", [first, ...whole], 0],
    ["after one that was damaged", [first, third, ...whole], 0],
  ] as const)("%s", (_, chunks, noise) => {
    const { messages, dropped } = read(...chunks);
    expect(messages).toEqual([bytesToHex(long)]);
    expect(dropped.noise).toBe(noise);
  });

  test("in pieces of any size", () => {
    const all = concatBytes(ascii("log\n"), helloLine, ascii("$ "), first, second, third, helloLine);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), (sizes) => {
        const chunks: Uint8Array[] = [];
        for (let at = 0, i = 0; at < all.length; i++) {
          const size = sizes[i % sizes.length] ?? 1;
          chunks.push(all.slice(at, at + size));
          at += size;
        }
        expect(read(...chunks).messages).toEqual([hello, long, hello].map(bytesToHex));
      }),
    );
  });

  test("even if its chunk is used again", () => {
    const reader = framing.startReading();
    const chunk = helloLine.slice();
    expect(reader.read(chunk.subarray(0, 20))).toEqual([]);
    const rest = helloLine.slice(20);
    chunk.fill(0);
    expect(reader.read(rest)).toEqual([hello]);
  });
});

describe("what is no frame is dropped and counted", () => {
  const altered = (line: Uint8Array, at: number, value: number): Uint8Array => line.with(at, value);
  const packet = (...bytes: number[]): Uint8Array =>
    concatBytes(hexToBytes("0609"), encodeBase64(Uint8Array.from(bytes)), ascii("\n"));
  test.each([
    ["a bit flipped", [altered(helloLine, 9, 0x43)], { damaged: 1 }],
    ["no base64", [altered(helloLine, 9, 0x2a)], { damaged: 1 }],
    ["a letter lost", [concatBytes(helloLine.subarray(0, 8), helloLine.subarray(9))], { damaged: 1 }],
    ["nothing behind the marker", ["\u0006\u0009\n"], { damaged: 1 }],
    ["a continuation alone", [second], { damaged: 1 }],
    ["a line in the middle lost", [first, third, helloLine.subarray(0, 0)], {}],
    ["a line twice", [first, second, second, third], { damaged: 2 }],
    ["a length of one byte", [packet(0)], { damaged: 1 }],
    ["a length without room for a checksum", [packet(0, 1, 0)], { damaged: 1 }],
    ["more than the length says", [packet(0, 2, 0, 0, 0)], { damaged: 1 }],
    ["a length over the limit", [packet(0xff, 0xff, 0, 0)], { tooLong: 1 }],
    [
      "a line without an end",
      [concatBytes(hexToBytes("0609"), new Uint8Array(9000).fill(0x41), ascii("\n"))],
      { tooLong: 1 },
    ],
    ["a log", ["one\ntwo\r\n\n"], { noise: 2 }],
  ] as const)("%s", (_, chunks, dropped) => {
    expect(read(...chunks)).toEqual({ messages: [], dropped: { ...clean, ...dropped } });
  });

  test("a line of 100 MB keeps no more than the longest line", () => {
    const reader = consoleFraming().startReading();
    reader.read(ascii("\u0006\u0009"));
    const piece = new Uint8Array(50_000).fill(0x41);
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 2000; i++) expect(reader.read(piece)).toEqual([]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20e6);
    expect(reader.read(ascii("\n"))).toEqual([]);
    expect(reader.dropped.tooLong).toBe(1);
  });

  test("a flood of starts keeps no more than one message", () => {
    const reader = consoleFraming().startReading();
    for (let i = 0; i < 20_000; i++) expect(reader.read(first)).toEqual([]);
    expect(reader.dropped.damaged).toBe(19_999);
  });
});

test("what has begun is forgotten when it is told so", () => {
  const reader = framing.startReading();
  reader.read(first);
  reader.read(second.subarray(0, 10));
  reader.reset();
  expect(reader.read(third)).toEqual([]);
  expect(reader.read(helloLine)).toEqual([hello]);
});
