import { encode, Tagged } from "@sumac/cbor";
import { bytesToHex, hexToBytes } from "@sumac/crypto";
import { describe, expect, test } from "vitest";
import {
  commands,
  craftCommon,
  craftEnvelope,
  craftManifest,
  digestElement,
  map,
  offsetOf,
} from "./crafted-envelope.test.support.ts";
import { abort, allExtensions, parseIn, raw, validating } from "./crafted-manifest.test.support.ts";
import { defaultLimits, type Limits } from "./limits.ts";

describe("limits of a manifest", () => {
  const runNested = (levels: number) => {
    let inner = abort;
    for (let i = 0; i < levels; i++) inner = commands(32, inner);
    return inner;
  };
  const limited = (manifest: Uint8Array, limits: Partial<Limits> = {}) =>
    parseIn(craftEnvelope({ 3: manifest }), { ...defaultLimits, ...limits });
  const exceeded = (limit: string) => ({ ok: false, error: { code: "limit-exceeded", limit } });

  test("byte strings in byte strings, the manifest being the first", () => {
    // The manifest is layer 1 and validate layer 2, so six more fit.
    expect(limited(craftManifest({ 7: runNested(6) }))).toMatchObject({ ok: true });
    const file = craftEnvelope({ 3: craftManifest({ 7: runNested(7) }) });
    expect(parseIn(file)).toEqual({
      ok: false,
      error: { code: "limit-exceeded", limit: "maxDepth", offset: offsetOf(file, "820e00") },
    });
  });

  test("2000 nested sequences in 13 kB", () => {
    expect(limited(craftManifest({ 7: runNested(2000) }))).toMatchObject(exceeded("maxDepth"));
  });

  test("commands are counted over the whole manifest, nested ones too", () => {
    const manifest = craftManifest({ 7: commands(15, [abort, abort], 32, abort) });
    // One in the shared sequence, two here, three nested.
    expect(limited(manifest, { maxCommands: 6 })).toMatchObject({ ok: true });
    expect(limited(manifest, { maxCommands: 5 })).toMatchObject(exceeded("maxCommands"));
    const many = validating(...Array.from({ length: 256 }, () => [14, 0]).flat());
    const file = craftEnvelope({ 3: many });
    expect(parseIn(file)).toEqual({
      ok: false,
      error: { code: "limit-exceeded", limit: "maxCommands", offset: file.length - 2 },
    });
  });

  test("components, and entries of an index list", () => {
    const components = (count: number) =>
      craftManifest({
        3: craftCommon({ 2: Array.from({ length: count }, (_, i) => [Uint8Array.of(i)]), 4: undefined }),
        7: commands(12, 0),
      });
    expect(limited(components(32))).toMatchObject({ ok: true });
    expect(limited(components(33))).toMatchObject(exceeded("maxComponents"));
    expect(limited(validating(12, new Array(32).fill(0)))).toMatchObject({ ok: true });
    expect(limited(validating(12, new Array(33).fill(0)))).toMatchObject(exceeded("maxComponents"));
  });

  test.each([
    ["a component list of 2^32 - 1", craftManifest({ 3: hexToBytes("a1029affffffff") })],
    ["a sequence of 2^64 - 1 commands", craftManifest({ 7: hexToBytes("9bffffffffffffffff") })],
    ["a parameter map of 2^63 entries", validating(20, raw("bb8000000000000000"))],
    ["a uri of 4 GiB", validating(20, raw("a1157affffffff"))],
  ])("%s is refused before it is read", (_, manifest) => {
    expect(limited(manifest)).toMatchObject({ ok: false, error: { code: "malformed", reason: "truncated" } });
  });
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
    expect(parseIn(file(0, 30))).toMatchObject({ error: { code: "limit-exceeded", limit: "maxItems" } });
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
