import { readFileSync } from "node:fs";
import path from "node:path";
import { nodeCrypto } from "@sumac/crypto/node";
import { type Finding, type LintContext, lintRelease } from "@sumac/signing";
import { nodeSha1 } from "@sumac/signing/node";
import { describe, expect, test } from "vitest";
import { sharedVectors } from "../support/shared-vectors.ts";

interface Published {
  readonly file: string;
  readonly findings: readonly string[];
  readonly integratedDependency?: { readonly findings: readonly string[] };
}

const { folder, absent } = sharedVectors("suit");
const published = absent
  ? []
  : (JSON.parse(readFileSync(path.join(folder, "INDEX.json"), "utf8")).envelopes as Published[]);
const read = (file: string): Uint8Array => new Uint8Array(readFileSync(path.join(folder, file)));

/** The words of the index, and the finding that says the same. */
const meanings: readonly (readonly [words: RegExp, meant: Partial<Finding>])[] = [
  [
    /^shared sequence has no vendor condition \(1\)$/,
    { code: "identity-condition-missing", condition: "vendor-identifier" },
  ],
  [
    /^shared sequence has no class condition \(2\)$/,
    { code: "identity-condition-missing", condition: "class-identifier" },
  ],
  [/^no validate sequence \(7\)$/, { code: "validate-missing" }],
  [/^dependency index 1 is not an index into the components array/, { code: "dependency-index-outside", index: 1 }],
  [
    /^the dependency has an invoke sequence \(9\) but the root invoke \(9\) never runs process-dependency/,
    { code: "dependency-section-not-run", section: "invoke" },
  ],
  [
    /^the dependency has a validate sequence \(7\) but the root has none$/,
    { code: "dependency-section-not-run", section: "validate" },
  ],
  [
    /^image-size \(14\) of the dependency component is the length of its whole envelope \(190\)/,
    { code: "dependency-image-size", size: 190n },
  ],
  [
    /^image-size \(14\) of the dependency component is the length of its whole envelope \(247\)/,
    { code: "dependency-image-size", size: 247n },
  ],
  [
    /^sequence 20: process-dependency \(11\) with no dependency-integrity \(7\) before it$/,
    { code: "dependency-integrity-missing", index: 1 },
  ],
  [
    /^sequence 20: fetch \(21\) without a later image-match \(3\)$/,
    { code: "image-match-missing", directive: "fetch" },
  ],
  [/^COSE recipient header map is not in deterministic key order/, { code: "encryption-header-unsorted" }],
];

const meant = (words: string): Partial<Finding> => {
  const found = meanings.find(([pattern]) => pattern.test(words));
  if (found === undefined) throw new Error(`the index says something new: ${words}`);
  return found[1];
};

function findingsIn(file: string): readonly Finding[] {
  // The dependency that one of the examples fetches from elsewhere.
  const dependencies = [read("trust-domains/example0_dependent.cbor")];
  const context: LintContext = { crypto: nodeCrypto, sha1: nodeSha1, dependencies };
  const found = lintRelease(read(file), context);
  if (!found.ok) throw new Error(`${file}: ${found.error.code}`);
  return found.value;
}

describe.skipIf(absent)("lint reports what the index of the published vectors says of them", () => {
  test("the index says something of eight files", () => {
    expect(published.filter(({ findings }) => findings.length > 0)).toHaveLength(8);
  });

  test.each(published.map((one) => [one.file, one] as const))("%s", (file, { findings, integratedDependency }) => {
    const found = findingsIn(file);
    const own = found.filter(({ within }) => within === undefined);
    const inner = found.filter(({ within }) => within !== undefined);
    for (const words of findings) expect(own, words).toContainEqual(expect.objectContaining(meant(words)));
    for (const words of integratedDependency?.findings ?? []) {
      expect(inner, words).toContainEqual(expect.objectContaining(meant(words)));
    }
  });

  test.each(published.filter(({ findings }) => findings.length === 0).map(({ file }) => file))(
    "%s has no error, and none is invented",
    (file) => {
      expect(findingsIn(file).filter(({ severity }) => severity === "error")).toEqual([]);
    },
  );

  test("what the index does not say of the others, lint does not say either", () => {
    const spoken = new Set(meanings.map(([, { code }]) => code));
    const files = published.filter(({ findings, file }) => findings.length === 0 && file.startsWith("draft-37/"));
    for (const { file } of files) {
      expect(
        findingsIn(file).filter(({ code }) => spoken.has(code)),
        file,
      ).toEqual([]);
    }
  });
});
