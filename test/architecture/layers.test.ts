import { stop } from "esbuild";
import { afterAll, describe, expect, test } from "vitest";
import { ambientAccess } from "./ambient-access.ts";
import { emptyNames, namesNotKebabCase } from "./file-names.ts";
import {
  importsAgainstPlan,
  importsOutOfPackage,
  type Layer,
  npmDependenciesAgainstPlan,
  npmImportsAgainstPlan,
  npmOutsideItsFile,
  platformImports,
  portableFiles,
  upwardRows,
  wrongDeclarations,
} from "./layer-rules.ts";
import {
  type Declaration,
  readDeclarations,
  readIfPresent,
  readSources,
  type SourceFile,
  sourcePaths,
} from "./source-file.ts";

/** The house plan. docs/architecture.md prints it, and a test below compares the two. */
const plan: readonly Layer[] = [
  { layer: 0, package: "cbor", imports: [], npm: [] },
  { layer: 0, package: "crypto", imports: [], npm: ["@noble/"] },
  { layer: 1, package: "cose", imports: ["cbor", "crypto"], npm: ["@noble/"] },
  { layer: 1, package: "mcuboot", imports: ["cbor", "crypto"], npm: [] },
  { layer: 1, package: "smp", imports: ["cbor", "crypto"], npm: ["cbor-x", "serialport", "@lydell/node-pty"] },
  { layer: 2, package: "suit", imports: ["cbor", "crypto", "cose"], npm: ["@noble/"] },
  { layer: 2, package: "tuf", imports: ["cbor", "crypto", "cose"], npm: [] },
  { layer: 3, package: "verifier", imports: ["cbor", "crypto", "cose", "suit"], npm: ["@noble/"] },
  {
    layer: 3,
    package: "signing",
    imports: ["cbor", "crypto", "cose", "suit"],
    npm: ["@noble/", "age-encryption", "yaml"],
  },
  { layer: 4, package: "pkcs11", imports: ["cbor", "crypto", "cose", "signing"], npm: ["pkcs11js"] },
  {
    layer: 4,
    package: "device",
    imports: ["cbor", "crypto", "cose", "smp", "mcuboot", "suit", "tuf", "verifier"],
    npm: "any",
  },
  { layer: 5, package: "server", imports: ["cbor", "crypto", "cose", "suit", "tuf", "verifier"], npm: "any" },
  { layer: 5, package: "sdl", imports: ["cbor", "crypto", "cose"], npm: "any" },
  {
    layer: 6,
    package: "cli",
    imports: [
      "cbor",
      "crypto",
      "cose",
      "mcuboot",
      "smp",
      "suit",
      "tuf",
      "verifier",
      "signing",
      "pkcs11",
      "device",
      "server",
      "sdl",
    ],
    npm: "any",
  },
];

/** Packages whose way of speaking stays behind one file. */
const behindOneFile: Readonly<Record<string, string>> = {
  "cbor-x": "packages/smp/src/body.ts",
  serialport: "packages/smp/src/node-serial-link.ts",
  "@lydell/node-pty": "packages/smp/src/node-pty-link.ts",
};

const sources = readSources();
const declarations = readDeclarations();
const paths = sourcePaths("packages", "test", "firmware-fixtures");

const source = (path: string, text: string): SourceFile => ({ package: path.split("/")[1] ?? "", path, text });
const declaration = (name: string, dependencies: string[], devDependencies: string[] = []): Declaration => ({
  package: name,
  dependencies,
  devDependencies,
});

afterAll(() => stop());

