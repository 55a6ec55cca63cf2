import { readFileSync } from "node:fs";
import path from "node:path";
import { inspect } from "node:util";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  buildRelease,
  type DescriptionRefusal,
  explain,
  maxDescriptionBytes,
  parseReleaseDescription,
  releaseDescriptionKeys,
} from "@sumac/signing";
import { nodeSha1 } from "@sumac/signing/node";
import { defaultLimits, parseEnvelope, parseManifest, resolveSeverable, updateManagement14 } from "@sumac/suit";
import { describe, expect, test } from "vitest";
import { orThrow } from "../support/example-product.ts";
import { codeSpans, readPage, root, tableRows } from "./markdown.ts";

const page = readPage("docs/spec/release-description.md");
const source = (file: string): string => readFileSync(path.join(root, "packages", file), "utf8");

/** With the key that excludes another one left a comment, as it stands on the page. */
const shown = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
const withPen = shown.replace("# vendorPen", "vendorPen");

const parse = (file: string) => parseReleaseDescription(new TextEncoder().encode(file));

interface Row {
  readonly key: string;
  readonly type: string;
  readonly limits: string;
  readonly default: string;
  readonly members: readonly string[];
}

const rows: readonly Row[] = tableRows(page, ["Key", "Type", "Limits", "Default", "In the manifest"]).map(
  ([key = "", type = "", limits = "", otherwise = "", members = ""]) => ({
    key: codeSpans(key)[0] ?? "",
    type,
    limits,
    default: otherwise,
    members: codeSpans(members),
  }),
);

/** The file with another value for a key, or without it. Below a list or a map: in its first item. */
function withValue(file: string, key: string, value: string | undefined): string {
  const lines = file.split("\n");
  const [top = "", inner] = key.split(".");
  let start = lines.findIndex((line) => line.startsWith(`${top}:`));
  if (start < 0) return value === undefined ? file : `${file}${key}: ${value}\n`;
  if (inner === undefined) {
    const length = lines.slice(start + 1).findIndex((line) => !line.startsWith(" ")) + 1;
    lines.splice(start, length, ...(value === undefined ? [] : [`${key}: ${value}`]));
    return lines.join("\n");
  }
  start += lines.slice(start).findIndex((line) => new RegExp(`^ +(- )?${inner}:`).test(line));
  const [indent = ""] = /^ +(?:- )?/.exec(lines[start] ?? "") ?? [];
  lines[start] = value === undefined ? indent : `${indent}${inner}: ${value}`;
  return lines.join("\n");
}

function refusalOf(file: string): DescriptionRefusal | undefined {
  const parsed = parse(file);
  return parsed.ok ? undefined : parsed.error;
}

/** What the manifest of a release says, by the names of its parameters and members. */
function factsOf(file: string): Readonly<Record<string, string>> {
  const description = orThrow(parse(file));
  const components = description.components.map((_, index) => ({ image: Uint8Array.of(index) }));
  const context = { crypto: nodeCrypto, sha1: nodeSha1 };
  const built = orThrow(buildRelease({ description, components, version: "1.1.0", sequence: 2n }, context));
  const limits = { ...defaultLimits, extensions: [updateManagement14] };
  const envelope = orThrow(parseEnvelope(built.envelope, limits));
  const manifest = orThrow(parseManifest(envelope.manifest, limits));
  const { install, text } = orThrow(resolveSeverable(envelope, manifest, nodeCrypto, limits));
  const languages = text?.languages ?? [];
  const texts = languages.flatMap((language) => language.components);
  const facts: Record<string, unknown> = {
    components: manifest.components,
    "reference-uri": manifest.referenceUri,
    "set-version": manifest.setVersion,
    text: languages.map(({ language }) => language),
    "manifest-description": languages.map(({ manifestDescription }) => manifestDescription),
    "vendor-name": texts.map(({ vendorName }) => vendorName),
    "model-name": texts.map(({ modelName }) => modelName),
    "vendor-domain": texts.map(({ vendorDomain }) => vendorDomain),
    "component-description": texts.map((one) => one.description),
    "component-version": texts.map(({ version }) => version),
  };
  for (const command of [...(manifest.shared?.commands ?? []), ...(install?.commands ?? [])]) {
    if (command.kind !== "override-parameters") continue;
    for (const [key, value] of Object.entries(command.parameters)) {
      const name = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      facts[name] = [facts[name], value];
    }
  }
  return Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, inspect(value, { depth: null })]));
}

