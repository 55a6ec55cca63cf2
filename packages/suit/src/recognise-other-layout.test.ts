import { encode, Tagged } from "@sumac/cbor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  commands,
  craftCommon,
  craftEnvelope,
  craftManifest,
  digestElement,
  map,
} from "./crafted-envelope.test.support.ts";
import { parseIn } from "./crafted-manifest.test.support.ts";
import { defaultLimits } from "./limits.ts";
import { otherLayoutWords, recogniseOtherLayout } from "./recognise-other-layout.ts";

const untagged = (file: Uint8Array): Uint8Array => file.subarray(2);

/** As RIOT's generator writes it: no tag, the digest inside the signature, validate under 10, install under 9. */
const early = (manifestKeys: Parameters<typeof map>[0], digestInside = true) =>
  encode(
    map([
      [
        2,
        encode(
          digestInside
            ? [
                encode(
                  new Tagged(18, [
                    encode(map([[1, -8]])),
                    map([]),
                    encode([2, new Uint8Array(32)]),
                    new Uint8Array(64),
                  ]),
                ),
              ]
            : [digestElement],
        ),
      ],
      [3, encode(map([[1, 1], [2, 7], [3, craftCommon()], ...manifestKeys]))],
    ]),
  );

describe("relatives of this format", () => {
  test.each([
    ["untagged", "an envelope without its tag", untagged(craftEnvelope())],
    ["install-before-27", "install under key 17", craftEnvelope({ 3: craftManifest({ 17: commands(14, 0) }) })],
    ["install-before-27", "install severed under key 17", craftEnvelope({ 17: commands(14, 0) })],
    [
      "install-before-27",
      "both at once: the key matters more than the tag",
      untagged(craftEnvelope({ 17: commands(14, 0) })),
    ],
    [
      "draft-09",
      "RIOT's shape",
      early([
        [9, commands(14, 0)],
        [10, commands(3, 15)],
      ]),
    ],
    ["draft-09", "its digest inside the signature alone", early([])],
    ["draft-09", "its manifest keys alone", early([[12, commands(14, 0)]], false)],
    ["draft-09", "with a tag", Uint8Array.of(0xd8, 0x6b, ...early([[11, commands(14, 0)]]))],
  ] as const)("%s: %s", (layout, _, file) => {
    expect(parseIn(file).ok).toBe(false);
    expect(recogniseOtherLayout(file)).toBe(layout);
    expect(otherLayoutWords[layout]).toMatch(/^an envelope /);
  });

  test.each([
    ["an envelope of this format", craftEnvelope()],
    ["one with an unknown key", craftEnvelope({ 3: craftManifest({ 99: 0 }) })],
    ["one without manifest", encode(new Tagged(107, map([[2, new Uint8Array()]])))],
    ["an untagged one that is broken otherwise", untagged(craftEnvelope({ 99: 0 }))],
    ["a manifest that is no map", craftEnvelope({ 3: encode([1]) })],
    ["a manifest beside no byte string", encode(map([[3, 1]]))],
    ["a map of something else", encode(map([["a", 1]]))],
    ["nothing", new Uint8Array()],
    ["a text file", new TextEncoder().encode("-----BEGIN")],
    ["more bytes than are looked at", new Uint8Array(defaultLimits.maxBytes + 1)],
  ])("%s is none of them", (_, file) => {
    expect(recogniseOtherLayout(file)).toBeUndefined();
  });

  test("an untagged envelope of the largest size is recognised all the same", () => {
    const size = (payload: number) => craftEnvelope({}, [["#a", new Uint8Array(payload)]]);
    const file = size(defaultLimits.maxBytes - (size(60_000).length - 60_000) + 2);
    expect(untagged(file)).toHaveLength(defaultLimits.maxBytes);
    expect(recogniseOtherLayout(untagged(file))).toBe("untagged");
  });

  test("never throws", () => {
    const wrap = (bytes: Uint8Array) =>
      encode(
        map([
          [2, bytes],
          [3, bytes],
        ]),
      );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        recogniseOtherLayout(bytes);
        recogniseOtherLayout(wrap(bytes));
        recogniseOtherLayout(wrap(encode([bytes])));
      }),
      { numRuns: 500 },
    );
  });
});