describe("the plan", () => {
  test("has a row for every package and no other", () => {
    expect(declarations.map((found) => found.package).sort()).toEqual(plan.map((row) => row.package).sort());
  });

  test("points down only", () => {
    expect(upwardRows(plan)).toEqual([]);
    const planted = plan.map((row) => (row.package === "suit" ? { ...row, imports: ["cbor", "verifier"] } : row));
    expect(upwardRows(planted)).toEqual(["suit (layer 2) may not be allowed verifier"]);
  });

  const page = readIfPresent("docs/architecture.md");
  if (page === undefined) console.warn("skipped: the plan is not compared, docs/architecture.md is not there");
  test.skipIf(page === undefined)("is the one docs/architecture.md prints", () => {
    expect(rowsIn(page ?? "")).toEqual(rowsOf(plan));
  });

  test("is compared by content: a wrong row on the page is noticed", () => {
    const printed = plan.map(
      (row) => `| ${row.layer} | \`${row.package}\` | its job | ${row.imports.join(" ") || "-"} |`,
    );
    expect(rowsIn(printed.join("\n"))).toEqual(rowsOf(plan));
    expect(rowsIn(printed.join("\n").replace("| 6 |", "| 5 |"))).not.toEqual(rowsOf(plan));
    expect(rowsIn(printed.join("\n").replace("cose suit tuf verifier", "cose suit"))).not.toEqual(rowsOf(plan));
    expect(rowsIn(printed.slice(1).join("\n"))).not.toEqual(rowsOf(plan));
  });
});

describe("imports go to lower layers, by package name", () => {
  test("in every file", () => {
    expect(sources.length).toBeGreaterThan(0);
    expect(importsAgainstPlan(sources, plan)).toEqual([]);
    expect(importsOutOfPackage(sources)).toEqual([]);
  });

  test.each([
    ["upward", "packages/suit/src/a.ts", 'import { verifyEnvelope } from "@sumac/verifier";'],
    ["sideways", "packages/verifier/src/a.ts", 'import type { Signer } from "@sumac/signing";'],
    ["to signing from the device", "packages/device/src/a.ts", 'export { readKey } from "@sumac/signing/node";'],
    ["in a test", "packages/cbor/src/a.test.ts", 'import { keyId } from "@sumac/cose";'],
    ["over several lines", "packages/cbor/src/a.ts", 'import {\n  one,\n  two,\n} from "@sumac/suit";'],
    ["for its effects", "packages/cbor/src/a.ts", 'import "@sumac/suit";'],
    ["when needed", "packages/server/src/a.ts", 'const signing = await import("@sumac/signing");'],
    ["in a type", "packages/cose/src/a.ts", 'type Manifest = import("@sumac/suit").Manifest;'],
    ["of everything", "packages/cose/src/a.ts", 'export * from "@sumac/suit";'],
    ["of itself", "packages/cose/src/a.ts", 'import { keyId } from "@sumac/cose";'],
    ["of a package outside the plan", "packages/cli/src/a.ts", 'import { x } from "@sumac/utils";'],
    ["from a package outside the plan", "packages/utils/src/a.ts", 'import { decode } from "@sumac/cbor";'],
  ])("an import %s is noticed", (_, path, text) => {
    expect(importsAgainstPlan([source(path, text)], plan)).toHaveLength(1);
  });

  test.each([
    ["../../cbor/src/decode.ts", "packages/suit/src/a.ts"],
    ["../../../test/support/x.ts", "packages/cli/src/a.ts"],
    ["/srv/decode.ts", "packages/cli/src/a.ts"],
    ["file:///srv/decode.ts", "packages/cli/src/a.ts"],
  ])("a path that leaves the package is noticed: %s", (specifier, path) => {
    expect(importsOutOfPackage([source(path, `import { x } from "${specifier}";`)])).toHaveLength(1);
  });

  test("what is allowed passes", () => {
    const text = 'import { ok } from "@sumac/cbor";\nimport { x } from "../../src/deep/x.ts";\n// from "@sumac/cli"';
    const file = source("packages/suit/src/deep/a.ts", text);
    expect([...importsAgainstPlan([file], plan), ...importsOutOfPackage([file])]).toEqual([]);
  });
});

