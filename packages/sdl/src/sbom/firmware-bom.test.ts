import { Spec, Validation } from "@cyclonedx/cyclonedx-library";
import { nodeCrypto } from "@sumac/crypto/node";
import { describe, expect, test } from "vitest";
import { readSbomDigests } from "../sbom-digests.ts";
import { type BomVersion, bomVersions, firmwareBom } from "./firmware-bom.ts";
import { mergeParts } from "./merge-parts.ts";
import { readSbomInput } from "./read-sbom-input.ts";
import { explainSbomFinding } from "./sbom-finding.ts";

const a = "a".repeat(64);
const b = "b".repeat(64);
const commit = "0123456789abcdef0123456789abcdef01234567";
const image = { name: "app", sha256: "c".repeat(64) };

const cyclonedx = JSON.stringify(
  {
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    metadata: { component: { type: "firmware", "bom-ref": "self", name: "rtu", version: "1.2.0" } },
    components: [
      {
        type: "library",
        "bom-ref": "tls",
        name: "tls",
        version: "3.1.3",
        purl: "pkg:generic/tls@3.1.3",
        supplier: { name: "Tls Project" },
        hashes: [{ alg: "SHA-256", content: a.toUpperCase() }],
        licenses: [{ license: { id: "Apache-2.0" } }],
        components: [
          { type: "file", "bom-ref": "aes", name: "aes", version: "3.1.3", supplier: { name: "Tls Project" } },
        ],
      },
    ],
    dependencies: [
      { ref: "self", dependsOn: ["tls"] },
      { ref: "tls", dependsOn: ["aes"] },
    ],
  },
  null,
  1,
);
const lock = JSON.stringify(
  {
    name: "page",
    lockfileVersion: 3,
    packages: {
      "": { name: "page" },
      "node_modules/@x/one": {
        version: "1.0.0",
        integrity: `sha512-${btoa("x".repeat(64))}`,
        dependencies: { two: "^2.0.0" },
        license: "MIT",
      },
      "node_modules/two": { version: "1.0.0", integrity: `sha512-${btoa("y".repeat(64))}`, dev: true },
      "node_modules/@x/one/node_modules/two": { version: "2.0.0", integrity: `sha512-${btoa("z".repeat(64))}` },
    },
  },
  null,
  1,
);
const west = `manifest     zephyr   HEAD   N/A\nhal_x        modules/hal/x        ${commit} https://github.com/Maker/hal_x\n`;
const cmake =
  '-- The C compiler\n-- Found Codec: /usr/lib/libcodec.a (found suitable version "2.1", minimum required is "2")\n';
const csv = `name,version,supplier,purl,sha256,reason\r\nhal_x,,"Maker, Inc.",,,\r\naes,3.1.3,,,,"part of tls"\r\nCodec,2.1,Codec Team,,${b},\r\n,,npm,pkg:npm/t*,,\r\n,,npm,pkg:npm/%40x/*,,\r\n`;
const yaml = `components:\n  - name: boot\n    version: "0.9"\n    supplier: Example Vendor\n    reason: own source, in the tree of the release\n    type: firmware\n`;

const files = {
  "tls.json": cyclonedx,
  "package-lock.json": lock,
  "west.txt": west,
  "cmake.txt": cmake,
  "t.csv": csv,
  "t.yaml": yaml,
};

const read = (given: Readonly<Record<string, string>>) =>
  Object.entries(given).map(([file, text]) => readSbomInput(file, new TextEncoder().encode(text)));

function merged(given: Readonly<Record<string, string>>) {
  const inputs = read(given).map((input) => {
    if (!input.ok) throw new Error(JSON.stringify(input.error));
    return input.value;
  });
  return mergeParts(inputs, { product: { name: "rtu", version: "1.2.0" }, suppliers: new Map([["listed", "s-1"]]) });
}

function bom(given: Readonly<Record<string, string>>, specVersion: BomVersion = "1.6", images = [image]) {
  const parts = merged(given);
  if (!parts.ok) throw new Error(JSON.stringify(parts.error));
  return firmwareBom(parts.value, {
    specVersion,
    product: { id: "rtu", vendor: "Example Vendor" },
    release: { version: "1.2.0", images },
    timestamp: "2026-11-22T00:00:00Z",
    tool: { name: "sumac", version: "0.1.0" },
    crypto: nodeCrypto,
  });
}

