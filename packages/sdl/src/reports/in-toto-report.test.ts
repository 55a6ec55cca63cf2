import { describe, expect, test } from "vitest";
import { examplePicture } from "../outputs/example-product.test.support.ts";
import type { ReleasePicture } from "../outputs/release-picture.ts";
import { inTotoReport } from "./in-toto-report.ts";

// There is no schema of these predicates in JSON: the members are those of their descriptions, asked for one by one.

interface Statement {
  readonly _type: string;
  readonly subject: readonly { readonly name: string; readonly digest: { readonly sha256: string } }[];
  readonly predicateType: string;
  readonly predicate: Readonly<Record<string, unknown>>;
}

const tool = { name: "sumac", version: "0.1.0" };
const statements = (picture: ReleasePicture): ReadonlyMap<string, Statement> =>
  new Map(inTotoReport(picture, tool).map(({ name, text }) => [name, JSON.parse(text) as Statement]));
const one = (picture: ReleasePicture, name: string): Statement => {
  const found = statements(picture).get(`${name}.intoto.json`);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
};

test("every statement is about the images of the release, by digest, and comes out the same again", async () => {
  const picture = await examplePicture();
  const all = statements(picture);
  expect(all.size).toBeGreaterThan(3);
  for (const { _type, subject } of all.values()) {
    expect(_type).toBe("https://in-toto.io/Statement/v1");
    expect(subject).toEqual(picture.release.images.map(({ name, sha256 }) => ({ name, digest: { sha256 } })));
  }
  expect(inTotoReport(await examplePicture(), tool)).toEqual(inTotoReport(picture, tool));
});

describe("test-result", () => {
  test("names what passed and the signed record it is told from", async () => {
    const picture = await examplePicture();
    const record = picture.records.find(({ evidence }) => evidence.id === "system-test");
    const { predicateType, predicate } = one(picture, "test-result-system-test");
    expect(predicateType).toBe("https://in-toto.io/attestation/test-result/v0.1");
    expect(predicate).toMatchObject({ result: "PASSED", warnedTests: [], failedTests: [] });
    expect(predicate["passedTests"]).toEqual(Object.keys(record?.evidence.result.tests ?? {}).sort());
    expect(predicate["configuration"]).toContainEqual({
      name: "system-test.dsse.json",
      digest: { sha256: record?.sha256 },
    });
  });

  test.each([
    ["failed", "FAILED", "failedTests"],
    ["skipped", "WARNED", "warnedTests"],
  ] as const)("a test that %s makes it %s", async (outcome, result, member) => {
    const picture = await examplePicture();
    const records = picture.records.map((record) =>
      record.evidence.id === "system-test"
        ? {
            ...record,
            evidence: { ...record.evidence, result: { ...record.evidence.result, tests: { a: "passed", b: outcome } } },
          }
        : record,
    ) as ReleasePicture["records"];
    expect(one({ ...picture, records }, "test-result-system-test").predicate).toMatchObject({
      result,
      passedTests: ["a"],
      [member]: ["b"],
    });
  });

  test("a record that counts for no row is not told", async () => {
    const picture = await examplePicture();
    const rows = picture.report.rows.map((row) => ({ ...row, records: [] }));
    const names = [...statements({ ...picture, report: { ...picture.report, rows } }).keys()];
    expect(names.filter((name) => name.startsWith("test-result"))).toEqual([]);
  });
});

describe("what the gate verified", () => {
  test("as SVR v0.2: verifier with policy, time, and properties for each level", async () => {
    const picture = await examplePicture();
    const { predicateType, predicate } = one(picture, "simple-verification-result");
    expect(predicateType).toBe("https://in-toto.io/attestation/svr/v0.2");
    expect(predicate).toMatchObject({
      verifier: {
        id: "urn:sumac:sdl-gate:0.1.0",
        policies: [{ digest: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) } }],
      },
      timeCreated: "2026-11-23T12:00:00.000Z",
    });
    expect(predicate["properties"]).toContain("SUMAC_SDL_GATE_PASS");
    expect(predicate["properties"]).toContain("SUMAC_SL_C_SI_2");
  });

  test("as VSA v1, with the digests of all records and no level of SLSA", async () => {
    const picture = await examplePicture();
    const { predicateType, predicate } = one(picture, "verification-summary");
    expect(predicateType).toBe("https://slsa.dev/verification_summary/v1");
    expect(predicate).toMatchObject({
      resourceUri: "pkg:generic/rtu-demo@1.2.0",
      verificationResult: "PASSED",
      verifiedLevels: ["SUMAC_SDL_GATE_PASS"],
    });
    expect((predicate["inputAttestations"] as readonly unknown[]).length).toBeGreaterThan(20);
    expect(JSON.stringify(predicate)).not.toContain("SLSA");
  });

  test("a red gate verified nothing and says so", async () => {
    const red = await examplePicture({
      "product.yaml": (text) => text.replace(/support_end: .*/, "support_end: 2020-01-01"),
    });
    expect(one(red, "simple-verification-result").predicate["properties"]).toEqual([]);
    expect(one(red, "verification-summary").predicate).toMatchObject({
      verificationResult: "FAILED",
      verifiedLevels: ["FAILED"],
    });
  });

  test("another policy has another digest", async () => {
    const picture = await examplePicture();
    const other = { ...picture, policy: { ...picture.policy, approvals: 3 } };
    expect(one(other, "verification-summary").predicate["policy"]).not.toEqual(
      one(picture, "verification-summary").predicate["policy"],
    );
  });
});
