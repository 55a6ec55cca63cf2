/** Input made to exhaust the reader: every claim must be weighed against the bytes that are there. */
import { describe, expect, test } from "vitest";
import { decode } from "./decode.ts";
import { encode } from "./encode.ts";
import { encodeItem } from "./encode-item.ts";

const samples: readonly Uint8Array[] = [
  encode(
    new Map<number, never[] | string | Uint8Array>([
      [2, "text"],
      [3, new Uint8Array(30)],
      [16, []],
    ]),
  ),
  encode([1, -1, 2n ** 63n, [true, [false, [null]]], new Map([["k", new Uint8Array([1, 2, 3])]])]),
  encode(new Map([[new Uint8Array([9]), new Map([[1, new Map([[2, "\u{1f511}"]])]])]])),
  encode(Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? i * 1000 : -i))),
];
const options = { field: "x", tags: [18] };

describe.each(samples.map((bytes) => ({ bytes })))("sample of $bytes.length bytes", ({ bytes }) => {
  test("is accepted whole", () => {
    expect(decode(bytes, options).ok).toBe(true);
  });

  test("is refused at every shorter length", () => {
    for (let length = 0; length < bytes.length; length++) {
      expect(decode(bytes.subarray(0, length), options)).toMatchObject({ ok: false, error: { reason: "truncated" } });
    }
  });

  test("never throws with one bit flipped, and re-encodes to itself where that is still an item", () => {
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const decoded = decode(flipped, options);
      if (decoded.ok) expect(encodeItem(decoded.value)).toEqual(flipped);
      else expect(decoded.error.offset).toBeLessThanOrEqual(bytes.length);
    }
  });
});

describe("claims beyond the input cost nothing", () => {
  const nestedClaims = (head: readonly number[], levels: number): Uint8Array =>
    Uint8Array.from(Array.from({ length: levels }, () => head).flat());

  test.each([
    { name: "arrays that claim 2^24 each", bytes: nestedClaims([0x9a, 0x01, 0x00, 0x00, 0x00], 200_000) },
    { name: "arrays that claim what is left", bytes: nestedClaims([0x99, 0xff, 0xff], 40_000) },
    { name: "maps that claim what is left", bytes: nestedClaims([0xb9, 0x7f, 0xff], 40_000) },
    { name: "a million array heads", bytes: new Uint8Array(1_000_000).fill(0x81) },
    { name: "a million tag heads", bytes: new Uint8Array(1_000_000).fill(0xd2) },
  ])("$name", ({ bytes }) => {
    const before = performance.now();
    expect(decode(bytes, options).ok).toBe(false);
    expect(performance.now() - before).toBeLessThan(1000);
  });
});

describe("large maps take time in proportion", () => {
  const entries = 100_000;
  const keys = Array.from({ length: entries }, (_, i) => encode(i));
  const map = (order: readonly Uint8Array[]): Uint8Array =>
    Buffer.concat([
      encode(new Map()).fill(0xba),
      Buffer.from([0, 1, 0x86, 0xa0]),
      ...order.flatMap((k) => [k, encode(0)]),
    ]);

  test.each([
    { name: "in order", bytes: map(keys), mapOrder: "deterministic" as const },
    { name: "reversed, in any order", bytes: map(keys.toReversed()), mapOrder: "any" as const },
  ])("$name", ({ bytes, mapOrder }) => {
    const before = performance.now();
    const decoded = decode(bytes, { field: "x", mapOrder });
    expect(decoded.ok && decoded.value.kind === "map" && decoded.value.entries.length).toBe(entries);
    expect(performance.now() - before).toBeLessThan(3000);
  });
});
