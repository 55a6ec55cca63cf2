import { type CborValue, encode } from "@sumac/cbor";
import { bytesToHex } from "@sumac/crypto";
import { describe, expect, test } from "vitest";
import { coreLimits } from "./core-limits.ts";
import { craftEnvelope, craftManifest, map, offsetOf } from "./crafted-envelope.test.support.ts";
import { parseIn, type RefusedManifest, testRefused } from "./crafted-manifest.test.support.ts";
import { encloseBytes } from "./digest.ts";
import { parseEnvelope } from "./parse-envelope.ts";
import { parseText } from "./parse-text.ts";
import { serializeText } from "./serialize-text.ts";

const component = [Uint8Array.of(0x61)];
const texts = (...entries: readonly (readonly [CborValue, CborValue])[]) => encode(map([["en", map(entries)]]));
const withText = (text: CborValue) => craftManifest({ 23: text });

const refused: readonly RefusedManifest[] = [
  {
    row: 13,
    name: "text without a language",
    manifest: withText(encode(map([]))),
    at: "41|a0",
    refusal: { reason: "wrong-length", field: "manifest.text" },
  },
  {
    row: 13,
    name: "text that is no map",
    manifest: withText(encode([])),
    at: "41|80",
    refusal: { reason: "wrong-type", field: "manifest.text" },
  },
  {
    row: 13,
    name: "a language in numbers",
    manifest: withText(encode(map([[5, map([])]]))),
    at: "a1|05a0",
    refusal: { reason: "wrong-type", field: "manifest.text" },
  },
  ...["", "en_US", "en-", "muchtoolong", "en\n"].map((language) => ({
    row: 13,
    name: `the language ${JSON.stringify(language)}`,
    manifest: withText(encode(map([[language, map([])]]))),
    at: `a1|${Buffer.from(encode(language)).toString("hex")}a0`,
    refusal: { reason: "wrong-value", field: "manifest.text" },
  })),
  {
    row: 13,
    name: "a language whose value is no map",
    manifest: withText(encode(map([["en", "x"]]))),
    at: "62656e|6178",
    refusal: { reason: "wrong-type", field: "manifest.text.en" },
  },
  {
    row: 9,
    name: "an unknown text key",
    manifest: withText(texts([5, "x"])),
    at: "056178",
    refusal: { code: "unsupported", field: "manifest.text.en", label: 5 },
  },
  {
    row: 9,
    name: "an unknown text key of a component (7, update-management)",
    manifest: withText(texts([component, map([[7, "x"]])])),
    at: "076178",
    refusal: { code: "unsupported", field: "manifest.text.en.components.0", label: 7 },
  },
  {
    row: 13,
    name: "a description in bytes",
    manifest: withText(texts([1, Uint8Array.of(0xab)])),
    at: "01|41ab",
    refusal: { reason: "wrong-type", field: "manifest.text.en.manifest-description" },
  },
  {
    row: 13,
    name: "a vendor name in bytes",
    manifest: withText(texts([component, map([[1, Uint8Array.of(0xab)]])])),
    at: "01|41ab",
    refusal: { reason: "wrong-type", field: "manifest.text.en.components.0.vendor-name" },
  },
  {
    row: 13,
    name: "text as a string",
    manifest: withText("x"),
    at: "17|6178",
    refusal: { reason: "wrong-type", field: "manifest.text" },
  },
];

describe("refused text", () => {
  testRefused(refused);

  test("in a severed member, with its place in the envelope", () => {
    const file = craftEnvelope({ 23: texts([5, "x"]) });
    const envelope = parseEnvelope(file);
    const received = envelope.ok ? envelope.value.severed.get("text") : undefined;
    expect(received && parseText(received)).toEqual({
      ok: false,
      error: { code: "unsupported", field: "envelope.text.en", offset: offsetOf(file, "056178"), label: 5 },
    });
  });
});

describe("text", () => {
  const every = {
    languages: [
      {
        language: "de",
        manifestDescription: "a",
        updateDescription: "b",
        jsonSource: "c",
        yamlSource: "d",
        components: [
          {
            component,
            vendorName: "e",
            modelName: "f",
            vendorDomain: "g",
            modelInfo: "h",
            description: "i",
            version: "j",
          },
        ],
      },
      { language: "en-GB", components: [] },
    ],
  };

  test("has every member under its own number", () => {
    const manyTexts = map([
      [1, "a"],
      [2, "b"],
      [3, "c"],
      [4, "d"],
      [
        component,
        map([
          [1, "e"],
          [2, "f"],
          [3, "g"],
          [4, "h"],
          [5, "i"],
          [6, "j"],
        ]),
      ],
    ]);
    const encoded = encode(
      map([
        ["de", manyTexts],
        ["en-GB", map([])],
      ]),
    );
    expect(parseText(encloseBytes(encoded))).toEqual({ ok: true, value: { ...every, encoded, offset: 2 } });
    expect(serializeText(every)).toEqual(encoded);
  });

  test("may stand in the manifest itself", () => {
    const parsed = parseIn(craftEnvelope({ 3: withText(serializeText(every)) }));
    expect(parsed.ok && parsed.value.text).toMatchObject({ at: "inline", value: every });
  });
});

test("with the least limits text is kept and not looked into, however malformed", () => {
  const file = craftEnvelope({ 3: withText(encode("no text at all")) });
  expect(parseIn(file)).toMatchObject({ ok: false, error: { code: "malformed", field: "manifest.text" } });
  const offset = offsetOf(file, `${bytesToHex(encode("no text at all"))}`);
  expect(parseIn(file, coreLimits)).toMatchObject({
    ok: true,
    value: { text: { at: "inline", value: { languages: [], encoded: encode("no text at all"), offset } } },
  });
});
