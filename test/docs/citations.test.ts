import { existsSync, globSync, readFileSync } from "node:fs";
import path from "node:path";
import { algorithms } from "@sumac/cose";
import {
  blockTag,
  commonLabel,
  componentTextLabel,
  conditionLabel,
  digestAlgorithmLabel,
  directiveLabel,
  envelopeLabel,
  manifestLabel,
  parameterLabel,
  severableLabel,
  textLabel,
} from "@sumac/suit";
import { describe, expect, test } from "vitest";
import { codeSpans, readPage, root, tableRows } from "./markdown.ts";

/** `suit.md 5, rules 4 and 9` = page suit, section 5, items 4 and 9. Without a section the page itself is meant. */
interface Citation {
  readonly page: string;
  readonly section?: string;
  readonly items: readonly string[];
}

const place = /^(\d+(?:\.\d+)*)(?:,? (?:(?:rule|row|fact) (\d+)|(?:rules|rows|facts) (\d+(?:(?:, | and )\d+)*)))?/;

/** `, 4 rule 6` after a citation: another place on the same page. */
const another = /^, (?=\d+(?:\.\d+)* (?:rule|row|fact))/;

/** A file below another folder is a link and no citation. */
function citationsIn(text: string): Citation[] {
  // A citation may be broken over two lines of a comment.
  const flat = text.replace(/\n[ \t]*(?:\*(?!\/)|\/\/)[ \t]*/g, " ");
  return Array.from(flat.matchAll(/(?<![\w/.-])([a-z][a-z-]*)\.md(?![\w"'`])(?: section)?/g)).flatMap((match) => {
    const [all, page = ""] = match;
    let rest = flat.slice(match.index + all.length).replace(/^ /, "");
    const found: Citation[] = [];
    for (let at = place.exec(rest); at !== null; at = place.exec(rest)) {
      const [cited, section = "", one, several] = at;
      found.push({ page, section, items: one === undefined ? (several?.split(/, | and /) ?? []) : [one] });
      rest = rest.slice(cited.length);
      if (!another.test(rest)) break;
      rest = rest.replace(another, "");
    }
    return found.length === 0 ? [{ page, items: [] }] : found;
  });
}

/** The text below the heading with this number, subsections included. */
function sectionOf(markdown: string, number: string): string | undefined {
  const headings = Array.from(markdown.matchAll(/^#{2,4} (\d+(?:\.\d+)*)\.? .*$/gm));
  const start = headings.findIndex(([, found]) => found === number);
  if (start < 0) return undefined;
  const end = headings.slice(start + 1).find(([, found = ""]) => !found.startsWith(`${number}.`));
  return markdown.slice(headings[start]?.index, end?.index);
}

type Read = (page: string) => string | undefined;

const readSpec: Read = (page) => {
  const file = path.join(root, "docs/spec", `${page}.md`);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
};

/** What a text cites and nobody can look up. */
function unresolved(text: string, read: Read): string[] {
  return citationsIn(text).flatMap(({ page, section, items }) => {
    const markdown = read(page);
    if (markdown === undefined) return [`${page}.md`];
    if (section === undefined) return [];
    const found = sectionOf(markdown, section);
    if (found === undefined) return [`${page}.md ${section}`];
    const missing = items.filter((item) => !new RegExp(`^(?:${item}\\. |\\| ${item} \\|)`, "m").test(found));
    return missing.map((item) => `${page}.md ${section}, ${item}`);
  });
}

const self = "test/docs/";
const sources = globSync(["packages/*/src/**/*.ts", "test/**/*.ts"], { cwd: root })
  .map((file) => file.split(path.sep).join("/"))
  .filter((file) => !file.startsWith(self) && !/(^|\/)(node_modules|dist)\//.test(file));

test("every page, section, rule, row and fact that a comment cites is there", () => {
  const texts = sources.map((file) => [file, readFileSync(path.join(root, file), "utf8")] as const);
  expect(texts.flatMap(([, text]) => citationsIn(text)).length).toBeGreaterThan(60);
  expect(texts.flatMap(([file, text]) => unresolved(text, readSpec).map((cited) => `${file}: ${cited}`))).toEqual([]);
});

describe("a citation that leads nowhere is noticed", () => {
  const page = "## 1. One\n1. first\n2. second\n### 1.1 Part\n| 7 | x |\n## 2. Two\n3. third\n";
  const read: Read = (name) => (name === "page" ? page : undefined);
  test.each([
    ["another page", "// see other.md 1", ["other.md"]],
    ["another section", "// (page.md 3)", ["page.md 3"]],
    ["another subsection", "// (page.md 1.2)", ["page.md 1.2"]],
    ["a rule of another section", "// page.md 1, rule 3.", ["page.md 1, 3"]],
    ["one of several", "// page.md 1, rows 1, 7 and 8).", ["page.md 1, 8"]],
    ["the second place", "// page.md 1 fact 2, 2 rule 2).", ["page.md 2, 2"]],
    ["over two lines", "/**\n * page.md section\n * 9\n */", ["page.md 9"]],
    ["nothing", "// page.md 1, rules 1 and 2; page.md asks; page.md 1.1, 0 to 15; docs/other.md 4", []],
  ])("%s", (_name, text, expected) => {
    expect(unresolved(text, read)).toEqual(expected);
  });
});

const suit = readPage("docs/spec/suit.md");

/** Name to number, as a table prints it; the first two cells of each row count. */
const printed = (header: readonly string[]): Record<string, number> =>
  Object.fromEntries(
    tableRows(suit, header).map(([number = "", name = ""]) => [codeSpans(name)[0] ?? name, Number(number)]),
  );

const manifestHeader = ["Number", "Manifest member", "Value", "Severable"];

describe("docs/spec/suit.md prints the registries of the code", () => {
  test.each([
    ["envelope members", ["Number", "Envelope member", "Value"], envelopeLabel],
    ["digests", ["Number", "Digest"], digestAlgorithmLabel],
    ["blocks", ["Tag", "Block", ""], blockTag],
    ["manifest members", manifestHeader, manifestLabel],
    ["common members", ["Number", "Common member", "Value"], commonLabel],
    ["conditions", ["Number", "Condition", "Holds when"], conditionLabel],
    ["directives", ["Number", "Directive", "Argument", "In the shared sequence"], directiveLabel],
    ["parameters", ["Number", "Parameter", "Value"], parameterLabel],
    ["text", ["Number", "Text"], textLabel],
    ["component text", ["Number", "Component text"], componentTextLabel],
  ])("%s", (_name, header, registry: Readonly<Record<string, number>>) => {
    expect(printed(header)).toEqual(registry);
  });

  test("severable members", () => {
    const severable = tableRows(suit, manifestHeader).filter((row) => row[3] === "yes");
    expect(severable.map(([number]) => Number(number))).toEqual(Object.values(severableLabel));
  });

  test("COSE algorithms", () => {
    const rows = algorithms.map(({ id, name, scheme, status }) => [String(id), name, scheme, status]);
    expect(tableRows(suit, ["Id", "Algorithm", "Key", "Status"])).toEqual(rows);
  });
});

test("docs/spec/ names every refusal of an envelope, and none that does not exist", () => {
  const unions = [
    "packages/verifier/src/rejection.ts",
    "packages/suit/src/refusal.ts",
    "packages/cbor/src/malformed.ts",
  ];
  const codes = new Set(
    unions.flatMap((file) =>
      Array.from(readPage(file).matchAll(/readonly code: "([a-z-]+)"/g), ([, code = ""]) => code),
    ),
  );
  const checks = tableRows(readPage("docs/spec/trust.md"), ["#", "Check", "Refusal"]).map((row) => row[2]);
  const rows = tableRows(suit, ["Row", "What", "By", "Refusal"]).map((row) => row[3]);
  const named = (cells: readonly (string | undefined)[]): string[] => cells.flatMap((cell = "") => codeSpans(cell));
  expect([...new Set(named(checks))].sort()).toEqual([...codes].sort());
  expect(named(rows).filter((code) => !codes.has(code))).toEqual([]);
});
