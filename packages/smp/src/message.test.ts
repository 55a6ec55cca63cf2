import { hexToBytes } from "@sumac/crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseMessage, type SmpMessage, serializeMessage } from "./message.ts";

const echo = hexToBytes("0a00000900000000a161646568656c6c6f");

test("a message reads as what it is, and is written again", () => {
  const read = parseMessage(echo);
  expect(read).toEqual({
    ok: true,
    value: { version: 2, operation: "write", group: 0, sequence: 0, id: 0, body: echo.subarray(8) },
  });
  if (read.ok) expect(serializeMessage(read.value)).toEqual(echo);
});

const changed = (at: number, value: number): Uint8Array => echo.with(at, value);

describe("what is no message says where", () => {
  test.each([
    ["nothing at all", new Uint8Array(0), "truncated", 0],
    ["a header cut short", echo.subarray(0, 7), "truncated", 7],
    ["a body cut short", echo.subarray(0, -1), "truncated", 16],
    ["a byte too many", Uint8Array.of(...echo, 0), "trailing-bytes", 17],
    ["a length too large", changed(3, 10), "truncated", 17],
    ["a length too small", changed(3, 8), "trailing-bytes", 16],
    ["reserved bits", changed(0, 0x2a), "reserved-bits", 0],
    ["all reserved bits", changed(0, 0xea), "reserved-bits", 0],
    ["version 3", changed(0, 0x12), "unknown-version", 0],
    ["version 4", changed(0, 0x1a), "unknown-version", 0],
    ["operation 4", changed(0, 0x0c), "unknown-operation", 0],
    ["operation 7", changed(0, 0x0f), "unknown-operation", 0],
    ["flags", changed(1, 1), "reserved-bits", 1],
  ] as const)("%s", (_, bytes, reason, offset) => {
    expect(parseMessage(bytes)).toEqual({ ok: false, error: { code: "malformed-message", reason, offset } });
  });
});

test("every message survives writing and reading", () => {
  const message: fc.Arbitrary<SmpMessage> = fc.record({
    version: fc.constantFrom(1, 2),
    operation: fc.constantFrom("read", "read-response", "write", "write-response"),
    group: fc.nat(0xffff),
    sequence: fc.nat(0xff),
    id: fc.nat(0xff),
    body: fc.uint8Array({ maxLength: 300 }),
  });
  fc.assert(
    fc.property(message, (each) => {
      expect(parseMessage(serializeMessage(each))).toEqual({ ok: true, value: each });
    }),
  );
});

test("no bytes make the parser throw", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => void parseMessage(bytes)));
});

test("a body that no header can announce is a mistake of the caller", () => {
  const message = { version: 2, operation: "write", group: 0, sequence: 0, id: 0 } as const;
  expect(serializeMessage({ ...message, body: new Uint8Array(0xffff) }).length).toBe(0xffff + 8);
  expect(() => serializeMessage({ ...message, body: new Uint8Array(0x10000) })).toThrow(RangeError);
});
