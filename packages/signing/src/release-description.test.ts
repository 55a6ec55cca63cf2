import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { DescriptionRefusal } from "./description-reader.ts";
import { parseReleaseDescription } from "./release-description.ts";

const good = `vendor: vendor.example
product: rtu-demo
components:
  - id: [firmware]
    name: firmware
    maxSize: 256 KiB
`;
const parse = (text: string) => parseReleaseDescription(new TextEncoder().encode(text));
/** `good` with one piece of text changed, which must be there. */
function changed(from: string, to: string): string {
  if (!good.includes(from)) throw new Error(`there is no ${from}`);
  return good.replace(from, to);
}

const minimal = {
  vendor: "vendor.example",
  product: "rtu-demo",
  components: [{ id: ["firmware"], name: "firmware", maxSize: 262144n }],
};

describe("parseReleaseDescription", () => {
  test("reads what is needed and no more", () => {
    expect(parse(good)).toEqual({ ok: true, value: minimal });
  });

  test("reads the optional texts", () => {
    const more = { vendorName: "Example Vendor", description: "A unit", referenceUri: "https://vendor.example/rtu" };
    const lines = Object.entries(more).map(([key, value]) => `${key}: ${value}\n`);
    expect(parse(good + lines.join(""))).toEqual({ ok: true, value: { ...minimal, ...more } });
  });

  test("reads everything else that there is", () => {
    const more = `vendorPen: 32473
language: en-GB
translations:
  de: {vendorName: Beispiel GmbH, description: Ein Gerät, names: [Anwendung]}
  pt-BR: {description: Um aparelho}
digestAlgorithm: sha-512
unstableUpdateManagement14:
  useBefore: 2027-01-15T08:00:00Z
  priority: -5
  installed: ">= 1.2"
  setVersion: release
`;
    expect(parse(good + more)).toEqual({
      ok: true,
      value: {
        ...minimal,
        vendorPen: 32473,
        language: "en-GB",
        translations: [
          { language: "de", vendorName: "Beispiel GmbH", description: "Ein Gerät", names: ["Anwendung"] },
          { language: "pt-BR", description: "Um aparelho" },
        ],
        digestAlgorithm: "sha-512",
        unstableUpdateManagement14: {
          useBefore: 1_800_000_000n,
          priority: -5n,
          installed: { comparison: "greater-or-equal", version: [1, 2] },
          setVersion: "release",
        },
      },
    });
  });

  test("reads several components, in their order", () => {
    const parsed = parse(`${good}  - id: [settings]\n    name: settings\n    maxSize: 4 KiB\n`);
    expect(parsed.ok && parsed.value.components.map(({ id }) => id)).toEqual([["firmware"], ["settings"]]);
  });

  const unstable = (line: string) => `unstableUpdateManagement14:\n  ${line}\n`;
  test.each<[string, string, string, string]>([
    ["vendorPen: 0\n", "vendorPen", "number-out-of-range", "7:12"],
    ["vendorPen: 4294967296\n", "vendorPen", "number-out-of-range", "7:12"],
    ["vendorPen: 1.5\n", "vendorPen", "number-out-of-range", "7:12"],
    ["language: english please\n", "language", "not-a-language", "7:11"],
    ["language: e\n", "language", "not-a-language", "7:11"],
    ["translations: {EN: {description: a}}\n", "translations.EN", "language-twice", "7:20"],
    ["translations:\n  de: {}\n  DE: {}\n", "translations.DE", "language-twice", "9:7"],
    ["translations: {d: {}}\n", "translations.d", "not-a-language", "7:19"],
    ["translations: {de: {names: [a, b]}}\n", "translations.de.names", "one-name-each", "7:28"],
    ["digestAlgorithm: md5\n", "digestAlgorithm", "not-a-name", "7:18"],
    [unstable("useBefore: 2027-01-15"), "unstableUpdateManagement14.useBefore", "not-a-time", "8:14"],
    [unstable("priority: 101"), "unstableUpdateManagement14.priority", "number-out-of-range", "8:13"],
    [unstable('installed: "1.2"'), "unstableUpdateManagement14.installed", "not-a-version-match", "8:14"],
    [unstable("setVersion: 1.2.0"), "unstableUpdateManagement14.setVersion", "not-a-name", "8:15"],
  ])("refuses %j", (lines, field, flaw, place) => {
    const [line, column] = place.split(":").map(Number);
    expect(parse(good + lines)).toMatchObject({
      ok: false,
      error: { code: "description-bad-value", field, flaw, line, column },
    });
  });

  test.each<[string, string]>([
    ['vendorPen: "1"\n', "number"],
    ["translations: [de]\n", "map"],
    ["translations: {de: Gerät}\n", "map"],
    ["digestAlgorithm: 256\n", "text"],
  ])("refuses the type of %j", (lines, expected) => {
    expect(parse(good + lines)).toMatchObject({ ok: false, error: { code: "description-wrong-type", expected } });
  });

  test("refuses seventeen components", () => {
    const many = Array.from({ length: 16 }, (_, i) => `  - id: [c${i}]\n    name: c\n    maxSize: 1\n`).join("");
    expect(parse(good + many)).toMatchObject({ ok: false, error: { flaw: "too-long", field: "components" } });
  });

  test("reads the fixture", () => {
    const file = readFileSync(new URL("../../../firmware-fixtures/sumac.yaml", import.meta.url));
    expect(parseReleaseDescription(new Uint8Array(file))).toMatchObject({ ok: true, value: minimal });
  });

  test.each([
    ["a byte order mark", `\ufeff${good}`],
    ["CRLF", good.replaceAll("\n", "\r\n")],
    ["comments", `# description\n${good}# end\n`],
    ["an anchor that nobody refers to", changed("rtu-demo", "&a rtu-demo")],
    ["JSON", JSON.stringify({ ...minimal, components: [{ ...minimal.components[0], maxSize: 262144 }] })],
  ])("takes %s", (_, text) => {
    expect(parse(text)).toEqual({ ok: true, value: minimal });
  });

  test.each([
    ["1", 1n],
    ["262144", 262144n],
    ["0x40000", 262144n],
    ["256KiB", 262144n],
    ["1 MiB", 1048576n],
    ["4 GiB", 4294967296n],
  ])("reads the size %s", (text, maxSize) => {
    expect(parse(changed("256 KiB", text))).toMatchObject({ ok: true, value: { components: [{ maxSize }] } });
  });

  const known = [
    "vendor",
    "vendorPen",
    "product",
    "vendorName",
    "description",
    "referenceUri",
    "language",
    "translations",
    "digestAlgorithm",
    "components",
    "unstableUpdateManagement14",
  ];
  const two = "  - id: [b]\n    name: b\n    maxSize: 1\n";
  test.each<[string, string, Omit<DescriptionRefusal, "line" | "column"> & Record<string, unknown>, string]>([
    ["broken YAML", "{vendor: a", { code: "description-not-yaml", yamlCode: "MISSING_CHAR" }, "1:11"],
    ["a tab", changed("  - id", "\t- id"), { code: "description-not-yaml", yamlCode: "TAB_AS_INDENT" }, "4:1"],
    // The YAML parser overflows the stack on these.
    [
      "brackets by the thousand",
      `${"[{".repeat(4900)}: 1\nc: [\n---\nv]\n`,
      { code: "description-too-deep", limit: 32 },
      "1:33",
    ],
    [
      "brackets behind a good beginning",
      `${good}texts: ${"[".repeat(20_000)}`,
      { code: "description-too-deep", limit: 32 },
      "7:40",
    ],
    ["lists in lists in one line", `a: 1\n${"- ".repeat(20_000)}`, { code: "description-too-deep", limit: 32 }, "2:65"],
    ["a second document", `${good}---\na: b\n`, { code: "description-not-yaml", yamlCode: "MULTIPLE_DOCS" }, "7:1"],
    [
      "an unknown tag",
      changed("rtu-demo", "!x a"),
      { code: "description-not-yaml", yamlCode: "TAG_RESOLVE_FAILED" },
      "2:10",
    ],
    [
      "a tag",
      changed("rtu-demo", "!!str a"),
      { code: "description-not-plain", field: "product", feature: "tag" },
      "2:16",
    ],
    [
      "an alias",
      changed("rtu-demo", "&a rtu").replace("name: firmware", "name: *a"),
      { code: "description-not-plain", field: "components.0.name", feature: "alias" },
      "5:11",
    ],
    ["YAML 1.1", `%YAML 1.1\n---\n${good}`, { code: "description-not-plain", field: "", feature: "directive" }, "1:1"],
    ["a key twice", `${good}vendor: x.example\n`, { code: "description-duplicate-key", field: "vendor" }, "7:1"],
    ["a quoted key twice", `${good}"vendor": x\n`, { code: "description-duplicate-key", field: "vendor" }, "7:1"],
    ["a nested key twice", `${good}    name: b\n`, { code: "description-duplicate-key", field: "name" }, "7:5"],
    ["an unknown key", `${good}banana: 1\n`, { code: "description-unknown-key", field: "banana", known }, "7:1"],
    ["__proto__", `${good}__proto__: 1\n`, { code: "description-unknown-key", field: "__proto__", known }, "7:1"],
    ["a merge key", `${good}<<: {description: x}\n`, { code: "description-unknown-key", field: "<<", known }, "7:1"],
    [
      "a key of other case",
      `${good}referenceURI: x\n`,
      { code: "description-unknown-key", field: "referenceURI", known, suggestion: "referenceUri" },
      "7:1",
    ],
    [
      "a key with a letter missing",
      changed("maxSize", "maxSze"),
      {
        code: "description-unknown-key",
        field: "components.0.maxSze",
        known: ["id", "name", "maxSize"],
        suggestion: "maxSize",
      },
      "6:5",
    ],
    ["no product", changed("product: rtu-demo\n", ""), { code: "description-missing-key", field: "product" }, "1:1"],
    [
      "no name",
      changed("    name: firmware\n", ""),
      { code: "description-missing-key", field: "components.0.name" },
      "4:5",
    ],
    ["a list", "- a\n", { code: "description-wrong-type", field: "", expected: "map", found: "list" }, "1:1"],
    ["an HTML page", "<html>", { code: "description-wrong-type", field: "", expected: "map", found: "text" }, "1:1"],
    [
      "a number for a model",
      changed("rtu-demo", "1.0"),
      { code: "description-wrong-type", field: "product", expected: "text", found: "number" },
      "2:10",
    ],
    [
      "nothing for a model",
      changed("rtu-demo", ""),
      { code: "description-wrong-type", field: "product", expected: "text", found: "nothing" },
      "2:10",
    ],
    [
      "a text for a list",
      changed("[firmware]", "firmware"),
      { code: "description-wrong-type", field: "components.0.id", expected: "list", found: "text" },
      "4:9",
    ],
    [
      "a truth value for a size",
      changed("256 KiB", "true"),
      { code: "description-wrong-type", field: "components.0.maxSize", expected: "size", found: "boolean" },
      "6:14",
    ],
    [
      "a component twice",
      good + two.replace("[b]", "[firmware]"),
      { code: "description-bad-value", field: "components.1", flaw: "component-twice" },
      "7:5",
    ],
  ])("refuses %s", (_, text, error, place) => {
    const [line, column] = place.split(":").map(Number);
    expect(parse(text)).toEqual({ ok: false, error: { ...error, line, column } });
  });

  test.each([
    ["product", "rtu-demo", '""', "empty"],
    ["product", "rtu-demo", '"rtu "', "spaces-at-the-ends"],
    ["product", "rtu-demo", '"rtu\\0"', "control-character"],
    ["product", "rtu-demo", '"a\\u202eb"', "control-character"],
    ["product", "rtu-demo", '"\\ud800"', "control-character"],
    ["product", "rtu-demo", '"a\\nb"', "line-break"],
    ["product", "rtu-demo", '"u\\u0308"', "not-normalised"],
    ["product", "rtu-demo", "a".repeat(65), "too-long"],
    ["vendor", "vendor.example", "Vendor.Example", "not-a-domain"],
    ["vendor", "vendor.example", "localhost", "not-a-domain"],
    ["vendor", "vendor.example", "vendor.example.", "not-a-domain"],
    ["vendor", "vendor.example", "-a.example", "not-a-domain"],
    ["vendor", "vendor.example", "ü.example", "not-a-domain"],
    ["components.0.id", "[firmware]", "[]", "empty-list"],
    ["components.0.id.0", "[firmware]", "[..]", "not-a-segment"],
    ["components.0.id.0", "[firmware]", "[a/b]", "not-a-segment"],
    ["components.0.id.0", "[firmware]", "[.a]", "not-a-segment"],
    ["components.0.maxSize", "256 KiB", "0", "size-out-of-range"],
    ["components.0.maxSize", "256 KiB", "5 GiB", "size-out-of-range"],
    ["components.0.maxSize", "256 KiB", "-1", "not-a-size"],
    ["components.0.maxSize", "256 KiB", "1.5", "not-a-size"],
    ["components.0.maxSize", "256 KiB", "256 kB", "not-a-size"],
    ["components.0.maxSize", "256 KiB", ".inf", "not-a-size"],
    ["referenceUri", "product:", "referenceUri: vendor.example/x\nproduct:", "not-a-uri"],
    ["referenceUri", "product:", 'referenceUri: "https://a.example/a b"\nproduct:', "not-a-uri"],
  ])("refuses %s: %s -> %s as %s", (field, from, to, flaw) => {
    expect(parse(changed(from, to))).toMatchObject({
      ok: false,
      error: { code: "description-bad-value", field, flaw },
    });
  });

  test.each([
    ["nothing", "", { code: "description-empty" }],
    ["only comments", "# soon\n", { code: "description-empty" }],
    ["64 KiB and a byte", "#".repeat(65537), { code: "description-too-large", size: 65537, limit: 65536 }],
  ])("refuses %s", (_, text, error) => {
    expect(parse(text)).toEqual({ ok: false, error });
  });

  test("refuses what is no UTF-8", () => {
    const file = Uint8Array.of(...new TextEncoder().encode("product: "), 0xfc);
    expect(parseReleaseDescription(file)).toEqual({ ok: false, error: { code: "description-not-utf-8" } });
  });
});
