import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { readVectors } from "../vectors/vector-folder.ts";
import { codeSpans, readPage, root, tableRows } from "./markdown.ts";

const page = readPage("docs/spec/refusals.md");
const source = (file: string): string => readFileSync(path.join(root, "packages", file), "utf8");

/** Words in quotes, from behind `start` to the next `end`. */
function quotedIn(text: string, start: string, end: string, word: RegExp = /"([a-z0-9-]+)"/g): string[] {
  const from = text.indexOf(start);
  const to = text.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`no ${start}`);
  return Array.from(text.slice(from, to).matchAll(word), ([, quoted = ""]) => quoted);
}

const explained = (file: string, start: string): string[] =>
  quotedIn(source(file), start, "\n}\n", /^ {4}case "([a-z-]+)"/gm);

const tables: readonly (readonly [title: string, header: readonly string[], codes: readonly string[]])[] = [
  [
    "envelopes and payloads, reports, trust records",
    ["Code", "Means", "Facts"],
    [
      ...explained("verifier/src/explain.ts", "export function explain("),
      ...explained("verifier/src/explain-report.ts", "export function explainReport("),
      ...new Set(
        quotedIn(source("verifier/src/trust-record.ts"), "export type TrustRecordRefusal", "};", /"(trust-[a-z-]+)"/g),
      ),
    ],
  ],
  ["malformed", ["Reason", "Means"], quotedIn(source("cbor/src/malformed.ts"), "export type MalformedReason", ";")],
  [
    "command-failed",
    ["Because", "Means"],
    quotedIn(source("verifier/src/rejection.ts"), "export type CommandFailure", ";"),
  ],
];

describe("the page lists what the code can say, and nothing else", () => {
  test.each(tables)("%s", (_title, header, codes) => {
    const listed = tableRows(page, header).map(([code = ""]) => codeSpans(code)[0]);
    expect(codes.length).toBeGreaterThan(10);
    expect(listed.toSorted()).toEqual([...codes].sort());
    expect(new Set(listed).size).toBe(listed.length);
  });
});

test("the page lists the facts that the vectors show", () => {
  const listed = new Map(
    tableRows(page, ["Code", "Means", "Facts"]).map(([code = "", , facts = ""]) => [
      codeSpans(code)[0],
      codeSpans(facts),
    ]),
  );
  const own = ["reason", "field", "offset"];
  for (const { name, expect: wanted, headers } of readVectors("suit")) {
    if (wanted.verdict === "accept") continue;
    const shown = (headers.facts ?? "").split(" ").flatMap((fact) => (fact === "" ? [] : (fact.split("=")[0] ?? "")));
    const facts = listed.get(wanted.code)?.filter((fact) => !own.includes(fact)) ?? [];
    expect(shown.sort(), name).toEqual(facts.sort());
    expect(wanted.offset !== undefined, name).toBe(listed.get(wanted.code)?.includes("offset"));
  }
});
