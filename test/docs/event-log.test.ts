import { logCategories, logTypes } from "@sumac/device";
import { expect, test } from "vitest";
import { codeSpans, readPage, tableRows } from "./markdown.ts";

const page = readPage("docs/spec/event-log.md");
const types = tableRows(page, ["Id", "Type", "Category", "Ring", "Severity", "Means"]);

test("the table of types is that of the code", () => {
  const listed = types.map(([id, name = "", category, ring, severity]) => [
    Number(id),
    codeSpans(name)[0],
    category,
    ring,
    severity,
  ]);
  const written = Object.entries(logTypes).map(([name, { id, category, ring, severity }]) => [
    id,
    name,
    category,
    ring,
    severity,
  ]);
  expect(listed).toEqual(written);
  for (const [, name, , , , means] of types) expect(means, name).toMatch(/^\S.*[^.]$/);
});

test("the categories have the numbers of the code", () => {
  const [, listed = ""] = /Categories are numbered (.*?)\./s.exec(page) ?? [];
  const numbers = listed.split(",").map((pair) => pair.trim().split(/\s+/));
  expect(Object.fromEntries(numbers.map(([name, number]) => [name, Number(number)]))).toEqual(logCategories);
});

test("the example is one: its lines have the members of a record, and its types are of the table", () => {
  const [, example = ""] = /```\n(\{"counter"[\s\S]*?)```/.exec(page) ?? [];
  const records = example
    .trim()
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(records).toHaveLength(2);
  for (const { type, id, category, result } of records) {
    const found = Object.entries(logTypes).find(([name]) => name === type)?.[1];
    expect(found).toMatchObject({ id, category });
    expect(["success", "refused"]).toContain(result);
  }
});

test("every code that verification can answer stands in its table", async () => {
  const { explainDeviceWord } = await import("@sumac/device");
  const codes = tableRows(page, ["Code", "Found by"]).map(([code = ""]) => codeSpans(code)[0] ?? "");
  expect(codes).toHaveLength(7);
  for (const code of codes) {
    const { problem } = explainDeviceWord({ code, ring: "general", index: 3 } as Parameters<
      typeof explainDeviceWord
    >[0]);
    expect(problem, code).toContain("3 of the general ring");
  }
});
