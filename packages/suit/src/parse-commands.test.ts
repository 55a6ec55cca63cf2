import { type CborValue, encode } from "@sumac/cbor";
import { bytesToHex } from "@sumac/crypto";
import { describe, expect, test } from "vitest";
import { commands, craftCommon, craftEnvelope, craftManifest, map } from "./crafted-envelope.test.support.ts";
import { abort, parseIn, raw, set, sharing, testRefused, validating } from "./crafted-manifest.test.support.ts";
import { encloseBytes } from "./digest.ts";
import { defaultLimits } from "./limits.ts";
import { parseCommandSequence } from "./parse-commands.ts";

const twoComponents = (shared: CborValue | undefined) =>
  craftCommon({ 2: [[Uint8Array.of(0x61)], [Uint8Array.of(0x62)]], 4: shared });
const softFailure = commands(...set([13, true]));
const shared = "manifest.common.shared-sequence";
const validate = "manifest.validate";
const parameters = `${validate}.0.override-parameters`;

describe("refused sequences (suit.md 6)", () => {
  testRefused([
    {
      row: 1,
      name: "undefined as reporting policy",
      manifest: craftManifest({ 7: raw("438203f7") }),
      at: "f7",
      refusal: { reason: "undefined", field: validate },
    },
    ...[0, 7, 8, 10, 11, 13, 19, 25, 26, 27, 28, 29, 30, 33, 34, 35, -1, -300].map((label) => ({
      row: 9,
      name: `command ${label}`,
      manifest: validating(label, 0),
      at: `82|${bytesToHex(encode(label))}00`,
      refusal: { code: "unsupported", field: `${validate}.0`, label },
    })),
    {
      row: 9,
      name: "a reporting policy of five bits",
      manifest: validating(3, 16),
      at: "8203|10",
      refusal: { code: "unsupported", field: `${validate}.0.image-match`, label: 16 },
    },
    {
      row: 9,
      name: "a directive with such a policy",
      manifest: validating(3, 15, 21, 16),
      at: "84030f15|10",
      refusal: { code: "unsupported", field: `${validate}.1.fetch`, label: 16 },
    },

    // Row 13: the shape of sequences and arguments.
    {
      row: 13,
      name: "an empty sequence",
      manifest: validating(),
      at: "41|80",
      refusal: { reason: "wrong-length", field: validate },
    },
    {
      row: 13,
      name: "a command without argument",
      manifest: validating(3, 15, 3),
      at: "83030f03",
      refusal: { reason: "wrong-length", field: validate },
    },
    {
      row: 13,
      name: "a sequence that is no array",
      manifest: craftManifest({ 7: encode(map([[3, 15]])) }),
      at: "a1030f",
      refusal: { reason: "wrong-type", field: validate },
    },
    {
      row: 13,
      name: "a sequence that is no byte string",
      manifest: craftManifest({ 7: [3, 15] }),
      at: "82030f",
      refusal: { reason: "wrong-type", field: validate },
    },
    {
      row: 13,
      name: "a command code that is text",
      manifest: validating("x", 0),
      at: "617800",
      refusal: { reason: "wrong-type", field: `${validate}.0` },
    },
    {
      row: 13,
      name: "a negative reporting policy",
      manifest: validating(3, -1),
      at: "8203|20",
      refusal: { reason: "wrong-type", field: `${validate}.0.image-match` },
    },
    {
      row: 13,
      name: "try-each with one sequence",
      manifest: validating(15, [abort]),
      at: "8143820e00",
      refusal: { reason: "wrong-length", field: `${validate}.0.try-each` },
    },
    {
      row: 13,
      name: "try-each with one sequence and nil",
      manifest: validating(15, [abort, null]),
      at: "8243820e00",
      refusal: { reason: "wrong-length", field: `${validate}.0.try-each` },
    },
    {
      row: 13,
      name: "try-each with nil before the last",
      manifest: validating(15, [abort, null, abort]),
      at: "f6",
      refusal: { reason: "wrong-type", field: `${validate}.0.try-each.1` },
    },
    {
      row: 13,
      name: "an empty sequence in try-each",
      manifest: validating(15, [abort, commands()]),
      at: "41|80",
      refusal: { reason: "wrong-length", field: `${validate}.0.try-each.1` },
    },
    {
      row: 13,
      name: "a command without argument in run-sequence",
      manifest: validating(32, commands(14)),
      at: "810e",
      refusal: { reason: "wrong-length", field: `${validate}.0.run-sequence` },
    },
    {
      row: 13,
      name: "run-sequence with an array",
      manifest: validating(32, [14, 0]),
      at: "820e00",
      refusal: { reason: "wrong-type", field: `${validate}.0.run-sequence` },
    },
    ...(
      [
        ["false", false, "wrong-type"],
        ["a negative number", -5, "wrong-type"],
        ["an empty list", [], "wrong-length"],
        ["more than a number holds", 2n ** 53n, "wrong-value"],
      ] as const
    ).map(([name, value, reason]) => ({
      row: 13,
      name: `component index: ${name}`,
      manifest: validating(12, value),
      at: `820c|${bytesToHex(encode(value))}`,
      refusal: { reason, field: `${validate}.0.set-component-index` },
    })),
    {
      row: 13,
      name: "a component index list with text",
      manifest: validating(12, [0, "x"]),
      at: "6178",
      refusal: { reason: "wrong-type", field: `${validate}.0.set-component-index.1` },
    },

    // Row 14: the shared sequence chooses, tests and sets parameters, no more.
    ...[18, 21, 22, 23, 31].map((label) => ({
      row: 14,
      name: `directive ${label} in the shared sequence`,
      manifest: sharing(1, 15, label, 0),
      at: `84010f|${bytesToHex(encode(label))}00`,
      refusal: {
        reason: "not-allowed-here",
        field: `${shared}.1.${{ 18: "write", 21: "fetch", 22: "copy", 23: "invoke", 31: "swap" }[label]}`,
      },
    })),
    {
      row: 14,
      name: "a directive in a sequence inside the shared sequence",
      manifest: sharing(32, commands(15, [abort, commands(1, 15, 21, 0)])),
      at: "84010f|1500",
      refusal: { reason: "not-allowed-here", field: `${shared}.0.run-sequence.0.try-each.1.1.fetch` },
    },
    {
      row: 14,
      name: "a custom command in the shared sequence",
      manifest: sharing(-257, 0),
      at: "39010000",
      refusal: { reason: "not-allowed-here", field: `${shared}.0` },
    },
    {
      row: 14,
      name: "a custom parameter in the shared sequence",
      manifest: sharing(...set([-257, 0])),
      at: "39010000",
      refusal: { reason: "not-allowed-here", field: `${shared}.0.override-parameters` },
    },

    // Row 15: with several components nothing happens to a component that was not named.
    {
      row: 15,
      name: "two components and a shared sequence without index",
      manifest: craftManifest({ 3: twoComponents(commands(1, 15)) }),
      at: "82|010f",
      refusal: { reason: "missing", field: `${shared}.0.set-component-index` },
    },
    {
      row: 15,
      name: "two components and a sequence without index",
      manifest: craftManifest({ 3: twoComponents(undefined), 7: commands(3, 15, 12, 0) }),
      at: "84|030f0c00",
      refusal: { reason: "missing", field: `${validate}.0.set-component-index` },
    },
    {
      row: 18,
      name: "soft-failure in the shared sequence, even false",
      manifest: sharing(...set([13, false])),
      at: "0d|f4",
      refusal: { reason: "not-allowed-here", field: `${shared}.0.override-parameters.soft-failure` },
    },

    // Row 18, the part that shows without running anything.
    {
      row: 18,
      name: "soft-failure in a top sequence",
      manifest: validating(...set([13, true])),
      at: "0d|f5",
      refusal: { reason: "not-allowed-here", field: `${parameters}.soft-failure` },
    },
  ]);
});

