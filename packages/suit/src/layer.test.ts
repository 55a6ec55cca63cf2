import { type CborValue, decode, encode, Tagged } from "@sumac/cbor";
import { bytesToHex } from "@sumac/crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  commands,
  craftEnvelope,
  craftManifest,
  digestElement,
  map,
  offsetOf,
} from "./crafted-envelope.test.support.ts";
import { allExtensions, parseIn, raw } from "./crafted-manifest.test.support.ts";
import { defaultLimits } from "./limits.ts";

/** How many data items a value is made of. */
function itemsOf(value: CborValue): number {
  if (Array.isArray(value)) return value.reduce((sum: number, inner: CborValue) => sum + itemsOf(inner), 1);
  if (value instanceof Map) return [...value].reduce((sum, [key, inner]) => sum + itemsOf(key) + itemsOf(inner), 1);
  return value instanceof Tagged ? 1 + itemsOf(value.value) : 1;
}

const value: fc.Arbitrary<CborValue> = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.maxSafeInteger(),
    fc.uint8Array({ maxLength: 300 }),
    fc.string({ maxLength: 300 }),
    fc.boolean(),
    fc.array(tie("value"), { maxLength: 4 }),
    fc
      .dictionary(fc.string({ maxLength: 3 }), tie("value"), { maxKeys: 3 })
      .map((object) => new Map(Object.entries(object))),
    tie("value").map((inner) => new Tagged(107, inner)),
  ),
})).value;

test("items are counted as they are encoded, strings as one", () => {
  fc.assert(
    fc.property(value, (one) => {
      const options = { field: "value", tags: [107], maxDepth: 64 };
      const items = itemsOf(one);
      expect(decode(encode(one), { ...options, maxItems: items }).ok).toBe(true);
      expect(decode(encode(one), { ...options, maxItems: items - 1 })).toMatchObject({
        error: { reason: "too-many-items" },
      });
    }),
  );
});

describe("too many items are refused before they are decoded", () => {
  const exceeded = (limit: string, offset: number) => ({ ok: false, error: { code: "limit-exceeded", limit, offset } });
  const limits = { ...allExtensions, maxItems: 20 };

  test("in the envelope, in the manifest, in a sequence", () => {
    const payloads = Array.from({ length: 12 }, (_, i) => [String.fromCharCode(97 + i), new Uint8Array()] as const);
    const outer = craftEnvelope({}, payloads);
    // Tag, map, two members, then the ninth payload.
    expect(parseIn(outer, limits)).toEqual(exceeded("maxItems", offsetOf(outer, "40|6168" + "40")));
    const manifest = craftEnvelope({ 3: craftManifest({ 4: "x", 9: Array.from({ length: 20 }, () => 0) }) });
    expect(parseIn(manifest, limits)).toMatchObject({ error: { code: "limit-exceeded", limit: "maxItems" } });
    const long = craftEnvelope({ 3: craftManifest({ 7: commands(...Array.from({ length: 20 }, () => 14)) }) });
    expect(parseIn(long, limits)).toMatchObject({ error: { code: "limit-exceeded", limit: "maxItems" } });
    expect(parseIn(long, { ...limits, maxItems: 21 })).toMatchObject({ ok: true });
  });

  test("but what is malformed before them is named as that", () => {
    const float = craftEnvelope({ 3: craftManifest({ 4: raw("f90000"), 9: Array.from({ length: 20 }, () => 0) }) });
    expect(parseIn(float, limits)).toMatchObject({ error: { code: "malformed", reason: "float" } });
  });

  test("in a signature block and in its header, where nobody is known yet", () => {
    const header = (count: number) => map(Array.from({ length: count }, (_, i) => [i + 10, 0] as const));
    const block = (protectedCount: number, unprotectedCount: number) =>
      encode(new Tagged(18, [encode(header(protectedCount)), header(unprotectedCount), null, new Uint8Array(64)]));
    const file = (inside: number, outside: number) =>
      craftEnvelope({ 2: encode([digestElement, block(inside, outside)]) });
    for (const [given, ok] of [
      [[31, 0], true],
      [[32, 0], false],
      [[0, 28], true],
      [[0, 30], false],
    ] as const) {
      expect(parseIn(file(given[0], given[1])).ok).toBe(ok);
    }
    expect(parseIn(file(32, 0))).toMatchObject({ error: { code: "limit-exceeded", limit: "maxItems" } });
  });

  test("and too many signature blocks", () => {
    const block = encode(new Tagged(17, [new Uint8Array(), map([]), null, new Uint8Array(32)]));
    const file = (count: number) =>
      craftEnvelope({ 2: encode([digestElement, ...Array.from({ length: count }, () => block)]) });
    expect(parseIn(file(defaultLimits.maxBlocks))).toMatchObject({ ok: true });
    const over = file(defaultLimits.maxBlocks + 1);
    const last = bytesToHex(over).lastIndexOf(bytesToHex(encode(block))) / 2;
    expect(parseIn(over)).toEqual(exceeded("maxBlocks", last));
  });
});
