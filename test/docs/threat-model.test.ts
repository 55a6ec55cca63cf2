import { existsSync, globSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { codeSpans, readPage, root, tableRows } from "./markdown.ts";

interface Threat {
  readonly id: string;
  readonly who: string;
  readonly refusals: readonly string[];
  readonly test: string;
}

const header = ["Id", "Threat", "Who", "What Sumac does", "Refusal", "Test"];
const threatsIn = (markdown: string): Threat[] =>
  tableRows(markdown, header).map(([id = "", , who = "", , refusal = "", test = ""]) => ({
    id,
    who,
    refusals: codeSpans(refusal),
    test,
  }));

const page = readPage("docs/threat-model.md");
const threats = threatsIn(page);
const ids = threats.map(({ id }) => id);
const testFilesOf = (threat: Threat): string[] => codeSpans(threat.test).filter((code) => code.includes("/"));
const read = (file: string): string | undefined => {
  const full = path.join(root, file);
  return existsSync(full) ? readFileSync(full, "utf8") : undefined;
};

/** An id with nothing of a longer one around it: `T-IMG-EXPIRED` does not stand in `T-IMG-EXPIRED-OFFLINE`. */
const carries = (text: string, id: string): boolean => new RegExp(`(?<![A-Z0-9-])${id}(?![A-Z0-9-])`).test(text);

/** What is wrong with the test column of a row; nothing if it keeps its word. */
function testProblems(threat: Threat, readFile: typeof read): string[] {
  const files = testFilesOf(threat);
  if (/^not yet: \S/.test(threat.test)) return files.map((file) => `${file} although not yet`);
  const pointed = /^see (T-[A-Z-]+)$/.exec(threat.test)?.[1];
  if (pointed !== undefined) return pointed !== threat.id && ids.includes(pointed) ? [] : [`no threat ${pointed}`];
  if (files.length === 0) return ["names no test"];
  return files.flatMap((file) => {
    const text = readFile(file);
    if (text === undefined) return [`${file} is not there`];
    if (!/\.test\.ts$/.test(file)) return [`${file} is no test`];
    return carries(text, threat.id) ? [] : [`${file} does not carry the id`];
  });
}

describe("every row", () => {
  test("has an id of its own", () => {
    expect(ids.length).toBeGreaterThan(80);
    expect(ids.filter((id) => !/^T(-[A-Z]{2,})+$/.test(id))).toEqual([]);
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
    expect(page.match(/^\| T-/gm)).toHaveLength(ids.length);
  });

  test("names attackers that the page introduces", () => {
    const letters = tableRows(page, ["Letter", "Who", "Has"]).map(([letter = ""]) => letter);
    expect(letters.length).toBeGreaterThan(4);
    for (const { id, who } of threats) {
      for (const letter of who.split(" ")) expect([...letters, "-"], id).toContain(letter);
    }
  });

  test.each(threats.map((threat) => [threat.id, threat] as const))(
    "%s: its test is there and carries the id",
    (_id, threat) => {
      expect(testProblems(threat, read)).toEqual([]);
    },
  );
});

test("every threat to a device is answered, with tests", () => {
  const device = threats.filter(({ id }) => id.startsWith("T-DEV-"));
  expect(device.length).toBeGreaterThanOrEqual(10);
  expect(device.filter((threat) => testFilesOf(threat).length === 0)).toEqual([]);
});

test("RFC 9124's threats are all there", () => {
  const named = [
    [
      "IMG",
      [
        "EXPIRED",
        "EXPIRED-OFFLINE",
        "INCOMPATIBLE",
        "FORMAT",
        "LOCATION",
        "REPLACE",
        "NON-AUTH",
        "DISCLOSURE",
        "EXTRA",
      ],
    ],
    ["NET", ["REDIRECT", "ONPATH"]],
    ["UPD", ["WRONG-PRECURSOR", "UNAPPROVED"]],
    ["MFST", ["OVERRIDE", "EXPOSURE", "MODIFICATION", "TOCTOU"]],
    ["KEY", ["EXPOSURE"]],
  ] as const;
  const all = named.flatMap(([group, names]) => names.map((name) => `T-${group}-${name}`));
  expect(all.filter((id) => !ids.includes(id))).toEqual([]);
});

test("a refusal that a tested row names is a code of the source", () => {
  const sources = globSync("packages/*/src/**/*.ts", { cwd: root, exclude: ["**/*.test.ts", "**/dist/**"] });
  const text = sources.map((file) => read(file)).join("\n");
  for (const threat of threats.filter((each) => testFilesOf(each).length > 0)) {
    expect(
      threat.refusals.filter((code) => !text.includes(`"${code}"`)),
      threat.id,
    ).toEqual([]);
  }
});

test("an id that a test carries is a threat of the page, in a row that names tests", () => {
  const files = globSync("{packages/*/src,test}/**/*.test.ts", { cwd: root, exclude: ["**/dist/**", "**/docs/**"] });
  expect(files.length).toBeGreaterThan(10);
  const carried = files.flatMap((file) =>
    Array.from((read(file) ?? "").matchAll(/\bT(?:-[A-Z]{2,})+\b/g), ([id]) => [file, id]),
  );
  const tested = threats.filter((threat) => testFilesOf(threat).length > 0).map(({ id }) => id);
  expect(carried.filter(([, id = ""]) => !tested.includes(id))).toEqual([]);
});

describe("a row that does not keep its word is noticed", () => {
  const threat = (test: string): Threat => ({ id: "T-IMG-EXPIRED", who: "N", refusals: [], test });
  const readFile = (file: string): string | undefined =>
    ({
      "a/right.test.ts": 'test("T-IMG-EXPIRED x")',
      "a/longer.test.ts": "T-IMG-EXPIRED-OFFLINE",
      "a/x.ts": "T-IMG-EXPIRED",
    })[file];
  test.each([
    ["a test that is not there", "`a/gone.test.ts`", 1],
    ["a test without the id", "`a/longer.test.ts`", 1],
    ["a file that is no test", "`a/x.ts`", 1],
    ["one good and one bad", "`a/right.test.ts` `a/gone.test.ts`", 1],
    ["nothing", "", 1],
    ["a promise without content", "not yet:", 1],
    ["a pointer to itself", "see T-IMG-EXPIRED", 1],
    ["a pointer to nowhere", "see T-NO-SUCH", 1],
    ["a good test", "`a/right.test.ts`", 0],
    ["an honest gap", "not yet: later", 0],
    ["a pointer", "see T-IMG-EXTRA", 0],
  ])("%s", (_name, column, problems) => {
    expect(testProblems(threat(column), readFile)).toHaveLength(problems);
  });
});