describe("accepted sequences", () => {
  const accepted: readonly (readonly [string, Uint8Array])[] = [
    ["every reporting policy", validating(...Array.from({ length: 16 }, (_, policy) => [3, policy]).flat())],
    ["try-each with nil", validating(15, [abort, abort, null])],
    ["soft-failure inside run-sequence", validating(32, softFailure)],
    ["soft-failure inside try-each, in the shared sequence too", sharing(15, [softFailure, abort])],
    [
      "two components that are named",
      craftManifest({ 3: twoComponents(commands(12, true)), 7: commands(12, [0, 1], 3, 15) }),
    ],
    [
      "two components and a nested sequence that does not name one again",
      craftManifest({ 3: twoComponents(undefined), 7: commands(12, 1, 32, commands(3, 15)) }),
    ],
  ];
  test.each(accepted)("%s", (_, manifest) => {
    expect(parseIn(craftEnvelope({ 3: manifest }))).toMatchObject({ ok: true });
  });
});

describe("a severed sequence on its own", () => {
  const place = { field: "envelope.install", section: "own", nesting: "top", componentCount: 1 } as const;

  test("is read where it stands in the file", () => {
    const received = { ...encloseBytes(commands(3, 15)), contentOffset: 40 };
    expect(parseCommandSequence(received, place)).toMatchObject({
      ok: true,
      value: { commands: [{ kind: "condition", condition: "image-match", policy: 15, offset: 41 }] },
    });
  });

  test("is refused under its own name, by the limits that are given", () => {
    const received = { ...encloseBytes(commands(99, 0)), contentOffset: 40 };
    expect(parseCommandSequence(received, place)).toEqual({
      ok: false,
      error: { code: "unsupported", field: "envelope.install.0", offset: 41, label: 99 },
    });
    const one = { ...defaultLimits, maxCommands: 1 };
    expect(parseCommandSequence(encloseBytes(commands(3, 15, 3, 15)), place, one)).toMatchObject({
      error: { code: "limit-exceeded", limit: "maxCommands" },
    });
  });
});
