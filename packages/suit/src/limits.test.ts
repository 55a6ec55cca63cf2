import { hexToBytes } from "@sumac/crypto";
import { describe, expect, test } from "vitest";
import { commands, craftCommon, craftEnvelope, craftManifest, offsetOf } from "./crafted-envelope.test.support.ts";
import { abort, parseIn, raw, validating } from "./crafted-manifest.test.support.ts";
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