function changedFacts(before: string, after: string): string[] {
  const [old, now] = [factsOf(before), factsOf(after)];
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].filter((name) => old[name] !== now[name]).sort();
}

describe("the keys", () => {
  test("are those that the reader knows, and all stand in the example", () => {
    expect(rows.map(({ key }) => key).sort()).toEqual([...releaseDescriptionKeys].sort());
    for (const { key } of rows) {
      expect(withPen, key).toMatch(new RegExp(`^ *(- )?${key.split(".").at(-1)}:`, "m"));
    }
    expect([refusalOf(shown), refusalOf(withPen)]).toEqual([undefined, undefined]);
  });

  test.each(rows)("$key is of the type that the page gives", ({ key, type }) => {
    expect(refusalOf(withValue(withPen, key, "true"))).toMatchObject({
      code: "description-wrong-type",
      field: expect.stringMatching(new RegExp(`^${key.split(".").join("\\.(.+\\.)?")}$`)),
      expected: type,
    });
  });

  test.each(rows)("$key may be left out, or not", ({ key, default: otherwise }) => {
    const without = withValue(withPen, key, undefined);
    const code = otherwise === "required" ? "description-missing-key" : undefined;
    expect(refusalOf(without)?.code).toBe(code);
    const [value] = codeSpans(otherwise);
    if (value !== undefined) expect(factsOf(withValue(withPen, key, value))).toEqual(factsOf(without));
  });

  test.each(rows)("$key becomes what the page says", ({ key, members }) => {
    expect(Object.keys(otherValues)).toContain(key);
    expect(changedFacts(shown, withValue(shown, key, otherValues[key]))).toEqual([...members].sort());
  });
});

/** For each key a value that is not the one of the example; undefined = the key is taken away. */
const otherValues: Readonly<Record<string, string | undefined>> = {
  vendor: "other.example",
  vendorPen: "32473",
  product: "other",
  vendorName: "Other",
  description: "Other",
  referenceUri: "https://vendor.example/other",
  language: "fr",
  translations:
    "{da: {vendorName: Beispiel GmbH, description: 'Fernwirkgerät, simuliert', names: [Anwendung, Funkteil]}}",
  "translations.vendorName": "Other",
  "translations.description": undefined,
  "translations.names": "[Anwendung, Other]",
  digestAlgorithm: "sha-512",
  components: "[{id: [other], name: application, maxSize: 1}, {id: [radio], name: radio, maxSize: 1}]",
  "components.id": "[pump]",
  "components.name": "Other",
  "components.maxSize": "1",
  unstableUpdateManagement14: undefined,
  "unstableUpdateManagement14.useBefore": "2031-12-31T23:59:59Z",
  "unstableUpdateManagement14.priority": "5",
  "unstableUpdateManagement14.installed": '"> 1.0"',
  "unstableUpdateManagement14.setVersion": undefined,
};