describe("layers 0-4 know no platform outside node-*.ts", () => {
  test("in every file", async () => {
    expect(platformImports(sources, plan)).toEqual([]);
    expect(await ambientAccess(portableFiles(sources, plan))).toEqual([]);
  });

  test.each([
    ["node:fs", 'import { readFileSync } from "node:fs";'],
    ["fs without its prefix", 'import fs from "fs/promises";'],
    ["a builtin loaded late", 'const os = await import("node:os");'],
    ["a type of the platform", 'import type { Readable } from "node:stream";'],
    ["a node file of its own", 'export * from "./node-flash.ts";'],
    ["the node door below", 'import { nodeCrypto } from "@sumac/crypto/node";'],
  ])("%s is noticed", (_, text) => {
    expect(platformImports([source("packages/device/src/a.ts", text)], plan)).toHaveLength(1);
    expect(platformImports([source("packages/device/src/node-a.ts", text)], plan)).toEqual([]);
    expect(platformImports([source("packages/device/src/a.test.ts", text)], plan)).toEqual([]);
    expect(platformImports([source("packages/server/src/a.ts", text)], plan)).toEqual([]);
  });

  test.each([
    ["Date", "export const now = (): number => Date.now();"],
    ["Date", "export const today = new Date();"],
    ["Date", "export const clock = Date;"],
    ["Math.random", "export const jitter = Math.random();"],
    ["Math.random", "export const { random } = { random: Math['random'] };"],
    ["crypto", "crypto.getRandomValues(new Uint8Array(8));"],
    ["crypto", "export const id: string = crypto.randomUUID();"],
    ["globalThis", "globalThis.crypto.getRandomValues(new Uint8Array(8));"],
    ["process", "export const home = process.env.HOME;"],
    ["console", "export const say = (text: string): void => console.log(text);"],
    ["performance", "export const at = performance.now();"],
    ["setTimeout", "await new Promise((resolve) => setTimeout(resolve, 10));"],
    ["setInterval", "setInterval(() => undefined, 10);"],
    ["AbortSignal.timeout", "export const signal = AbortSignal.timeout(10);"],
    ["fetch", 'export const answer = await fetch("https://vendor.example");'],
  ])("%s is noticed in: %s", async (name, text) => {
    const path = "packages/verifier/src/a.ts";
    expect(await ambientAccess([source(path, text)])).toEqual([`${path}: uses ${name}`]);
  });

  test("the same words as parameter, property, comment or text pass", async () => {
    const text = [
      "/** Date.now() and console.log are forbidden. */",
      "export function digest(crypto: { process: (b: Uint8Array) => void }, now: () => Date, b: Uint8Array): string {",
      "  crypto.process(b); // not process.env",
      '  return "Date.now() console.log(1)" + String(Date.UTC(2026, 0, 1)) + String(now().getTime());',
      "}",
    ].join("\n");
    expect(await ambientAccess([source("packages/verifier/src/a.ts", text)])).toEqual([]);
  });

  test("which files are portable follows layer and name", () => {
    const names = [
      "cbor/src/a.ts",
      "cbor/src/node-a.ts",
      "cbor/src/a.test.ts",
      "device/src/a.contract.ts",
      "cli/src/a.ts",
    ];
    const files = names.map((name) => source(`packages/${name}`, ""));
    expect(portableFiles(files, plan).map((file) => file.path)).toEqual(["packages/cbor/src/a.ts"]);
  });
});

describe("npm packages stay where the plan allows them", () => {
  test("in every file and package.json", () => {
    expect(npmImportsAgainstPlan(sources, plan)).toEqual([]);
    expect(npmDependenciesAgainstPlan(declarations, plan)).toEqual([]);
  });

  test("each of these in one file", () => {
    expect(npmOutsideItsFile(sources, behindOneFile)).toEqual([]);
    const planted = source("packages/smp/src/reply.ts", 'import { Decoder } from "cbor-x";');
    expect(npmOutsideItsFile([planted], behindOneFile)).toEqual(["packages/smp/src/reply.ts: imports cbor-x"]);
    for (const file of Object.values(behindOneFile)) expect(sources.map(({ path }) => path)).toContain(file);
  });

  test.each([
    ["cbor", "@noble/hashes"],
    ["suit", "yaml"],
    ["verifier", "@scope/yaml"],
    ["signing", "cbor-x"],
    ["crypto", "noble"],
  ])("%s with %s is noticed", (name, dependency) => {
    const file = source(`packages/${name}/src/a.ts`, `import x from "${dependency}/deep.js";`);
    expect(npmImportsAgainstPlan([file], plan)).toHaveLength(1);
    expect(npmDependenciesAgainstPlan([declaration(name, [dependency])], plan)).toHaveLength(1);
  });

  test("what is allowed passes", () => {
    const files = [
      source("packages/crypto/src/a.ts", 'import { sha256 } from "@noble/hashes/sha2.js";'),
      source("packages/signing/src/a.ts", 'import { parse } from "yaml";\nimport "node:fs";\nimport "./b.ts";'),
      source("packages/cbor/src/a.test.ts", 'import { encode } from "cborg";'),
    ];
    expect(npmImportsAgainstPlan(files, plan)).toEqual([]);
    expect(npmDependenciesAgainstPlan([declaration("signing", ["yaml", "@sumac/cbor"])], plan)).toEqual([]);
  });
});

