import { algorithms } from "@sumac/cose";
import { bytesToHex, concatBytes, hexToBytes } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  commonLabel,
  componentTextLabel,
  conditionLabel,
  defaultLimits,
  digestAlgorithmLabel,
  directiveLabel,
  type Extension,
  envelopeLabel,
  everyExtension,
  manifestDigest,
  manifestLabel,
  parameterLabel,
  parseEnvelope,
  parseManifest,
  severableLabel,
  suitDraft,
  textLabel,
} from "@sumac/suit";
import { describe, expect, test } from "vitest";
import {
  common,
  envelope,
  labelled,
  manifest,
  raw,
  running,
} from "../../firmware-fixtures/vectors-source/craft-envelope.ts";
import { withExample } from "../../firmware-fixtures/vectors-source/profile-example.ts";
import { readVectors } from "../vectors/vector-folder.ts";
import { codeSpans, readPage, tableRows } from "./markdown.ts";

const page = readPage("docs/spec/manifest-profile.md");
const vectors = readVectors("suit");

/** What a table with these columns says: the number in front, by the name behind it. */
function numbersIn(markdown: string, ...header: string[]): Record<string, number> {
  const rows = tableRows(markdown, header).flatMap(([number = "", name = ""]) => {
    const [word] = codeSpans(name);
    return word === undefined ? [] : [[word, Number(number)] as const];
  });
  if (rows.length === 0) throw new Error(`no table ${header.join()}`);
  return Object.fromEntries(rows);
}

type Registry = Readonly<Record<string, number>>;
const registries: readonly (readonly [name: string, header: readonly string[], registry: Registry])[] = [
  ["envelope", ["Key", "Member", "Value"], { ...envelopeLabel, ...severableLabel }],
  ["digest algorithms", ["Algorithm", "Name"], digestAlgorithmLabel],
  ["manifest and common", ["Key", "Member", "Value", "Extension"], { ...manifestLabel, ...commonLabel }],
  ["text", ["Number", "Of the manifest"], textLabel],
  ["component text", ["Number", "Of a component"], componentTextLabel],
  ["conditions", ["Code", "Condition", "Holds if", "Extension"], conditionLabel],
  ["directives", ["Code", "Directive", "Argument", "Extension"], directiveLabel],
  ["parameters", ["Code", "Parameter", "Value", "Extension"], parameterLabel],
];

describe("the page and the code give the same numbers", () => {
  test.each(registries)("%s", (_name, header, registry) => {
    expect(numbersIn(page, ...header)).toEqual({ ...registry });
  });

  test("a wrong number on the page is noticed", () => {
    const [, header, registry] = registries[7] ?? [];
    const wrong = page.replace("| 14 | `image-size` |", "| 41 | `image-size` |");
    expect(wrong).not.toBe(page);
    expect(numbersIn(wrong, ...(header ?? []))).not.toEqual({ ...registry });
  });

  test("algorithms", () => {
    const rows = tableRows(page, ["Id", "Name", "Scheme", "Status"]).map(([id, ...rest]) => {
      const [name, scheme, status] = rest.map((cell) => codeSpans(cell)[0]);
      return { id: Number(id), name, scheme, status };
    });
    expect(rows).toEqual(algorithms);
  });

  test("limits", () => {
    const { extensions: _extensions, readText: _readText, ...limits } = defaultLimits;
    const rows = tableRows(page, ["Limit", "Default", "Counts"]);
    expect(Object.fromEntries(rows.map(([name = "", value]) => [codeSpans(name)[0], Number(value)]))).toEqual(limits);
  });

  test("names of drafts", () => {
    for (const draft of [suitDraft, ...everyExtension.map((one) => one.draft)]) expect(page).toContain(draft);
  });
});

