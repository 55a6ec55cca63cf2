import { expect, test } from "vitest";
import { readPage } from "./markdown.ts";

interface Entry {
  readonly term: string;
  readonly meaning: string;
}

const entriesOf = (markdown: string): Entry[] =>
  Array.from(markdown.matchAll(/^- \*\*(.+?)\*\* \((.+?)\): (.+)$/gm), ([, term = "", , meaning = ""]) => ({
    term,
    meaning,
  }));

const outOfOrder = (terms: readonly string[]): string[] =>
  terms.filter((term, i) => i > 0 && sortKey(terms[i - 1] ?? "") > sortKey(term));

/** As a reader looks a word up: no difference between cases, hyphen, underscore and space. */
const sortKey = (term: string): string => term.toLowerCase().replace(/[-_,]+/g, " ");

const page = readPage("docs/glossary.md");
const terms = entriesOf(page).map(({ term }) => term);

test("every entry has the form `- **term** (standard): meaning.`", () => {
  expect(terms.length).toBeGreaterThan(80);
  expect(terms).toHaveLength(page.match(/^- /gm)?.length ?? 0);
  expect(entriesOf(page).filter(({ meaning }) => !meaning.endsWith("."))).toEqual([]);
});

test("is alphabetical", () => {
  expect(outOfOrder(terms)).toEqual([]);
  expect(outOfOrder(["slot", "SL-T", "SMP"])).toEqual(["SL-T"]);
});

test("explains a term once", () => {
  expect(new Set(terms.map(sortKey)).size).toBe(terms.length);
});
