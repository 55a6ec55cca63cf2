import { readFileSync } from "node:fs";
import path from "node:path";
import { customMembers, sumacPolicy, topLevelRoles } from "@sumac/tuf";
import { describe, expect, test } from "vitest";
import { codeSpans, readPage, root, tableRows } from "./markdown.ts";

const page = readPage("docs/spec/tuf.md");
const source = (file: string): string => readFileSync(path.join(root, "packages/tuf/src", file), "utf8");
const explained = Array.from(source("explain.ts").matchAll(/^ {4}case "([a-z-]+)"/gm), ([, code = ""]) => code);
const listed = tableRows(page, ["Refusal", "Means", "Facts"]);

describe("docs/spec/tuf.md says what the code does", () => {
  test("every refusal, and no other", () => {
    expect(explained.length).toBeGreaterThan(20);
    expect(listed.map(([code = ""]) => codeSpans(code)[0]).sort()).toEqual(explained.toSorted());
  });

  test("with facts that exist", () => {
    const names = new Set(
      Array.from(
        `${source("refusal.ts")}${source("json-refusal.ts")}`.matchAll(/readonly ([a-zA-Z]+)\??:/g),
        ([, name]) => name,
      ),
    );
    for (const [code = "", , facts = ""] of listed) {
      for (const fact of codeSpans(facts)) expect(names.has(fact), `${code} ${fact}`).toBe(true);
    }
  });

  test("in the steps and attacks only refusals that there are", () => {
    const known = new Set([...explained, "first-contact", "unreachable"]);
    const steps = tableRows(page, ["#", "Step", "Limit", "Refusals"]).map((row) => row[3] ?? "");
    const answers = tableRows(page, ["Row", "Attack", "Answer"]).map((row) => row[2] ?? "");
    expect(answers.length).toBeGreaterThan(40);
    for (const text of [...steps, ...answers]) {
      for (const code of codeSpans(text)) expect(known.has(code), code).toBe(true);
    }
  });

  test("the limits of the policy", () => {
    const limits = tableRows(page, ["#", "Step", "Limit", "Refusals"]).map((row) => row[2] ?? "");
    const { caps, maxRootSteps, maxSearch } = sumacPolicy;
    const bytes = (size: number): string => `${size.toLocaleString("en")} B`;
    expect(limits[0]).toBe(bytes(caps.root));
    expect(limits[1]).toBe(`${bytes(caps.root)}, ${maxRootSteps} roots`);
    expect(limits[4]).toBe(bytes(caps.timestamp));
    expect(limits[5]).toContain(bytes(caps.snapshot));
    expect(limits[6]).toContain(bytes(caps.targets));
    expect(limits[7]).toBe(`${maxSearch} roles`);
  });

  test("the members that repeat the envelope, and the roles", () => {
    const members = tableRows(page, ["Member", "Equals in the envelope", "Form"]);
    expect(members.flatMap(([member = ""]) => codeSpans(member))).toEqual([...customMembers]);
    const roles = tableRows(page, ["Role", "Signs", "Keys", "Lives"]).flatMap(([role = ""]) => codeSpans(role));
    expect(roles.toSorted()).toEqual([...topLevelRoles, "line-<name>"].sort());
  });
});
