import { existsSync, globSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { codeSpans, readPage, root, tableRows } from "./markdown.ts";

/** The rows that bear on updates, with the first SL-C that asks for each; written down again from the catalogue. */
const wanted: readonly (readonly [row: string, levels: readonly (number | string)[]])[] = [
  ["CCSC 1", ["all"]],
  ["CR 1.2", [2, 3]],
  ["CR 1.5", [1, 3]],
  ["CR 1.8", [2]],
  ["CR 1.9", [2, 3]],
  ["CR 1.14", [2]],
  ["CR 2.1", [1, 2, 2, 3, 4]],
  ["EDR 2.4", [1, 2]],
  ["CR 2.8", [1]],
  ["CR 2.9", [1, 3]],
  ["CR 2.10", [1]],
  ["CR 2.11", [1, 2, 4]],
  ["CR 2.12", [1, 4]],
  ["EDR 2.13", [2, 3]],
  ["CR 3.1", [1, 2]],
  ["EDR 3.2", [1]],
  ["CR 3.3", [1, 4]],
  ["CR 3.4", [1, 2, 3]],
  ["CR 3.5", [1]],
  ["CR 3.6", [1]],
  ["CR 3.7", [1]],
  ["CR 3.9", [2, 4]],
  ["EDR 3.10", [1, 2]],
  ["Rollback protection", ["derived"]],
  ["EDR 3.11", [2, 3]],
  ["EDR 3.12", [2]],
  ["EDR 3.13", [2]],
  ["EDR 3.14", [1, 2]],
  ["CR 4.3", [1]],
  ["CR 6.1", [1, 3]],
  ["CR 7.1", [1]],
  ["CR 7.2", [1]],
  ["CR 7.3", [1, 2]],
  ["CR 7.4", [1]],
  ["CR 7.6", [1, 3]],
  ["CR 7.8", [2]],
];
const wantedRows = wanted.flatMap(([row, levels]) =>
  levels.map((level, re) => [re === 0 ? row : `${row} RE ${re}`, String(level)]),
);

interface Row {
  readonly id: string;
  readonly level: string;
  readonly does: string;
  readonly kept: string;
}

const page = readPage("docs/integrity-set.md");
const rows: readonly Row[] = tableRows(page, ["Row", "SL-C", "What the software does", "Kept by"]).map(
  ([id = "", level = "", does = "", kept = ""]) => ({ id, level, does, kept }),
);
const read = (file: string): string | undefined => {
  const full = path.join(root, file);
  return existsSync(full) ? readFileSync(full, "utf8") : undefined;
};

const rowId = String.raw`(?:CCSC|CR|EDR) \d+(?:\.\d+)?(?: RE \d)?|Rollback protection`;
const literal = /["'`]((?:[^"'`\\\n]|\\.)*)["'`]/g;
/** `CR 7.1, 7.2: ...` and `EDR 3.14, CR 7.4: ...` begin with two rows each; a threat may stand among them. */
const beginning = new RegExp(`^((?:${rowId})(?:, (?:${rowId}|\\d+\\.\\d+|T-[A-Z-]+))*): `);

/** The rows whose ids a name begins with. */
function rowsOfName(name: string): string[] {
  const head = beginning.exec(name)?.[1]?.split(", ") ?? [];
  const kind = head[0]?.split(" ")[0] ?? "";
  return head.filter((id) => !id.startsWith("T-")).map((id) => (/^\d/.test(id) ? `${kind} ${id}` : id));
}

/** The rows that a test file has tests for, by the names it spells out, or has in a table of `row`s. */
function rowsOfTests(source: string): Set<string> {
  const names = Array.from(source.matchAll(literal), ([, text = ""]) => text);
  const tabled = names.some((name) => name.startsWith("$" + "{row}: "))
    ? Array.from(source.matchAll(new RegExp(`row: "(${rowId})"`, "g")), ([, id = ""]) => id)
    : [];
  return new Set([...names.flatMap(rowsOfName), ...tabled]);
}

/** What is wrong with a row's last column; nothing if it keeps its word. */
function problemsOf({ id, kept }: Pick<Row, "id" | "kept">, readFile: typeof read): string[] {
  const [first = "", ...rest] = kept.split("; ");
  const reasons = [first, ...rest].filter((part) => !part.startsWith("`"));
  const unclear = reasons.filter((part) => !/^(platform|process|not yet): \S.{10,}/.test(part));
  if (unclear.length > 0) return unclear.map((part) => `"${part}" is no reason`);
  const files = codeSpans(kept).filter((code) => code.includes("/"));
  if (files.length === 0 && reasons.length === 0) return ["names no test and no reason"];
  return files.flatMap((file) => {
    const source = readFile(file);
    if (source === undefined) return [`${file} is not there`];
    if (!/\.(test|contract)\.ts$/.test(file)) return [`${file} is no test`];
    return rowsOfTests(source).has(id) ? [] : [`${file} has no test that begins with ${id}`];
  });
}

describe("the page", () => {
  test("has exactly the rows of the catalogue, with the level that first asks for each", () => {
    expect(rows.map(({ id, level }) => [id, level])).toEqual(wantedRows);
    expect(wantedRows).toHaveLength(60);
  });

  test("says of each row what the software does about it, in a sentence of its own", () => {
    const told = rows.map(({ does }) => does);
    for (const { id, does } of rows) expect(does, id).toMatch(/^[A-Z][^|]{20,}\.$/);
    expect(new Set(told).size).toBe(told.length);
  });

  test.each(rows.map((row) => [row.id, row] as const))("%s: its tests are there and begin with the row", (_, row) => {
    expect(problemsOf(row, read)).toEqual([]);
  });

  test("what is not for software to meet says where it is met", () => {
    const without = rows.filter(({ kept }) => !kept.includes("`")).map(({ id }) => id);
    expect(without).toEqual(["CR 1.5 RE 1", "EDR 2.13", "EDR 2.13 RE 1", "CR 3.9 RE 1", "EDR 3.11", "EDR 3.11 RE 1"]);
  });
});

test("a test whose name begins with a row is listed in that row", () => {
  const files = globSync("{packages/*/src,test}/**/*.{test,contract}.ts", {
    cwd: root,
    exclude: ["**/dist/**", "**/docs/**"],
  });
  expect(files.length).toBeGreaterThan(100);
  const unlisted = files.flatMap((found) => {
    const file = found.split(path.sep).join("/");
    return [...rowsOfTests(read(file) ?? "")]
      .filter((id) => !rows.some((row) => row.id === id && codeSpans(row.kept).includes(file)))
      .map((id) => `${id}: \`${file}\``);
  });
  expect(unlisted.sort()).toEqual([]);
});

describe("a row that does not keep its word is noticed", () => {
  const sources: Readonly<Record<string, string>> = {
    "a/right.test.ts": 'test("EDR 3.10 RE 1: altered payload", f)',
    "a/base.test.ts": 'test("EDR 3.10: from 5 to 6", f)',
    "a/inside.test.ts": 'test("altered payload (EDR 3.10 RE 1)", f)',
    "a/comment.test.ts": "// EDR 3.10 RE 1: altered payload",
    "a/table.test.ts": '[{ row: "EDR 3.10 RE 1" }]; test(`$' + "{row}: x`, f)",
    "a/rows.test.ts": '[{ row: "EDR 3.10 RE 1" }]; test(`x`, f)',
    "a/two.test.ts": 'describe("CR 7.4, EDR 3.10 RE 1, T-IMG-EXTRA: x", f)',
    "a/right.ts": 'test("EDR 3.10 RE 1: altered payload", f)',
  };
  test.each([
    ["a good test", "`a/right.test.ts`", 0],
    ["a table of rows", "`a/table.test.ts`", 0],
    ["two rows in one name", "`a/two.test.ts`", 0],
    ["a test and what it leaves open", "`a/right.test.ts`; platform: a debug port that is closed", 0],
    ["an honest gap", "not yet: comes with backups", 0],
    ["a test that is not there", "`a/gone.test.ts`", 1],
    ["a test of the row without its enhancement", "`a/base.test.ts`", 1],
    ["a name that only mentions the row", "`a/inside.test.ts`", 1],
    ["a comment", "`a/comment.test.ts`", 1],
    ["rows that no name carries", "`a/rows.test.ts`", 1],
    ["a file that is no test", "`a/right.ts`", 1],
    ["nothing", "", 1],
    ["a promise without content", "not yet: soon", 1],
    ["a reason of no kind", "later, when somebody asks", 1],
  ])("%s", (_name, kept, problems) => {
    expect(problemsOf({ id: "EDR 3.10 RE 1", kept }, (file) => sources[file])).toHaveLength(problems);
  });
});
