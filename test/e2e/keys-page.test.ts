/** The part of docs/keys-and-ceremonies.md on signers, as a release engineer would follow it, and its tables against the code. */
import { existsSync, readFileSync, symlinkSync } from "node:fs";
import path from "node:path";
import { softHsmMissing } from "@sumac/pkcs11/softhsm";
import { describe, expect, test } from "vitest";
import { codeSpans, readPage, tableRows } from "../docs/markdown.ts";
import { expectSaid, runInShell, type Step, scriptOf, stepsOf } from "../support/followed-page.ts";
import { root } from "../support/sumac-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const [page = ""] = readPage("docs/keys-and-ceremonies.md").split("\n## The signed repository\n");

async function follow(steps: readonly Step[]): Promise<void> {
  expect(steps.length).toBeGreaterThan(0);
  const folder = temporaryFolder();
  symlinkSync(path.join(root, "firmware-fixtures"), path.join(folder, "firmware-fixtures"));
  expectSaid(await runInShell(scriptOf(steps), folder), steps);
}

test("every command of the page does what the page says", { timeout: 120_000 }, async () => {
  await follow(stepsOf(page));
});

const onPath = (program: string): boolean =>
  (process.env["PATH"] ?? "").split(path.delimiter).some((folder) => existsSync(path.join(folder, program)));
const lacking = (await softHsmMissing()) ?? ["softhsm2-util", "pkcs11-tool"].find((tool) => !onPath(tool));
if (lacking !== undefined) console.warn(`skipped: the page's commands for a token; missing: ${lacking}`);

test.skipIf(lacking !== undefined)("and those for a token, with SoftHSM", { timeout: 120_000 }, async () => {
  const [, block = ""] = /(^```sh token\n[\s\S]*?^```\n```text\n[\s\S]*?^```$)/m.exec(page) ?? [];
  await follow(stepsOf(block.replace("```sh token", "```sh")));
});

describe("the tables are those of the code", () => {
  const codes = (file: string, type: string): string[] => {
    const source = readFileSync(path.join(root, "packages", file), "utf8");
    const from = source.indexOf(`export type ${type}`);
    return Array.from(
      source.slice(from, source.indexOf("};\n\n", from)).matchAll(/code: "([a-z0-9-]+)"/g),
      ([, code = ""]) => code,
    );
  };

  test("refusals", () => {
    const listed = tableRows(page, ["Code", "Means", "What to do"]).map(([code = ""]) => codeSpans(code)[0]);
    const faults = codes("signing/src/signer-fault.ts", "SignerFault").filter(
      (code) => !/^signer-(command|reply)/.test(code),
    );
    const own = codes("pkcs11/src/pkcs11-refusal.ts", "Pkcs11Refusal");
    expect(own.length).toBeGreaterThan(10);
    expect(listed.toSorted()).toEqual([...new Set([...faults, ...own])].sort());
  });

  test("attributes of a URI", async () => {
    const { parsePkcs11Uri } = await import("@sumac/pkcs11");
    const examples: Readonly<Record<string, string>> = {
      "slot-id": "1",
      type: "private",
      "module-path": "/a",
      "pin-source": "file:/a",
    };
    const names = tableRows(page, ["In the URI", "Means"]).map(([name = ""]) => codeSpans(name)[0] ?? "");
    const where = (name: string) => (name === "module-path" || name === "pin-source" ? "?" : "");
    for (const name of names)
      expect(parsePkcs11Uri(`pkcs11:${where(name)}${name}=${examples[name] ?? "a"}`).ok, name).toBe(true);
    expect(names).toHaveLength(10);
  });
});
