import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { codeSpans, readPage, root, tableRows } from "./markdown.ts";

const page = readPage("docs/spec/device.md");
const source = (file: string): string => readFileSync(path.join(root, "packages/device/src", file), "utf8");

function quotedIn(file: string, start: string, end: string, word: RegExp): string[] {
  const text = source(file);
  const from = text.indexOf(start);
  const to = text.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`no ${start} in ${file}`);
  return Array.from(text.slice(from, to).matchAll(word), ([, quoted = ""]) => quoted);
}

const union = (file: string, name: string): string[] => quotedIn(file, `export type ${name} =`, ";\n", /"([a-z-]+)"/g);

test.each([
  ["boot states", ["State", "The other slot holds", "Next boot"], 0, union("device/boot.ts", "BootState")],
  ["boot reasons", ["Why a boot runs what it runs", "Means"], 0, union("device/boot.ts", "BootReason")],
  [
    "sets",
    ["Set", "Components", "Where it goes"],
    0,
    union("device/component-set.ts", "ComponentSet").filter((set) => set !== "mixed"),
  ],
  [
    "problems of a sweep",
    ["Invariant", "Broken, the power-cut sweep calls it"],
    1,
    union("power-cut/power-cut-judge.ts", "PowerCutProblem"),
  ],
  [
    "refusals",
    ["Code", "Means"],
    0,
    quotedIn("explain.ts", "export function explainDevice(", "\n}\n", /^ {4}case "([a-z-]+)"/gm),
  ],
] as const)("the page lists what the code has: %s", (_, header, column, inCode) => {
  const listed = tableRows(page, header).map((row) => codeSpans(row[column] ?? "")[0]);
  expect(inCode.length).toBeGreaterThan(2);
  expect(listed.toSorted()).toEqual([...inCode].sort());
});
