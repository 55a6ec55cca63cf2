import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import {
  listVersions,
  metadataFile,
  readMetadata,
  removeVersions,
  TreeConflict,
  withTimes,
  writeTree,
} from "./node-tree.ts";
import { defaultKeepSeconds, prunable } from "./prune.ts";
import type { PublishStep } from "./publish-steps.ts";

const folder = mkdtempSync(path.join(tmpdir(), "sumac-tree-"));
let tree: string;
let count = 0;
beforeEach(() => {
  tree = path.join(folder, String(count++));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const step = (name: string, text: string, write: PublishStep["write"] = "once"): PublishStep => ({
  path: `metadata/${name}`,
  bytes: new TextEncoder().encode(text),
  write,
});
const text = (name: string): string => readFileSync(path.join(tree, "metadata", name), "utf8");

describe("a tree", () => {
  test("takes files in order, and leaves no temporary ones", () => {
    writeTree(tree, [step("1.root.json", "a"), step("timestamp.json", "b", "replace")]);
    expect(readdirSync(path.join(tree, "metadata"))).toEqual(["1.root.json", "timestamp.json"]);
  });

  test("takes the same bytes again, and never others", () => {
    writeTree(tree, [step("1.root.json", "a")]);
    writeTree(tree, [step("1.root.json", "a")]);
    const other = [step("1.root.json", "b"), step("timestamp.json", "c", "replace")];
    expect(() => writeTree(tree, other)).toThrow(TreeConflict);
    expect(text("1.root.json")).toBe("a");
    expect(readdirSync(path.join(tree, "metadata"))).toEqual(["1.root.json"]);
  });

  test("replaces the timestamp alone", () => {
    writeTree(tree, [step("timestamp.json", "a", "replace")]);
    writeTree(tree, [step("timestamp.json", "b", "replace")]);
    expect(text("timestamp.json")).toBe("b");
  });

  test("tells its versions by role, ascending, and passes over foreign names", () => {
    const names = ["10.targets.json", "9.targets.json", "1.line-drives.json", "0.root.json", "x.json", "1.Line.json"];
    writeTree(tree, [...names.map((name) => step(name, "")), step("timestamp.json", "", "replace")]);
    const found = [...listVersions(tree)].map(([role, files]) => [role, files.map(({ version }) => version)]);
    expect(found.sort()).toEqual([
      ["line-drives", [1]],
      ["targets", [9, 10]],
    ]);
    expect(readMetadata(tree, "targets", 11)).toBeUndefined();
    expect(listVersions(path.join(tree, "nowhere")).size).toBe(0);
  });

  test("is pruned of what was superseded long ago, never of roots and never of what is listed", () => {
    const names = [
      "1.root.json",
      "2.root.json",
      "1.snapshot.json",
      "2.snapshot.json",
      "3.snapshot.json",
      "4.snapshot.json",
    ];
    writeTree(
      tree,
      names.map((name) => step(name, name)),
    );
    const now = 2_000_000_000n;
    const days = (count: number): number => Number(now) - count * 86_400;
    for (const [version, age] of [
      [1, 90],
      [2, 31],
      [3, 29],
      [4, 1],
    ] as const) {
      utimesSync(metadataFile(tree, "snapshot", version), days(age), days(age));
    }
    for (const version of [1, 2]) utimesSync(metadataFile(tree, "root", version), days(900), days(900));
    const files = withTimes(tree, [...listVersions(tree).values()].flat());
    const listed = new Map([["snapshot", 3]]);
    const old = prunable(files, { now, keepSeconds: defaultKeepSeconds, listed });
    expect(old.map(({ role, version }) => [role, version])).toEqual([["snapshot", 1]]);
    removeVersions(tree, old);
    expect(readdirSync(path.join(tree, "metadata"))).not.toContain("1.snapshot.json");
  });

  test("keeps what the timestamp leads to, however long ago newer files were brought in", () => {
    const files = [1, 2, 3].map((version) => ({ role: "line-drives", version, publishedAt: 0n }));
    const listed = new Map([["line-drives", 2]]);
    const old = prunable(files, { now: 2_000_000_000n, keepSeconds: defaultKeepSeconds, listed });
    expect(old.map(({ version }) => version)).toEqual([1]);
  });
});
