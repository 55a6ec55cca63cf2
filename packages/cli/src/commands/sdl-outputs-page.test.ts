import { cpSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { emptyFolder, filesIn, sumac } from "../sumac.test.support.ts";

const root = path.resolve(import.meta.dirname, "../../../..");
const page = readFileSync(path.join(root, "docs/sdl/outputs.md"), "utf8");
const lines = Array.from(page.matchAll(/^sumac (.+)$/gm), ([, words = ""]) => words.split(" "));

beforeAll(() => void vi.useFakeTimers({ now: Date.parse("2026-11-23T12:00:00Z"), toFake: ["Date"] }));
afterAll(() => void vi.useRealTimers());

test("every line of docs/sdl/outputs.md does what the page says, in that order", async () => {
  const folder = emptyFolder();
  const product = "firmware-fixtures/product-rtu";
  cpSync(path.join(root, product), path.join(folder, product), { recursive: true });
  expect(lines.length).toBeGreaterThan(5);
  for (const words of lines) {
    const said = await sumac(words, { folder });
    expect([said.code, said.stderr.replace(/^warning\[.*\nhint: .*\n/gm, "")], words.join(" ")).toEqual([0, ""]);
  }
  const listed = Array.from(page.matchAll(/^\| (`.*`) \|/gm), ([, cell = ""]) => cell.match(/[^`, ]+/g) ?? []).flat();
  const written = filesIn(path.join(folder, "dossier"));
  expect(written.filter((name) => !listed.includes(name.replace(/\/.*$/, "/")))).toEqual([]);
  expect(listed.filter((name) => !written.some((file) => file === name || file.startsWith(name)))).toEqual([]);
  expect(filesIn(path.join(folder, "site"))).toEqual(
    expect.arrayContaining([".well-known/security.txt", ".well-known/csaf/provider-metadata.json"]),
  );
});
