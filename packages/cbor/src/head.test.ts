import { describe, expect, test } from "vitest";
import { majorType, readHead, writeHead } from "./head.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** The first and the last argument of every width (RFC 8949 3). */
const boundaries = [
  { argument: 0, head: "00" },
  { argument: 23, head: "17" },
  { argument: 24, head: "1818" },
  { argument: 255, head: "18ff" },
  { argument: 256, head: "190100" },
  { argument: 65_535, head: "19ffff" },
  { argument: 65_536, head: "1a00010000" },
  { argument: 4_294_967_295, head: "1affffffff" },
  { argument: 4_294_967_296, head: "1b0000000100000000" },
  { argument: Number.MAX_SAFE_INTEGER, head: "1b001fffffffffffff" },
  { argument: 2n ** 53n, head: "1b0020000000000000" },
  { argument: 2n ** 64n - 1n, head: "1bffffffffffffffff" },
];

describe.each(boundaries)("argument $argument", ({ argument, head }) => {
  test.each(Object.entries(majorType).filter(([name]) => name !== "simple"))("of type %s", (_, major) => {
    const bytes = writeHead(major, argument);
    expect(hex(bytes.with(0, (bytes[0] ?? 0) & 0x1f))).toBe(head);
    expect(readHead(bytes, 0)).toEqual({ major, argument, end: bytes.length });
    expect(readHead(Uint8Array.of(0xff, ...bytes, 0xff), 1)).toEqual({ major, argument, end: bytes.length + 1 });
    expect(writeHead(major, BigInt(argument))).toEqual(bytes);
  });
});

test.each([
  { head: "1817", name: "23 in 8 bits" },
  { head: "1900ff", name: "255 in 16 bits" },
  { head: "1a0000ffff", name: "65535 in 32 bits" },
  { head: "1b00000000ffffffff", name: "2^32-1 in 64 bits" },
])("refuses $name", ({ head }) => {
  expect(readHead(new Uint8Array(Buffer.from(head, "hex")), 0)).toBe("non-shortest");
});

test.each(["1818", "190100", "1a00010000", "1b0000000100000000"])("refuses %s cut anywhere", (head) => {
  const bytes = new Uint8Array(Buffer.from(head, "hex"));
  for (let length = 1; length < bytes.length; length++)
    expect(readHead(bytes.subarray(0, length), 0)).toBe("truncated");
});
