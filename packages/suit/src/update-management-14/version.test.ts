import { encode } from "@sumac/cbor";
import { describe, expect, test } from "vitest";
import { craftEnvelope, craftManifest } from "../crafted-envelope.test.support.ts";
import {
  allExtensions,
  parametersOf,
  parseIn,
  set,
  testRefused,
  validating,
} from "../crafted-manifest.test.support.ts";
import { formatVersion, type VersionComparison, versionMatches } from "./version.ts";

describe("versions in words (suit.md 7.4)", () => {
  test.each([
    [[1, 2, 3], "1.2.3"],
    [[1, 2, -1, 3], "1.2-rc.3"],
    [[1, 2, -2], "1.2-beta"],
    [[1, 2, -3], "1.2-alpha"],
    [[1, 2, 3, -3, 4], "1.2.3-alpha.4"],
    [[2025, 12, 6], "2025.12.6"],
  ])("%j is %s", (version, words) => {
    expect(formatVersion(version)).toBe(words);
  });
});

describe("versions compared", () => {
  test.each<[readonly number[], VersionComparison, readonly number[], boolean]>([
    // The examples of suit.md 7.4.
    [[1, 0], "equal", [1], true],
    [[1, 9, 9], "equal", [1], true],
    [[2, 0], "equal", [1], false],
    [[2, 0, -1, 1], "less", [2, 0, 0], true],
    [[2, 0, 0], "greater", [2, 0, -1, 1], true],
    // The range of the draft: at least 1.0, below 1.10.
    [[1, 0, 7], "greater-or-equal", [1, 0], true],
    [[1, 9, 99], "less", [1, 10], true],
    [[1, 10, 0], "less", [1, 10], false],
    [[0, 9], "greater-or-equal", [1, 0], false],
    // Each comparison below, at and above.
    ...(["greater", "greater-or-equal", "equal", "less-or-equal", "less"] as const).flatMap((comparison, row) =>
      [
        [1, 1],
        [1, 2],
        [1, 3],
      ].map((installed, column): [number[], VersionComparison, number[], boolean] => [
        installed,
        comparison,
        [1, 2],
        [
          [false, false, true],
          [false, true, true],
          [false, true, false],
          [true, true, false],
          [true, false, false],
        ][row]?.[column] === true,
      ]),
    ),
    // A release candidate of 2.0 is below 2.0, and rc is above beta is above alpha.
    [[2], "greater", [2, 0, -1, 1], true],
    [[2, 0, -1], "greater", [2, 0, -2, 9], true],
    [[2, 0, -2], "greater", [2, 0, -3, 9], true],
    // What the installed version leaves out is 0.
    [[1], "equal", [1, 0, 0], true],
    [[1], "less", [1, 0, 1], true],
    // The manifest's list ends the comparison, whatever the device has behind it.
    [[1, 2, 3], "greater", [1, 2], false],
  ])("%j %s %j is %s", (installed, comparison, version, holds) => {
    expect(versionMatches({ comparison, version }, installed)).toBe(holds);
  });
});

const match = "manifest.validate.0.override-parameters.version";
const shape = (content: Uint8Array) => validating(...set([28, content]));

describe("refused versions", () => {
  testRefused(
    [
      {
        row: 13,
        name: "a version that is no byte string",
        manifest: validating(...set([28, [2, [1]]])),
        at: "181c|820281",
        refusal: { reason: "wrong-type", field: match },
      },
      {
        row: 13,
        name: "three elements",
        manifest: shape(encode([2, [1], 0])),
        at: "83028101",
        refusal: { reason: "wrong-length", field: match },
      },
      {
        row: 13,
        name: "no such comparison",
        manifest: shape(encode([6, [1]])),
        at: "82|068101",
        refusal: { reason: "wrong-value", field: `${match}.comparison` },
      },
      {
        row: 13,
        name: "an empty version",
        manifest: shape(encode([2, []])),
        at: "8202|80",
        refusal: { reason: "wrong-length", field: `${match}.version` },
      },
      {
        row: 13,
        name: "17 numbers",
        manifest: shape(encode([2, new Array(17).fill(1)])),
        at: "8202|910101",
        refusal: { reason: "wrong-length", field: `${match}.version` },
      },
      {
        row: 13,
        name: "a pre-release in front",
        manifest: shape(encode([2, [-1, 1]])),
        at: "82|2001",
        refusal: { reason: "wrong-value", field: `${match}.version.0` },
      },
      {
        row: 13,
        name: "a class below alpha",
        manifest: shape(encode([2, [1, -4]])),
        at: "8201|23",
        refusal: { reason: "wrong-value", field: `${match}.version.1` },
      },
      {
        row: 13,
        name: "two classes",
        manifest: shape(encode([2, [1, -1, -2]])),
        at: "8301|20|21".replace("|20|", "20|"),
        refusal: { reason: "wrong-value", field: `${match}.version.2` },
      },
      {
        row: 13,
        name: "text in a version",
        manifest: shape(encode([2, [1, "x"]])),
        at: "8201|6178",
        refusal: { reason: "wrong-type", field: `${match}.version.1` },
      },
      {
        row: 13,
        name: "set-version without its byte string",
        manifest: craftManifest({ 6: [1] }),
        at: "06|8101",
        refusal: { reason: "wrong-type", field: "manifest.set-version" },
      },
    ],
    allExtensions,
  );
});

test("an accepted version keeps its numbers", () => {
  const parsed = parseIn(craftEnvelope({ 3: shape(encode([4, [1, 2, -2, 2 ** 40]])) }), allExtensions);
  expect(parsed.ok && parametersOf(parsed.value.validate)).toEqual([
    { version: { comparison: "less-or-equal", version: [1, 2, -2, 2 ** 40] } },
  ]);
});
