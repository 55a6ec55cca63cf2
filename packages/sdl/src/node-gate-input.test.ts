import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { nodeCrypto } from "@sumac/crypto/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { builtInSource } from "./catalogue.ts";
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
    git("checkout", "--quiet", "v1");
    expect(await readSourceState(folder, commit)).toEqual(wanted);
    // Settings of the folder must not hide what is there.
    git("config", "status.showUntrackedFiles", "no");
    writeFileSync(path.join(folder, "new.c"), "");
    expect(await readSourceState(folder, commit)).toEqual({ ...wanted, state: "dirty" });
    rmSync(path.join(folder, "new.c"));
    expect(await readSourceState(folder, commit)).toEqual(wanted);
    git("update-index", "--assume-unchanged", "main.c");
    writeFileSync(path.join(folder, "main.c"), "int hidden;\n");
    expect(await readSourceState(folder, commit)).toEqual({ ...wanted, state: "dirty" });
    git("update-index", "--no-assume-unchanged", "main.c");
    git("update-index", "--skip-worktree", "main.c");
    expect(await readSourceState(folder, commit)).toEqual({ ...wanted, state: "dirty" });
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

  test.each([
    ["a pipe", "zones.yaml", (file: string) => void execFileSync("mkfifo", [file])],
    ["a folder", "zones.yaml", (file: string) => void mkdirSync(file)],
    ["a folder", "issues/RTU-9.yaml", (file: string) => void mkdirSync(file)],
    ["a folder", "evidence/more.dsse.json", (file: string) => void mkdirSync(file)],
    ["a link to nowhere", "waivers/W-1.yaml", (file: string) => symlinkSync("nowhere", file)],
  ])("%s called %s cannot be read, and the gate is red", async (_, name, make) => {
    const copy = mkdtempSync(path.join(folder, "kind-"));
    cpSync(example, copy, { recursive: true });
    const file = path.join(copy, ".sdl", name);
    rmSync(file, { force: true });
    mkdirSync(path.dirname(file), { recursive: true });
    make(file);
    const input = await readGateInput(copy, question);
    if (input === undefined) throw new Error("no product");
    expect(judgeGate(input)).toMatchObject({
      verdict: "fail",
      findings: [{ rule: "sdl/unreadable", file: `.sdl/${name}` }],
    });
  });

  test("a catalogue of its own may not leave out a row of the edition it names", async () => {
    const copy = path.join(folder, "catalogue");
    cpSync(example, copy, { recursive: true });
    const source = structuredClone(builtInSource) as unknown as { iec62443_4_1: { id: string }[] };
    source.iec62443_4_1 = source.iec62443_4_1.filter(({ id }) => id !== "SVV-4");
    writeFileSync(path.join(copy, ".sdl/data/catalogue.json"), JSON.stringify(source));
    const input = await readGateInput(copy, question);
    if (input === undefined) throw new Error("no product");
    const report = judgeGate(input);
    expect(report.findings).toMatchObject([
      { rule: "sdl/catalog-form", about: expect.stringContaining("lacks SVV-4") },
    ]);
  });

  test("a report says by which catalogue it judged", async () => {
    const copy = path.join(folder, "own");
    cpSync(example, copy, { recursive: true });
    const ours = await readGateInput(copy, question);
    writeFileSync(
      path.join(copy, ".sdl/data/catalogue.json"),
      JSON.stringify({ ...structuredClone(builtInSource), version: "corrected" }),
    );
    const theirs = await readGateInput(copy, question);
    if (ours === undefined || theirs === undefined) throw new Error("no product");
    expect(judgeGate(ours).catalogue.origin).toBe("built-in");
    expect(judgeGate(theirs).catalogue.origin).toBe("product");
    expect(judgeGate(theirs).findings.map(({ rule }) => rule)).toContain("sdl/catalog-digest");
  });

  test("gates that had nothing to judge did not pass", async () => {
    const copy = path.join(folder, "bare");
    cpSync(example, copy, { recursive: true });
    rmSync(path.join(copy, ".sdl/evidence"), { recursive: true });
    rmSync(path.join(copy, ".sdl/releases"), { recursive: true });
    const input = await readGateInput(copy, question);
    if (input === undefined) throw new Error("no product");
    const gates = judgeGate(input).rows.filter(({ id }) => /^G\d/.test(id));
    expect(gates.filter(({ state }) => state === "pass").map(({ id }) => id)).toEqual(["G2"]);
    expect(gates.find(({ id }) => id === "G5")?.state).toBe("missing");
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
