import { readFileSync } from "node:fs";
import path from "node:path";
import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { buildManifest, explain, lintRelease, readPastRelease, recipientProfileKeys, severityOf } from "@sumac/signing";
import { nodeSha1 } from "@sumac/signing/node";
import { describe, expect, test } from "vitest";
import { description, orThrow } from "../support/example-product.ts";
import { codeSpans, readPage, root, tableRows } from "./markdown.ts";

const page = readPage("docs/spec/lint.md");
const source = readFileSync(path.join(root, "packages/signing/src/finding.ts"), "utf8");

interface Listed {
  readonly code: string;
  readonly severity: string;
  readonly facts: readonly string[];
}

const listed: readonly Listed[] = tableRows(page, ["Code", "Severity", "Means", "Facts"]).map(
  ([code = "", severity = "", , facts = ""]) => ({ code: codeSpans(code)[0] ?? "", severity, facts: codeSpans(facts) }),
);

/** The members of the union `FindingFacts`, each with the names of its facts. */
function union(): Listed[] {
  const start = source.indexOf("export type FindingFacts =");
  const text = source.slice(start, source.indexOf("\n\n", start));
  return text
    .split(/^ {2}\| /m)
    .slice(1)
    .map((member) => {
      const [code = "", ...facts] = Array.from(member.matchAll(/readonly (\w+)\??: ?"?([\w-]*)/g), ([, name, value]) =>
        name === "code" ? (value ?? "") : (name ?? ""),
      );
      return { code, severity: severityOf[code as keyof typeof severityOf], facts };
    });
}

const byCode = (a: Listed, b: Listed): number => (a.code < b.code ? -1 : 1);

describe("docs/spec/lint.md lists what lint can say, and nothing else", () => {
  test("codes, severities and facts", () => {
    expect(listed.length).toBeGreaterThan(25);
    expect(listed.toSorted(byCode)).toEqual(union().toSorted(byCode));
    expect(listed.map(({ code }) => code).sort()).toEqual(Object.keys(severityOf).sort());
  });

  test("a wrong row is noticed", () => {
    const [first] = union();
    expect(union()).not.toContainEqual({ ...first, facts: ["nothing"] });
    expect(union().map(({ code }) => code)).not.toContain("image-match-mising");
  });

  test.each([
    [["Because", "Means"], "UnmatchedPayload"],
    [["Key", "Means"], undefined],
  ] as const)("the table %j", (header, type) => {
    const rows = tableRows(page, header).map(([cell = ""]) => codeSpans(cell)[0]);
    expect(rows.sort()).toEqual([...(type === undefined ? recipientProfileKeys : quotedIn(type))].sort());
  });

  test("the reasons why a URI is not immutable stand in the rule", () => {
    const rule = page.slice(page.indexOf("## When a URI is immutable"), page.indexOf("## Texts and what"));
    for (const reason of quotedIn("MutableUri")) expect(codeSpans(rule)).toContain(reason);
  });
});

/** The names of a union of strings. */
function quotedIn(type: string): string[] {
  const start = source.indexOf(`export type ${type} =`);
  return Array.from(source.slice(start, source.indexOf(";", start)).matchAll(/"([a-z-]+)"/g), ([, name = ""]) => name);
}

test("the example is what lint says", () => {
  const context = { crypto: nodeCrypto, sha1: nodeSha1 };
  const product = { ...description, referenceUri: "https://vendor.example/rtu-demo" };
  const image = (version: string): Uint8Array => new TextEncoder().encode(`TEST ONLY firmware ${version}`);
  const make = (version: "1.0.0" | "1.1.0") =>
    orThrow(buildManifest({ description: product, image: image(version), version, sequence: 7n }, context));
  const earlier = [orThrow(readPastRelease(make("1.0.0").envelope, context))];
  const lines = orThrow(lintRelease(make("1.1.0").envelope, { ...context, earlier })).map((found) => {
    const { problem, remedy } = explain(found);
    return `${found.severity}[${found.code}] at ${found.offset}: ${problem}\n  ${remedy}\n`;
  });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain(bytesToHex(make("1.0.0").manifestDigest.bytes));
  expect(page).toContain(`\`\`\`\n${lines.join("")}\`\`\``);
});
