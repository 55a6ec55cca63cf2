import { builtInCatalogue, fileKinds, gateNames, policyLimits, rowRules, rules, singleFiles } from "@sumac/sdl";
import { describe, expect, test } from "vitest";
import { codeSpans, readPage, tableRows } from "./markdown.ts";

const page = readPage("docs/spec/sdl-rules.md");

describe("docs/spec/sdl-rules.md", () => {
  test("lists every rule with its words", () => {
    const listed = tableRows(page, ["Rule", "Problem", "Remedy"]).map(([id = "", problem, remedy]) => [
      codeSpans(id)[0],
      problem,
      remedy,
    ]);
    expect(listed).toEqual(Object.entries(rules).map(([id, { problem, remedy }]) => [id, problem, remedy]));
  });

  test("lists what counts for each row", () => {
    const header = [
      "Row",
      "Kinds",
      "Shows practice",
      "Each needed",
      "Bound to",
      "Signed by",
      "Independence",
      "Covers",
      "Age",
    ];
    const words = (list: readonly string[]): string => list.join(" ") || "-";
    expect(tableRows(page, header)).toEqual(
      Object.entries(rowRules).map(([id, rule]) => [
        id,
        words(rule.kinds),
        words(rule.practised),
        words(rule.needs),
        rule.scope,
        words(rule.roles),
        rule.independence,
        words(rule.documents),
        builtInCatalogue.processRows.get(id)?.defaultMaxAge ?? "",
      ]),
    );
  });

  test("lists every file, gate and limit", () => {
    const files = tableRows(page, ["File below .sdl", "Schema"]);
    expect(files.map(([, schema = ""]) => codeSpans(schema)[0])).toEqual([...fileKinds]);
    expect(files.map(([file]) => file)).toEqual(expect.arrayContaining(Object.keys(singleFiles)));
    expect(tableRows(page, ["Gate", "Asks"]).map(([gate]) => gate)).toEqual(
      Object.entries(gateNames).map(([id, name]) => `${id} ${name}`),
    );
    const { timeliness, ...limits } = policyLimits;
    expect(Object.fromEntries(tableRows(page, ["Member", "Loosest"]))).toEqual(
      Object.fromEntries([
        ...Object.entries(limits).map(([name, limit]) => [name, String(limit)]),
        ...Object.entries(timeliness).map(([name, limit]) => [`timeliness.${name}`, String(limit)]),
      ]),
    );
  });

  test("the example is what the gate says", () => {
    expect(page).toContain(
      `G6-independence: ${rules["G6-independence"].problem}: p-test is a developer\n  hint: ${rules["G6-independence"].remedy}`,
    );
  });
});