/** The findings of inputs, short: code, file and line. */
function flaws(given: Readonly<Record<string, string>>): readonly string[] {
  const inputs = read(given);
  const refused = inputs.flatMap((input) => (input.ok ? [] : input.error));
  const result = refused.length > 0 ? refused : merged(given);
  const findings = "ok" in result ? (result.ok ? [] : result.error) : result;
  for (const finding of findings) expect(explainSbomFinding(finding).problem).not.toBe("");
  return findings.map(({ code, file, line }) => `${code} ${file}:${line}`);
}

describe("a bill of materials from several inputs", () => {
  test.each(bomVersions)("is valid CycloneDX %s, by the library of its authors", async (version) => {
    const validator = new Validation.JsonStrictValidator(version === "1.6" ? Spec.Version.v1dot6 : Spec.Version.v1dot7);
    expect(await validator.validate(JSON.stringify(bom(files, version)))).toBeNull();
    const two = [image, { name: "boot", sha256: b }];
    expect(await validator.validate(JSON.stringify(bom(files, version, two)))).toBeNull();
    expect(await validator.validate(JSON.stringify({ ...bom(files, version), components: 1 }))).not.toBeNull();
  });

  test("has each component once, with what any input states", () => {
    const { components, dependencies } = bom(files) as unknown as {
      components: { "bom-ref": string; supplier: { name: string }; scope: string; hashes?: { alg: string }[] }[];
      dependencies: { ref: string; dependsOn: string[] }[];
    };
    expect(components.map((part) => [part["bom-ref"], part.supplier.name, part.scope])).toEqual([
      ["Codec@2.1", "Codec Team", "required"],
      ["aes@3.1.3", "Tls Project", "required"],
      ["boot@0.9", "Example Vendor", "required"],
      ["pkg:generic/tls@3.1.3", "Tls Project", "required"],
      [`pkg:github/maker/hal_x@${commit}`, "Maker, Inc.", "required"],
      ["pkg:npm/@x/one@1.0.0", "npm", "required"],
      ["pkg:npm/two@1.0.0", "npm", "excluded"],
      ["pkg:npm/two@2.0.0", "npm", "required"],
    ]);
    expect(dependencies.find(({ ref }) => ref === "pkg:npm/@x/one@1.0.0")?.dependsOn).toEqual(["pkg:npm/two@2.0.0"]);
    expect(dependencies[0]).toEqual({
      ref: "pkg:generic/rtu@1.2.0",
      dependsOn: [
        "Codec@2.1",
        "boot@0.9",
        "pkg:generic/tls@3.1.3",
        `pkg:github/maker/hal_x@${commit}`,
        "pkg:npm/@x/one@1.0.0",
        "pkg:npm/two@1.0.0",
      ],
    });
  });

  test("is bound to every image, as the gate reads it", () => {
    const digests = (images: (typeof image)[]) =>
      readSbomDigests(new TextEncoder().encode(JSON.stringify(bom(files, "1.6", images))))?.product;
    expect(digests([image])).toEqual([image.sha256]);
    expect(digests([image, { name: "boot", sha256: b }])?.toSorted()).toEqual([b, image.sha256]);
  });

  test("is the same for the same content, and has another number for other content", () => {
    const reversed = Object.fromEntries(Object.entries(files).reverse());
    expect(JSON.stringify(bom(files))).toBe(JSON.stringify(bom(reversed)));
    expect(bom(files)["serialNumber"]).toMatch(
      /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(bom(files)["serialNumber"]).not.toBe(bom(files, "1.6", [{ ...image, sha256: a }])["serialNumber"]);
  });

  test("takes up what it wrote itself", () => {
    const again = bom({ "own.json": JSON.stringify(bom(files)) });
    expect(again["components"]).toEqual(
      JSON.parse(JSON.stringify(bom(files)["components"]).replace(/,"pedigree":\{[^}]*\}[^}]*\}/, "")),
    );
  });

  test("knows the supplier of suppliers.yaml, and ends a ring of needs", () => {
    const ring = JSON.stringify({
      bomFormat: "CycloneDX",
      specVersion: "1.6",
      components: ["listed", "other"].map((name) => ({
        type: "library",
        "bom-ref": name,
        name,
        version: "1",
        ...(name === "other" ? { supplier: { name: "O" } } : {}),
        hashes: [{ alg: "SHA-256", content: a }],
      })),
      dependencies: [
        { ref: "listed", dependsOn: ["other"] },
        { ref: "other", dependsOn: ["listed"] },
      ],
    });
    const { components, dependencies } = bom({ "ring.json": ring });
    expect(components).toMatchObject([{ supplier: { name: "s-1" } }, { supplier: { name: "O" } }]);
    expect(dependencies).toMatchObject([{ dependsOn: ["listed@1"] }, {}, {}]);
  });
});

