/** The part of docs/keys-and-ceremonies.md on the signed repository, as three key holders would follow it. */
import { readFileSync, symlinkSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { codeSpans, readPage, tableRows } from "../docs/markdown.ts";
import { expectSaid, runInShell, scriptOf, stepsOf } from "../support/followed-page.ts";
import { root } from "../support/sumac-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const page = readPage("docs/keys-and-ceremonies.md");
const chapter = page.slice(page.indexOf("\n## The signed repository\n"));

test("every command of the chapter does what it says", { timeout: 300_000 }, async () => {
  const steps = stepsOf(chapter.replace(/\n## (?!The signed repository)[\s\S]*$/, ""));
  expect(steps.length).toBeGreaterThan(10);
  const folder = temporaryFolder();
  symlinkSync(path.join(root, "firmware-fixtures"), path.join(folder, "firmware-fixtures"));
  expectSaid(await runInShell(scriptOf(steps), folder), steps);
});

describe("the pages and the code agree", () => {
  const source = (file: string): string => readFileSync(path.join(root, "packages", file), "utf8");

  test("on refusals of a ceremony", () => {
    const inCode = new Set(
      ["tuf/src/writer/writer-refusal.ts", "tuf/src/writer/node-tree.ts", "cli/src/repo/ceremony.ts"].flatMap((file) =>
        Array.from(source(file).matchAll(/code(?: =|:) "([a-z-]+)"/g), ([, code = ""]) => code),
      ),
    );
    const listed = tableRows(page, ["Refusal", "Means", "What to do next"]).map(([code = ""]) => codeSpans(code)[0]);
    expect(listed.length).toBeGreaterThan(12);
    expect(listed.filter((code) => code === undefined || !inCode.has(code))).toEqual([]);
  });

  test("on the drills", () => {
    const header = ["Playbook", "Drill", "Until it is done, the thief can"];
    const listed = tableRows(readPage("docs/playbooks/README.md"), header).map((row) => codeSpans(row[1] ?? "")[0]);
    const drills = Array.from(source("cli/src/repo/drills.ts").matchAll(/{ name: "([a-z-]+)"/g), ([, name]) => name);
    expect(drills.length).toBe(5);
    expect(listed).toEqual(drills);
  });
});
