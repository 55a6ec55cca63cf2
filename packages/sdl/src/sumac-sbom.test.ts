import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { Spec, Validation } from "@cyclonedx/cyclonedx-library";
import { describe, expect, test } from "vitest";

const root = path.resolve(import.meta.dirname, "../../..");
const text = readFileSync(path.join(root, ".sdl/data/sumac.cdx.json"), "utf8");

interface Bom {
  readonly components: readonly { readonly "bom-ref": string; readonly scope: string; readonly purl: string }[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}
const bom = JSON.parse(text) as Bom;

describe("the bill of materials of Sumac itself", () => {
  test("is valid CycloneDX 1.6, by the library of its authors", async () => {
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
    expect(await validator.validate(text)).toBeNull();
    expect(await validator.validate(text.replace('"CycloneDX"', '"other"'))).not.toBeNull();
  });

  test("is the one of the lock file, like the list of advisories", () => {
    execFileSync(process.execPath, [path.join(root, ".dev/own-papers.mjs"), "--check"], { stdio: "pipe" });
  });

  test("tells what runs from what only builds and tests, and every edge leads to a component", () => {
    const scopeOf = (name: string): string | undefined =>
      bom.components.find(({ purl }) => purl.startsWith(`pkg:npm/${name}@`))?.scope;
    expect(scopeOf("fastify")).toBe("required");
    expect(scopeOf("yaml")).toBe("required");
    expect(scopeOf("%40sumac/verifier")).toBe("required");
    expect(scopeOf("vitest")).toBe("excluded");
    const known = new Set([...bom.components.map((component) => component["bom-ref"]), "pkg:generic/sumac@0.1.0"]);
    expect(
      bom.dependencies.flatMap(({ ref, dependsOn }) => [ref, ...dependsOn]).filter((ref) => !known.has(ref)),
    ).toEqual([]);
  });
});