const row = (text: string) => ({ "t.csv": `name,version,supplier,purl,sha256,reason,scope\n${text}\n` });
const part = (member: object) =>
  JSON.stringify(
    {
      bomFormat: "CycloneDX",
      specVersion: "1.6",
      components: [{ type: "library", name: "n", version: "1", supplier: { name: "s" }, ...member }],
    },
    null,
    1,
  );

describe("what is refused, by file and line", () => {
  test.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
    ["no name", row(`,1,s,,${a},,`), ["sbom-name-missing t.csv:2"]],
    ["no version", row(`n,,s,,${a},,`), ["sbom-version-missing t.csv:2"]],
    ["an unknown version", row(`n,unknown,s,,${a},,`), ["sbom-version-missing t.csv:2"]],
    ["no supplier", row(`n,1,,,${a},,`), ["sbom-supplier-missing t.csv:2"]],
    ["a supplier that says nothing", row(`n,1,NOASSERTION,,${a},,`), ["sbom-supplier-missing t.csv:2"]],
    ["neither hash nor reason", row("n,1,s,,,,"), ["sbom-hash-missing t.csv:2"]],
    ["a short hash", row("n,1,s,,abcd,,"), ["sbom-hash-malformed t.csv:2"]],
    [
      "two hashes of one component",
      row(`n,1,s,,${a},,\n"m\nm",1,s,,${a},,\nn,1,s,,${b},,`),
      ["sbom-hash-conflict t.csv:5"],
    ],
    ["a purl that is none", row(`n,1,s,n@1,${a},,`), ["sbom-purl-malformed t.csv:2"]],
    ["a purl of another version", row(`n,1,s,pkg:generic/n@2,${a},,`), ["sbom-purl-version t.csv:2"]],
    ["a purl without version", row(`n,1,s,pkg:generic/n,${a},,`), ["sbom-purl-version t.csv:2"]],
    [
      "one that could be either",
      row(`n,1,s,pkg:generic/a/n@1,${a},,\nn,1,s,pkg:generic/b/n@1,${a},,\nn,1,s,,${a},,`),
      ["sbom-ambiguous t.csv:4"],
    ],
    ["a row that fits nothing", row(`n,1,s,,${a},,\n,,s,pkg:npm/*,,,`), ["sbom-row-unused t.csv:3"]],
    ["one hash for many", row(`n,1,s,,${a},,\n,,s,pkg:npm/*,${a},,`), ["sbom-purl-malformed t.csv:3"]],
    ["a hash of no version", row(`n,1,s,,${a},,\nn,,s,,${b},,`), ["sbom-version-missing t.csv:3"]],
    ["an unknown column", { "t.csv": "name,colour\nn,red\n" }, ["sbom-input-malformed t.csv:1"]],
    ["an unknown scope", row(`n,1,s,,${a},,sometimes`), ["sbom-input-malformed t.csv:2"]],
    ["a row of other length", row(`n,1,s,,${a}`), ["sbom-input-malformed t.csv:2"]],
    ["an open quotation mark", row(`n,1,s,,${a},,\n"m,1`), ["sbom-input-malformed t.csv:3"]],
    ["a table of nothing", { "t.csv": "name,version\n" }, ["sbom-input-empty t.csv:1"]],
    [
      "a number as version",
      { "t.yaml": "components:\n  - name: n\n    version: 1.0\n" },
      ["sbom-input-malformed t.yaml:3"],
    ],
    ["a member of another kind", { "t.yml": "components:\n  - nam: n\n" }, ["sbom-input-malformed t.yml:2"]],
    [
      "only MD5",
      { "c.json": part({ hashes: [{ alg: "MD5", content: "0".repeat(32) }] }) },
      ["sbom-hash-missing c.json:5"],
    ],
    [
      "a hash by no known algorithm",
      { "c.json": part({ hashes: [{ alg: "ROT", content: a }] }) },
      ["sbom-input-malformed c.json:5"],
    ],
    [
      "two digests by one algorithm",
      { "c.json": part({ hashes: [a, b].map((content) => ({ alg: "SHA-256", content })) }) },
      ["sbom-input-malformed c.json:5"],
    ],
    [
      "one reference for two components",
      { "c.json": cyclonedx.replace('"bom-ref": "aes"', '"bom-ref": "tls"') },
      ["sbom-input-malformed c.json:13"],
    ],
    [
      "components that are there twice",
      { "c.json": part({}).replace('"components"', '"components": [],\n "components"') },
      ["sbom-input-malformed c.json:5"],
    ],
    ["a component that is none", { "c.json": part({ components: [7] }) }, ["sbom-input-malformed c.json:5"]],
    [
      "a dependency that leads to nothing",
      { "c.json": cyclonedx.replace('"aes"\n   ]', '"gone"\n   ]') },
      ["sbom-input-malformed c.json:48"],
    ],
    ["an SBOM of a later form", { "c.json": cyclonedx.replace('"1.5"', '"2.0"') }, ["sbom-input-malformed c.json:1"]],
    [
      "a version of the form that turns into no text",
      { "c.json": '{"bomFormat":"CycloneDX","specVersion":{"toString":1}}' },
      ["sbom-input-malformed c.json:1"],
    ],
    [
      "a dependency of what turns into no text",
      {
        "c.json": `${part({}).slice(0, part({}).lastIndexOf("}"))},"dependencies":[{"ref":{"toString":1},"dependsOn":[{"toString":1}]}]}`,
      },
      ["sbom-input-malformed c.json:14"],
    ],
    [
      "a package whose name is no text",
      { "l.json": `{"lockfileVersion":3,"packages":{"node_modules/\\ud800":{"version":"1"}}}` },
      ["sbom-name-missing l.json:1", "sbom-supplier-missing l.json:1", "sbom-hash-missing l.json:1"],
    ],
    ["JSON of something else", { "x.json": '{"a":1}' }, ["sbom-input-malformed x.json:1"]],
    ["half a JSON", { "x.json": cyclonedx.slice(0, 300) }, ["sbom-input-malformed x.json:1"]],
    [
      "a lock file of version 1",
      { "l.json": '{"lockfileVersion":1,"dependencies":{}}' },
      ["sbom-input-malformed l.json:1"],
    ],
    ["an integrity that is none", { "l.json": lock.replace("sha512-", "sha9-") }, ["sbom-input-malformed l.json:8"]],
    [
      "a package without maker",
      { "l.json": lock },
      ["sbom-supplier-missing l.json:8", "sbom-supplier-missing l.json:16", "sbom-supplier-missing l.json:21"],
    ],
    [
      "a branch in place of a commit",
      { "w.txt": west.replace(commit, "main"), "t.csv": "name,supplier,reason\nhal_x,M,r\n" },
      ["sbom-version-floating w.txt:2"],
    ],
    [
      "a west row of other form",
      { "w.txt": `${west}hal_y modules/y ${commit} somewhere\n` },
      ["sbom-input-malformed w.txt:3"],
    ],
    [
      "a package without version",
      { "m.txt": "-- x\n-- Found Codec: /lib/codec.a\n" },
      ["sbom-version-missing m.txt:2", "sbom-supplier-missing m.txt:2", "sbom-hash-missing m.txt:2"],
    ],
    ["a text of nothing", { "n.txt": "hello\n" }, ["sbom-input-malformed n.txt:1"]],
  ])("%s", (_, given, expected) => {
    expect(flaws(given)).toEqual(expected);
  });

  test("nothing is found in inputs that are complete", () => {
    expect(flaws(files)).toEqual([]);
  });

  test("files that are built to exhaust a reader are read or refused", () => {
    const long = "x\\n".repeat(6_000_000);
    expect(
      flaws({ "c.json": part({ description: "" }).replace('"description": ""', `"description": "${long}"`) }),
    ).toEqual(["sbom-hash-missing c.json:5"]);
    expect(flaws(row(`n,1,s,,${a},"${'x""'.repeat(6_000_000)}",`))).toEqual([]);
    const deep = `${'{"name":"d","version":"1","components":['.repeat(5000)}${"]}".repeat(5000)}`;
    expect(flaws({ "c.json": `{"bomFormat":"CycloneDX","specVersion":"1.6","components":[${deep}]}` }).length).toBe(2);
  });

  test("bytes that are no text", () => {
    expect(readSbomInput("x.csv", new Uint8Array([0xff]))).toMatchObject({ error: [{ code: "sbom-input-malformed" }] });
  });
});