describe("package.json declares the workspace packages that are imported", () => {
  test("in every package", () => {
    expect(wrongDeclarations(sources, declarations)).toEqual([]);
  });

  const files = [
    source("packages/cose/src/a.ts", 'import { ok } from "@sumac/cbor";'),
    source("packages/cose/src/a.test.ts", 'import { nodeCrypto } from "@sumac/crypto/node";'),
  ];
  test.each([
    ["one missing", [], ["@sumac/crypto"], "lacks @sumac/cbor"],
    ["one too many", ["@sumac/cbor", "@sumac/suit"], ["@sumac/crypto"], "@sumac/suit is not imported"],
    ["one only tests use", ["@sumac/cbor", "@sumac/crypto"], [], "@sumac/crypto is not imported"],
    ["one missing for tests", ["@sumac/cbor"], [], "lacks @sumac/crypto for tests"],
    [
      "one too many for tests",
      ["@sumac/cbor"],
      ["@sumac/crypto", "@sumac/suit"],
      "@sumac/suit is not imported by tests",
    ],
  ])("%s is noticed", (_, dependencies, devDependencies, problem) => {
    const found = wrongDeclarations(files, [declaration("cose", dependencies, devDependencies)]);
    expect(found).toEqual([`packages/cose/package.json: ${problem}`]);
  });

  test("what is right passes", () => {
    expect(wrongDeclarations(files, [declaration("cose", ["@sumac/cbor", "yaml"], ["@sumac/crypto"])])).toEqual([]);
  });
});

describe("a file is named by its concept, in kebab-case", () => {
  test("every file", () => {
    expect(emptyNames(paths)).toEqual([]);
    expect(namesNotKebabCase(paths)).toEqual([]);
  });

  test.each(["src/utils.ts", "src/hex-utils.ts", "src/common/hex.ts", "src/types.test.ts", "src/update-manager.ts"])(
    "%s is noticed",
    (path) => {
      expect(emptyNames([path])).toEqual([path]);
    },
  );

  test.each(["src/stageImage.ts", "src/Stage.ts", "src/stage_image.ts", "Src/stage.ts"])("%s is noticed", (path) => {
    expect(namesNotKebabCase([path])).toEqual([path]);
  });

  test("concepts pass", () => {
    const good = ["src/stage-image.ts", "support/shared-vectors.ts", "src/flash.contract.ts", "src/crc32.test.ts"];
    expect([...emptyNames(good), ...namesNotKebabCase(good)]).toEqual([]);
  });
});

type PlanRow = readonly [layer: string, name: string, imports: string];

function rowsOf(rows: readonly Layer[]): PlanRow[] {
  return rows.map((row): PlanRow => [String(row.layer), row.package, row.imports.toSorted().join(" ")]).sort();
}

/** The rows `| layer | package | job | imports |` of a page; `-` stands for nothing, `all` for every other package. */
function rowsIn(markdown: string): PlanRow[] {
  const rows = markdown.matchAll(/^\| *(\d+) *\| *`?([a-z0-9-]+)`? *\|[^|\n]*\| *([a-z0-9` ,-]+?) *\|/gm);
  const everything = plan.map((row) => row.package);
  return Array.from(rows, ([, layer = "", name = "", cell = ""]): PlanRow => {
    const listed = cell.split(/[` ,]+/).filter((word) => word !== "" && word !== "-");
    const imports = listed.join() === "all" ? everything.filter((other) => other !== name) : listed;
    return [layer, name, imports.toSorted().join(" ")];
  }).sort();
}
