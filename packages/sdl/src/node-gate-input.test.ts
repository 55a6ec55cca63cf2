import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { nodeCrypto } from "@sumac/crypto/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { judgeGate } from "./gate.ts";
import { readGateInput } from "./node-gate-input.ts";
import { readSourceState } from "./node-git.ts";
import { readProductFiles } from "./node-read-product.ts";

let folder = "";
const git = (...words: readonly string[]): string =>
  execFileSync(
    "git",
    ["-C", folder, "-c", "user.name=t", "-c", "user.email=t@t.example", "-c", "commit.gpgsign=false", ...words],
    { encoding: "utf8" },
  ).trim();

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "sumac-sdl-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("what git says of a product", () => {
  test("records may follow the tag, sources may not change", async () => {
    expect(await readSourceState(folder, "0".repeat(40))).toBeUndefined();
    git("init", "--quiet");
    writeFileSync(path.join(folder, "main.c"), "int main;\n");
    mkdirSync(path.join(folder, ".sdl"));
    git("add", ".");
    git("commit", "--quiet", "-m", "one");
    git("tag", "v1");
    const commit = git("rev-parse", "HEAD");
    const tree = git("rev-parse", "HEAD^{tree}");
    const wanted = { state: "clean", commit, tree, tags: ["v1"] };
    expect(await readSourceState(folder, commit)).toEqual(wanted);
    writeFileSync(path.join(folder, ".sdl", "product.yaml"), "id: x\n");
    git("add", ".");
    git("commit", "--quiet", "-m", "records");
    expect(await readSourceState(folder, commit)).toEqual(wanted);
    writeFileSync(path.join(folder, "new.c"), "");
    expect(await readSourceState(folder, commit)).toEqual({ ...wanted, state: "dirty" });
    rmSync(path.join(folder, "new.c"));
    writeFileSync(path.join(folder, "main.c"), "int other;\n");
    git("commit", "--quiet", "-am", "changed");
    expect(await readSourceState(folder, commit)).toEqual({ ...wanted, state: "dirty" });
    // A commit that is not there is never the one that was asked for.
    expect((await readSourceState(folder, "1".repeat(40)))?.commit).not.toBe("1".repeat(40));
    expect((await readSourceState(folder, "--output=x"))?.commit).toBe(git("rev-parse", "HEAD"));
    // Below the top of a work tree git would speak of something else.
    mkdirSync(path.join(folder, "below"));
    expect(await readSourceState(path.join(folder, "below"), commit)).toBeUndefined();
  });
});

describe("reading a folder", () => {
  const example = path.resolve(import.meta.dirname, "../../../firmware-fixtures/product-rtu");
  const question = { crypto: nodeCrypto, now: Date.parse("2026-11-23T12:00:00Z"), path: "regular" } as const;

  test("no .sdl is nothing", async () => {
    expect(await readProductFiles(path.join(folder, "below"))).toBeUndefined();
  });

  test("a link in place of a record cannot be read, and the gate is red", async () => {
    const copy = path.join(folder, "copy");
    cpSync(example, copy, { recursive: true });
    const record = path.join(copy, ".sdl/evidence/process.dsse.json");
    rmSync(record);
    symlinkSync(path.join(example, ".sdl/evidence/process.dsse.json"), record);
    const input = await readGateInput(copy, question);
    if (input === undefined) throw new Error("no product");
    const { findings } = judgeGate(input);
    expect(findings.map(({ rule, file }) => [rule, file])).toContainEqual([
      "sdl/unreadable",
      ".sdl/evidence/process.dsse.json",
    ]);
    expect(findings.map(({ rule, row }) => [rule, row])).toContainEqual(["G3-missing", "SM-1"]);
  });

  test("a guide that is a link counts as not there", async () => {
    const copy = path.join(folder, "linked");
    cpSync(example, copy, { recursive: true });
    rmSync(path.join(copy, "docs/operation.md"));
    symlinkSync(path.join(example, "docs/operation.md"), path.join(copy, "docs/operation.md"));
    const input = await readGateInput(copy, question);
    if (input === undefined) throw new Error("no product");
    expect(judgeGate(input).findings.map(({ rule }) => rule)).toContain("G9-guide-digest");
  });
});
