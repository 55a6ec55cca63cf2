import { encode, Tagged } from "@sumac/cbor";
import { bytesToHex, hexToBytes } from "@sumac/crypto";
import { describe, expect, test } from "vitest";
import { craftEnvelope } from "./crafted-envelope.test.support.ts";
import { parametersOf, parseIn, set, testRefused, validating } from "./crafted-manifest.test.support.ts";

const uuid = new Uint8Array(16).fill(0xcc);
const validate = "manifest.validate";
const parameters = `${validate}.0.override-parameters`;

describe("refused parameters (suit.md 6)", () => {
  testRefused([
    {
      row: 1,
      name: "a byte behind an image digest",
      manifest: validating(...set([3, Uint8Array.of(...encode([-16, new Uint8Array(32)]), 0xee)])),
      at: "0000|ee",
      refusal: { reason: "trailing-bytes", field: `${parameters}.image-digest` },
    },
    ...[0, 6, 19, 26, 27, 28, 29, 30, -1, -300].map((label) => ({
      row: 9,
      name: `parameter ${label}`,
      manifest: validating(...set([label, 0])),
      at: `8214a1|${bytesToHex(encode(label))}00`,
      refusal: { code: "unsupported", field: parameters, label },
    })),
    {
      row: 9,
      name: "a digest algorithm that is not known",
      manifest: validating(...set([3, encode([-18, new Uint8Array(32)])])),
      at: "315820",
      refusal: { code: "unsupported", field: `${parameters}.image-digest.algorithm`, label: -18 },
    },
    {
      row: 13,
      name: "no parameter at all",
      manifest: validating(...set()),
      at: "14|a0",
      refusal: { reason: "wrong-length", field: parameters },
    },
    {
      row: 13,
      name: "parameters in an array",
      manifest: validating(20, [3]),
      at: "14|8103",
      refusal: { reason: "wrong-type", field: parameters },
    },
    ...(
      [
        ["vendor-identifier", 1, uuid.subarray(1), "wrong-length"],
        ["vendor-identifier", 1, "x", "wrong-type"],
        ["class-identifier", 2, uuid.subarray(1), "wrong-length"],
        ["class-identifier", 2, new Tagged(112, Uint8Array.of(1)), "wrong-type"],
        ["device-identifier", 24, Uint8Array.of(...uuid, 0), "wrong-length"],
        ["image-digest", 3, [-16, new Uint8Array(32)], "wrong-type"],
        ["use-before", 4, -5, "wrong-type"],
        ["component-slot", 5, true, "wrong-type"],
        ["strict-order", 12, null, "wrong-type"],
        ["image-size", 14, Uint8Array.of(0xab), "wrong-type"],
        ["content", 18, "x", "wrong-type"],
        ["uri", 21, Uint8Array.of(0xab), "wrong-type"],
        ["source-component", 22, -5, "wrong-type"],
        ["source-component", 22, 2n ** 60n, "wrong-value"],
        ["invoke-args", 23, 5, "wrong-type"],
        ["fetch-arguments", 25, "x", "wrong-type"],
      ] as const
    ).map(([name, label, value, reason]) => ({
      row: 13,
      name: `${name} that is ${reason}`,
      manifest: validating(...set([label, value])),
      at: `14a1${bytesToHex(encode(label))}|${bytesToHex(encode(value))}`,
      refusal: { reason, field: `${parameters}.${name}` },
    })),
    ...[0, 13].map((length) => ({
      row: 13,
      name: `a private enterprise number of ${length} bytes`,
      manifest: validating(...set([1, new Tagged(112, new Uint8Array(length).fill(0xcc))])),
      at: `d870|${bytesToHex(encode(new Uint8Array(length).fill(0xcc)))}`,
      refusal: { reason: "wrong-length", field: `${parameters}.vendor-identifier` },
    })),
  ]);
});

describe("accepted parameters", () => {
  test("a private enterprise number is kept encoded, with its tag", () => {
    const parsed = parseIn(craftEnvelope({ 3: validating(...set([1, new Tagged(112, hexToBytes("ab"))])) }));
    expect(parsed.ok && parametersOf(parsed.value.validate)).toEqual([{ vendorIdentifier: hexToBytes("d87041ab") }]);
  });

  test("the largest numbers without rounding", () => {
    const largest = 2n ** 64n - 1n;
    const parsed = parseIn(craftEnvelope({ 3: validating(...set([4, largest], [5, largest], [14, largest])) }));
    expect(parsed.ok && parametersOf(parsed.value.validate)).toEqual([
      { useBefore: largest, componentSlot: largest, imageSize: largest },
    ]);
  });
});