describe("what needs an extension according to the page is understood with it, and not without", () => {
  /** An envelope in which the number stands alone, and where a reader stops that does not know it. */
  const places: Readonly<Record<string, (label: number) => readonly [file: Uint8Array, field: string]>> = {
    manifest: (label) => [envelope(manifest({ [label]: raw("f4") })), "manifest"],
    common: (label) => [envelope(manifest({ 3: common({ [label]: raw("f4") }) })), "manifest.common"],
    command: (label) => [envelope(running(7, label, raw("f4"))), "manifest.validate.0"],
    parameter: (label) => [
      envelope(running(7, 20, labelled({ [label]: raw("f4") }))),
      "manifest.validate.0.override-parameters",
    ],
  };
  const knows = (place: string, label: number, extensions: readonly Extension[]): boolean => {
    const [file, field] = places[place]?.(label) ?? [new Uint8Array(), ""];
    const read = parseEnvelope(file);
    if (!read.ok) throw new Error(read.error.code);
    const answer = parseManifest(read.value.manifest, { ...defaultLimits, extensions });
    return answer.ok || answer.error.code !== "unsupported" || answer.error.field !== field;
  };
  const tables = [
    ["manifest", "Key", "Member", "Value"],
    ["command", "Code", "Condition", "Holds if"],
    ["command", "Code", "Directive", "Argument"],
    ["parameter", "Code", "Parameter", "Value"],
  ] as const;

  test.each(tables)("%s: %s, %s, %s", (kind, ...header) => {
    for (const [label, name = "", , extension = ""] of tableRows(page, [...header, "Extension"])) {
      const [word = ""] = codeSpans(name);
      const place = kind === "manifest" && word in commonLabel ? "common" : kind;
      const understanding = [[], ...everyExtension.map((one) => [one])]
        .filter((some) => knows(place, Number(label), some))
        .map((some) => some.map((one) => one.name));
      const [needed] = codeSpans(extension);
      expect([word, understanding]).toEqual([
        word,
        needed === undefined ? [[], ...everyExtension.map((one) => [one.name])] : [[needed]],
      ]);
    }
  });
});

describe("the example", () => {
  const vector = vectors.find(({ name }) => name === "one-component");
  const [, block = ""] = /^```\n([\s\S]*?)^```$/m.exec(page) ?? [];

  test("is what the generator makes of it", () => {
    expect(withExample(page)).toBe(page);
    expect(() => withExample("no block")).toThrow();
  });

  test("is the vector, byte for byte, each at its offset", () => {
    const lines = block.trimEnd().split("\n");
    const parts = lines.map((line) => /^ *(\d+) {2}([0-9a-f]+)(?: |$)/.exec(line));
    let at = 0;
    for (const [, offset, hex = ""] of parts.map((part) => part ?? [])) {
      expect(Number(offset)).toBe(at);
      at += hex.length / 2;
    }
    expect(parts.map((part) => part?.[2] ?? "").join("")).toBe(bytesToHex(vector?.bytes ?? new Uint8Array()));
  });

  test("is hashed and signed where the page says so", () => {
    const read = parseEnvelope(vector?.bytes ?? new Uint8Array());
    if (!read.ok) throw new Error(read.error.code);
    const { manifest: received, digest, digestElement, blocks, encoded } = read.value;
    const [authentication] = blocks;
    if (authentication?.kind !== "sign1") throw new Error("no block");
    const place = (bytes: Uint8Array): string => {
      const first = bytes.byteOffset - encoded.byteOffset;
      return `${first} to ${first + bytes.length - 1}`;
    };
    expect(page).toContain(`**with its head** | ${place(received.encoded)} |`);
    expect(page).toContain(`protected = ${place(authentication.sign1.protected)}, payload = ${place(digestElement)} |`);
    expect(vector?.headers.digest).toBe(`sha-256 ${bytesToHex(manifestDigest(received, "sha-256", nodeCrypto).bytes)}`);
    expect(bytesToHex(concatBytes(hexToBytes("822f5820"), digest.bytes))).toBe(bytesToHex(digestElement));
  });
});

describe("what must be refused", () => {
  const rows = tableRows(page, ["Row", "What", "Refusals", "One of the vectors"]);

  test("is numbered from 1 to 20", () => {
    expect(rows.map(([row]) => row)).toEqual(Array.from({ length: 20 }, (_, i) => `${i + 1}`));
  });

  test.each(rows)("row %s: %s", (row, _what, refusals = "", example = "") => {
    const ofRow = vectors.filter(({ headers }) => headers.row === row);
    const codes = ofRow.map(({ expect: wanted }) => (wanted.verdict === "reject" ? wanted.code : "accept"));
    expect([...new Set(codes)].sort()).toEqual(codeSpans(refusals).sort());
    expect(ofRow.map(({ name }) => name)).toContain(codeSpans(example)[0]);
  });
});
