import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { emptyFolder, type Said, sumac } from "../sumac.test.support.ts";

const example = path.resolve(import.meta.dirname, "../../../../firmware-fixtures/product-rtu");
const image = createHash("sha256")
  .update(readFileSync(path.join(example, "build/rtu-demo-1.2.0.bin")))
  .digest("hex");
const head = "name,version,supplier,sha256,reason\n";

let folder = "";
beforeEach(() => {
  folder = emptyFolder();
  mkdirSync(path.join(folder, "p"));
  for (const part of [".sdl", "build"])
    cpSync(path.join(example, part), path.join(folder, "p", part), { recursive: true });
  writeFileSync(path.join(folder, "t.csv"), `${head}hal,2.8.1,Chip Maker,${"a".repeat(64)},\n`);
});

const sbom = (...words: readonly string[]): Promise<Said> =>
  sumac(["sdl", "sbom", "--product", "p", "--out", "o.json", ...words], { folder });
const ofRelease = ["--release", "r-1.2.0", "--input", "t.csv"];

describe("sumac sdl sbom", () => {
  test("writes an SBOM that is bound to the image, the same each time", async () => {
    const said = await sbom(...ofRelease, "--json");
    expect(said).toMatchObject({ code: 0, stderr: "" });
    const bytes = readFileSync(path.join(folder, "o.json"));
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    expect(said.json()).toMatchObject({ file: "o.json", sha256, components: 1, findings: [] });
    expect(JSON.parse(bytes.toString())).toMatchObject({
      specVersion: "1.6",
      metadata: { component: { name: "rtu-demo", version: "1.2.0", hashes: [{ content: image }] } },
      components: [{ name: "hal" }],
    });
    expect((await sbom(...ofRelease)).code).toBe(2);
    expect((await sbom(...ofRelease, "--replace")).stdout).toContain(sha256);
    expect((await sbom(...ofRelease, "--replace", "--spec", "1.7")).code).toBe(0);
  });

  test("is what the gate takes for the SBOM of these images", async () => {
    const file = "p/.sdl/data/sbom-1.2.0.cdx.json";
    const words = ["sdl", "sbom", "--product", "p", ...ofRelease, "--out", file, "--replace", "--json"];
    const { sha256 } = (await sumac(words, { folder })).json() as { sha256: string };
    const release = path.join(folder, "p/.sdl/releases/r-1.2.0.yaml");
    const before = readFileSync(release, "utf8");
    const sbomRules = async (): Promise<readonly string[]> => {
      const at = ["--at", "2026-11-23T12:00:00Z", "--json"];
      const report = (await sumac(["sdl", "gate", "--product", "p", ...at], { folder })).json();
      const { findings } = report as { findings: readonly { rule: string }[] };
      return findings.map(({ rule }) => rule).filter((rule) => rule.startsWith("G7-sbom"));
    };
    expect(await sbomRules()).toEqual(["G7-sbom"]);
    writeFileSync(release, before.replace(/(sbom:\n(?: .*\n)*? +sha256: )[0-9a-f]{64}/, `$1${sha256}`));
    expect(await sbomRules()).toEqual([]);
  });

  test("of a release that is not written yet", async () => {
    const words = ["--version", "1.3.0", "--image", "build/rtu-demo-1.2.0.bin", "--input", "t.csv"];
    expect((await sbom(...words, "--at", "2026-11-23T12:00:00Z")).code).toBe(0);
    expect(JSON.parse(readFileSync(path.join(folder, "o.json"), "utf8"))).toMatchObject({
      metadata: {
        timestamp: "2026-11-23T12:00:00.000Z",
        component: { version: "1.3.0", hashes: [{ content: image }] },
      },
    });
  });

  test("names what is lacking by file and line, and writes nothing", async () => {
    writeFileSync(path.join(folder, "t.csv"), `${head}hal,2.8.1,Chip Maker,,\n`);
    const said = await sbom(...ofRelease, "--json");
    expect(said.code).toBe(3);
    expect(said.json()).toEqual({
      findings: [{ code: "sbom-hash-missing", file: "t.csv", line: 2, about: "hal 2.8.1" }],
    });
    expect((await sbom(...ofRelease)).stdout).toContain("t.csv:2 sbom-hash-missing: ");
    expect(existsSync(path.join(folder, "o.json"))).toBe(false);
  });

  test.each<[string, readonly string[], number, string]>([
    ["an image that was changed", ofRelease, 3, "sbom-image-differs"],
    ["a release that is not there", ["--release", "r-9", "--input", "t.csv"], 5, "release-not-found"],
    ["no input", ["--release", "r-1.2.0"], 2, "missing-option"],
    ["no release", ["--input", "t.csv"], 2, "option-conflict"],
    ["a version without image", ["--version", "1", "--input", "t.csv"], 2, "missing-option"],
    ["an input that is not there", ["--release", "r-1.2.0", "--input", "gone.csv"], 5, "file-not-found"],
    ["a form that is not known", [...ofRelease, "--spec", "1.5"], 2, "bad-value"],
  ])("%s is refused", async (why, words, code, name) => {
    if (why.startsWith("an image")) writeFileSync(path.join(folder, "p/build/rtu-demo-1.2.0.bin"), "other");
    const said = await sbom(...words);
    expect(said).toMatchObject({ code, stderr: expect.stringContaining(`error[${name}]`) });
    expect(existsSync(path.join(folder, "o.json"))).toBe(false);
  });

  test("an input that cannot be read", async () => {
    writeFileSync(path.join(folder, "t.csv"), "colour\nred\n");
    expect((await sbom(...ofRelease, "--json")).json()).toMatchObject({ findings: [{ code: "sbom-input-malformed" }] });
    expect((await sbom(...ofRelease)).code).toBe(4);
  });
});