describe("the limits", () => {
  const withText = (key: string, text: string): string => withValue(withPen, key, text);
  const letters = (count: number): string => "a".repeat(count);
  /** A value with as many characters, where the letter `a` alone will not do. */
  const ofLength: Readonly<Record<string, (count: number) => string>> = {
    vendor: (count) => letters(count).replace(/(a{63})a/g, "$1."),
    referenceUri: (count) => `a:${letters(count - 2)}`,
    "translations.names": (count) => `[a, ${letters(count)}]`,
    "components.id": (count) => `[a, ${letters(count)}]`,
  };
  const badValue = (flaw: string) => ({ code: "description-bad-value", flaw });

  const texts = rows.flatMap(({ key, limits }) => {
    const [, most] = /up to (\d+) characters/.exec(limits) ?? [];
    return most === undefined ? [] : [{ key, most: Number(most) }];
  });
  test.each(texts)("$key: $most characters", ({ key, most }) => {
    const make = ofLength[key] ?? letters;
    expect(refusalOf(withText(key, make(most)))).toBeUndefined();
    expect(refusalOf(withText(key, make(most + 1)))).toMatchObject(badValue("too-long"));
    expect(refusalOf(withText(key, make(most).replaceAll("a", "")))).toBeDefined();
  });

  const ranges = rows.flatMap(({ key, type, limits }) => {
    const [, lowest, highest] = /^`(-?\d+)` to `(\d+)`$/.exec(limits) ?? [];
    return lowest === undefined ? [] : [{ key, type, lowest: Number(lowest), highest: Number(highest) }];
  });
  test.each(ranges)("$key: $lowest to $highest", ({ key, type, lowest, highest }) => {
    for (const good of [lowest, highest]) expect(refusalOf(withText(key, `${good}`))).toBeUndefined();
    for (const bad of [lowest - 1, highest + 1]) {
      expect(refusalOf(withText(key, `${bad}`))).toMatchObject(badValue(`${type}-out-of-range`));
    }
  });

  const choices = rows.flatMap(({ key, type, limits }) =>
    codeSpans(limits).flatMap((value) => (type === "text" && key !== "translations" ? [{ key, value }] : [])),
  );
  test.each(choices)("$key: $value", ({ key, value }) => {
    expect(refusalOf(withText(key, `"${value}"`))).toBeUndefined();
    expect(refusalOf(withText(key, `"${value}x"`))).toMatchObject({ code: "description-bad-value" });
  });

  test("components: as many as the page says", () => {
    const [, most] = /(\d+) items/.exec(rows.find(({ key }) => key === "components")?.limits ?? "") ?? [];
    const list = (count: number): string =>
      `[${Array.from({ length: count }, (_, index) => `{id: [c${index}], name: a, maxSize: 1}`).join(", ")}]`;
    const withList = (count: number) => withText("components", list(count)).replace(/^ +names:.*\n/m, "");
    expect(refusalOf(withList(Number(most)))).toBeUndefined();
    expect(refusalOf(withList(Number(most) + 1))).toMatchObject(badValue("too-long"));
    expect(refusalOf(withList(0))).toMatchObject(badValue("empty-list"));
  });

  test("every row with a limit was tried", () => {
    const tried = new Set([...texts, ...ranges, ...choices].map(({ key }) => key));
    expect(rows.map(({ key }) => key).filter((key) => !tried.has(key))).toEqual([
      "language",
      "translations",
      "components",
      "unstableUpdateManagement14",
    ]);
  });
});

describe("the refusals", () => {
  /** The text of a type in a source file, up to the empty line behind it. */
  function typeIn(file: string, name: string): string {
    const text = source(file);
    const start = text.indexOf(`export type ${name} =`);
    return text.slice(start, text.indexOf("\n\n", start));
  }
  const quoted = (text: string): string[] => Array.from(text.matchAll(/"([a-z-]+)"/g), ([, word = ""]) => word);

  test("are all the codes, each with its facts", () => {
    const listed = tableRows(page, ["Code", "Means", "Facts"]).map(([code = "", , facts = ""]) => [
      codeSpans(code)[0],
      ...codeSpans(facts),
    ]);
    const members = typeIn("signing/src/description-reader.ts", "DescriptionRefusal")
      .split(/^ {2}\| /m)
      .slice(1)
      .map((member) =>
        Array.from(member.matchAll(/readonly (\w+)\??: ?"?([\w-]*)/g), ([, name, value]) =>
          name === "code" ? value : name,
        ),
      );
    expect(members.length).toBeGreaterThan(5);
    expect(listed).toEqual(members);
    expect(page).toContain(`more than ${maxDescriptionBytes} bytes`);
  });

  test("are all the flaws", () => {
    const listed = tableRows(page, ["Flaw", "Means"]).map(([flaw = ""]) => codeSpans(flaw)[0]);
    const flaws = [
      ...quoted(typeIn("signing/src/text-flaw.ts", "TextFlaw")),
      ...quoted(typeIn("signing/src/description-reader.ts", "DescriptionFlaw")),
    ];
    expect(flaws.length).toBeGreaterThan(15);
    expect(listed.toSorted()).toEqual(flaws.toSorted());
  });

  test("the one that is shown is what a misspelt key gets", () => {
    const refusal = refusalOf(shown.replace("maxSize", "maxSze"));
    if (refusal === undefined) throw new Error("the misspelt key was read");
    const { problem, remedy } = explain(refusal);
    expect(page).toContain(`error[${refusal.code}]: ${problem}\nhint: ${remedy}\n`);
  });
});

test("the options that the page names are there", () => {
  const files = ["release-build.ts", "release-inspect.ts", "../signers.ts"];
  const options = files.map((file) => source(`cli/src/commands/${file}`)).join("");
  const named = new Set(Array.from(page.matchAll(/--([a-z-]{3,})/g), ([, name = ""]) => name));
  expect(named.size).toBeGreaterThan(6);
  for (const name of named) expect(options, name).toContain(`name: "${name}"`);
});
