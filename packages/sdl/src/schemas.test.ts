import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { fileKinds, kindOfFile, schemaFile, shapes } from "./file-kinds.ts";
import { ruleIds } from "./rules.ts";
import { editYaml } from "./yaml-edit.ts";
import { parseYamlFile } from "./yaml-file.ts";

const folder = path.join(import.meta.dirname, "..", "schemas");
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("schemas", () => {
  test.each(fileKinds.map((kind) => [kind]))("%s.schema.json is what the code checks", (kind) => {
    const written = JSON.parse(readFileSync(path.join(folder, `${kind}.schema.json`), "utf8"));
    expect(written, "write it again: node packages/sdl/src/node-write-schemas.ts").toEqual(schemaFile(kind));
  });

  test("there is one a kind and no other", () => {
    expect(readdirSync(folder).sort()).toEqual(fileKinds.map((kind) => `${kind}.schema.json`).sort());
  });
});

describe("where files lie", () => {
  test.each([
    ["product.yaml", "product"],
    ["catalog.lock", "catalog-lock"],
    ["threats/one.yaml", "threat"],
    ["updates/u-1/compat.yaml", "compat"],
    ["evidence/a.dsse.json", "evidence"],
    ["data/deep/er/sbom.json", "data"],
    ["evidence/a.json", undefined],
    ["threats/deep/one.yaml", undefined],
    ["updates/u-1/other.yaml", undefined],
    ["updates/compat.yaml", undefined],
    ["product.yml", undefined],
    ["constructor", undefined],
    ["constructor/x.yaml", undefined],
    ["updates/u-1/constructor", undefined],
  ])("%s", (file, kind) => {
    expect(kindOfFile(file)).toBe(kind);
  });
});

describe("findings of form", () => {
  const findings = (text: string) => {
    const read = parseYamlFile("f.yaml", bytes(text), shapes.accounts);
    return read.ok ? [] : read.error.map(({ rule, line, column, about }) => [rule, line, column, about]);
  };
  const good =
    "accounts:\n  - id: a\n    purpose: p\n    permissions: [read]\n    default_secret: none\n    removable: yes\n";

  test("a good file has none", () => expect(findings(good)).toEqual([]));
  test.each([
    ["a value that is not allowed", good.replace("none", "shared"), ["sdl/member-value", 5, 5]],
    ["a member too many", good.replace("removable", "colour: red\n    removable"), ["sdl/member-unknown", 6, 5]],
    ["a member too few", good.replace("    purpose: p\n", ""), ["sdl/member-missing", 2, 5]],
    ["a list too short", good.replace("[read]", "[]"), ["sdl/member-value", 4, 5]],
    ["another kind", good.replace("id: a", "id: 7"), ["sdl/member-type", 2, 5]],
    ["a tag", good.replace("purpose: p", "purpose: !!binary p"), ["sdl/yaml-not-plain", 3, 14]],
    ["two documents", `${good}---\n${good}`, ["sdl/yaml-not-plain", 7, 1]],
    ["a key twice", `${good}accounts: []\n`, ["sdl/duplicate-key", 7, 1]],
    ["nothing", "", ["sdl/member-type", 1, 1]],
    ["deep nesting", `accounts: ${"[".repeat(5000)}`, ["sdl/too-deep", 1, 1]],
    ["__proto__", good.replace("    purpose", "    __proto__: {a: 1}\n    purpose"), ["sdl/member-unknown", 3, 5]],
  ])("%s", (_, text, expected) => {
    expect(findings(text)[0]?.slice(0, 3)).toEqual(expected);
  });
});

test("an edit keeps comments and order", () => {
  const before = "# hint\na: 1 # why\nlist: []\nz: 2\n";
  const after = editYaml(before, [
    { set: ["z"], to: 3 },
    { add: ["list"], item: { id: "x" } },
    { set: ["new"], to: "n" },
  ]);
  expect(after).toBe("# hint\na: 1 # why\nlist:\n  - id: x\nz: 3\nnew: n\n");
});

test("every rule is used by the code, and every rule that is used is registered", () => {
  const sources = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts") && path.basename(name) !== "rules.ts")
    .map((name) => readFileSync(path.join(import.meta.dirname, name), "utf8"))
    .join("\n");
  expect(ruleIds.filter((id) => !sources.includes(`"${id}"`))).toEqual([]);
});
