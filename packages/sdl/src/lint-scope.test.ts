import { nodeCrypto } from "@sumac/crypto/node";
import { beforeAll, expect, test } from "vitest";
import { builtIn } from "./catalogue-file.ts";
import { readEvidence } from "./evidence-record.ts";
import { fileKinds, kindOfFile } from "./file-kinds.ts";
import type { Finding } from "./finding.ts";
import { lintProduct } from "./lint.ts";
import { neededToLint } from "./lint-scope.ts";
import { readProductFiles } from "./node-read-product.ts";
import { exampleFolder } from "./outputs/example-product.test.support.ts";
import { type ProductFiles, readProductModel, sdlFolder } from "./product-model.ts";

let example: ProductFiles;
beforeAll(async () => {
  const files = new Map(await readProductFiles(exampleFolder));
  const text = `id: W-1
covers: issue:RTU-3
reason: closed by the site
risk: low
approver: p-lead
approved: 2026-11-01
expires: 2026-12-31
releases: [r-1.2.0]
`;
  files.set("waivers/W-1.yaml", new TextEncoder().encode(text));
  example = files;
});

function findingsOf(files: ProductFiles, path: string): readonly Finding[] {
  const model = readProductModel(files);
  const { catalogue, digest } = builtIn;
  const all = [
    ...lintProduct(model, { catalogue, catalogueDigest: digest, crypto: nodeCrypto }),
    ...readEvidence(model.evidence, nodeCrypto).findings,
  ];
  return all.filter(({ file }) => file === `${sdlFolder}/${path}`);
}

const only = (files: ProductFiles, wanted: (path: string) => boolean): ProductFiles =>
  new Map([...files].filter(([path]) => wanted(path)));

/** One file of every kind, and one record. */
const samples = (files: ProductFiles): readonly string[] =>
  [...fileKinds, "evidence"].flatMap((kind) => [...files.keys()].find((path) => kindOfFile(path) === kind) ?? []);

test.each([
  "nothing",
  "roles.yaml",
  "keys.yaml",
  "context.yaml",
  "product.yaml",
  "policy.yaml",
  "threats/",
  "requirements/",
  "releases/",
  "issues/",
  "updates/",
  "waivers/",
])("without %s: a file alone has the findings that it has among all", (lost) => {
  const files = only(example, (path) => !path.startsWith(lost));
  let found = 0;
  for (const path of samples(files)) {
    const wanted = findingsOf(files, path);
    expect(findingsOf(only(files, neededToLint([path])), path), path).toEqual(wanted);
    found += wanted.length;
  }
  // The last three of these are not missed: policy has limits of its own, versions stand in product.yaml as well.
  if (!["nothing", "policy.yaml", "releases/", "waivers/"].includes(lost)) expect(found).toBeGreaterThan(0);
});

test("one file of a product of thousands of records needs few", () => {
  const counted = [...example.keys()].filter(neededToLint(["soa.yaml"]));
  expect(counted.sort()).toEqual(["context.yaml", "roles.yaml", "soa.yaml"]);
});
