import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeEach, expect, test } from "vitest";
import { emptyFolder, type Said, sumac } from "../sumac.test.support.ts";

const example = path.resolve(import.meta.dirname, "../../../../firmware-fixtures/product-rtu");

let folder = "";
beforeEach(() => {
  folder = emptyFolder();
  cpSync(example, path.join(folder, "p"), { recursive: true });
});

const report = (...words: readonly string[]): Promise<Said> =>
  sumac(["sdl", "report", ...words, "--product", "p", "--at", "2026-11-23T12:00:00Z"], { folder });

test.each([
  ["attestation", "attestation.cdx.json"],
  ["cra", "annex-vii.md"],
  ["in-toto", "simple-verification-result.intoto.json"],
  ["nerc", "cip-010-r1-6.csv"],
  ["oscal", "oscal-component-definition.untested.json"],
])("%s is written into a folder, the same each time, and nothing is overwritten unasked", async (kind, file) => {
  const said = await report(kind, "--out", "o", "--json");
  expect(said).toMatchObject({ code: 0, stderr: "" });
  expect(said.json()).toMatchObject({ verdict: "pass" });
  const bytes = readFileSync(path.join(folder, "o", file));
  expect((await report(kind, "--out", "o")).code).toBe(2);
  expect((await report(kind, "--out", "o", "--replace")).code).toBe(0);
  expect(readFileSync(path.join(folder, "o", file)).equals(bytes)).toBe(true);
});

test("a red gate is told, and a report nobody knows is refused", async () => {
  const late = ["sdl", "report", "nerc", "--product", "p", "--at", "2028-11-23T12:00:00Z", "--out", "o"];
  expect((await sumac(late, { folder })).stdout).toContain("the gate says fail");
  const said = await report("nis", "--out", "other");
  expect(said).toMatchObject({ code: 2, stderr: expect.stringContaining("error[") });
  expect(existsSync(path.join(folder, "other"))).toBe(false);
});

test("a product that cannot be read gives no report", async () => {
  writeFileSync(path.join(folder, "p/.sdl/product.yaml"), "id: [\n");
  expect((await report("cra", "--out", "o")).code).toBe(4);
  expect(readdirSync(folder)).toEqual(["p"]);
});
