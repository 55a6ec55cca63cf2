import { subjectsOfRelease } from "../attest.ts";
import { canonicalBytes, canonicalJson, type JsonValue } from "../canonical-json.ts";
import { sha256Hex } from "../evidence-record.ts";
import { statementType } from "../model/evidence.ts";
import { foundational } from "../model/vocabulary.ts";
import { genericPurl } from "../outputs/package-url.ts";
import type { ReleasePicture } from "../outputs/release-picture.ts";
import type { ReportFile } from "./report-file.ts";

interface Tool {
  readonly name: string;
  readonly version: string;
}

/** Predicates of others, by the versions that are written here. */
const predicates = {
  testResult: "https://in-toto.io/attestation/test-result/v0.1",
  simpleVerification: "https://in-toto.io/attestation/svr/v0.2",
  verificationSummary: "https://slsa.dev/verification_summary/v1",
} as const;

/** In-toto statements about the images of a release, unsigned: a test-result for each run, and what the gate verified. */
export function inTotoReport(picture: ReleasePicture, tool: Tool): readonly ReportFile[] {
  const file = (name: string, predicateType: string, predicate: JsonValue): ReportFile => ({
    name: `${name}.intoto.json`,
    text: `${canonicalJson({
      _type: statementType,
      subject: subjectsOfRelease(picture.release) as unknown as JsonValue,
      predicateType,
      predicate,
    })}\n`,
  });
  return [
    ...testResults(picture).map(({ id, predicate }) => file(`test-result-${id}`, predicates.testResult, predicate)),
    file("simple-verification-result", predicates.simpleVerification, simpleVerification(picture, tool)),
    file("verification-summary", predicates.verificationSummary, verificationSummary(picture, tool)),
  ];
}

/** Of the runs that count for a row: a record that nobody may have signed says nothing here either. */
function testResults({ records, report, release }: ReleasePicture): readonly { id: string; predicate: JsonValue }[] {
  const counted = new Set(report.rows.flatMap((row) => row.records));
  const images = new Set(release.images.map(({ sha256 }) => sha256));
  const runs = records.filter(
    ({ evidence, sha256, subject }) =>
      evidence.kind === "test" &&
      counted.has(sha256) &&
      subject.some(({ digest }) => digest.sha256 !== undefined && images.has(digest.sha256)),
  );
  return runs.map(({ evidence, sha256 }) => {
    const named = (outcome: string): readonly string[] =>
      Object.entries(evidence.result.tests ?? {})
        .filter(([, own]) => own === outcome)
        .map(([id]) => id)
        .sort();
    const failedTests = named("failed");
    // The predicate knows no skipped test; what was skipped did not pass.
    const warnedTests = named("skipped");
    const failed = failedTests.length > 0 || evidence.result.outcome === "failed";
    return {
      id: evidence.id,
      predicate: {
        result: failed ? "FAILED" : warnedTests.length > 0 ? "WARNED" : "PASSED",
        configuration: [
          ...evidence.inputs.map((input) => ({ name: input.uri, digest: { sha256: input.sha256 } })),
          // The signed record that this is told from.
          { name: `${evidence.id}.dsse.json`, digest: { sha256 } },
        ],
        passedTests: named("passed"),
        warnedTests,
        failedTests,
      },
    };
  });
}

const verifierId = ({ name, version }: Tool): string => `urn:${name}:sdl-gate:${version}`;

const policyDigest = ({ policy, input }: ReleasePicture): { readonly sha256: string } => ({
  sha256: sha256Hex(canonicalBytes(policy as unknown as JsonValue), input.crypto),
});

/** SVR lists what was verified and nothing else: a red gate verified nothing. */
function simpleVerification(picture: ReleasePicture, tool: Tool): JsonValue {
  const { verdict, slC, judgedAt } = picture.report;
  const levels = foundational.flatMap((fr) => [
    `SUMAC_SL_C_${fr}_${slC.component[fr]}`,
    `SUMAC_SL_C_WITH_MEASURES_${fr}_${slC.integrated[fr]}`,
  ]);
  return {
    verifier: {
      id: verifierId(tool),
      policies: [{ name: `policy.yaml ${picture.policy.version}`, digest: policyDigest(picture) }],
    },
    timeCreated: judgedAt,
    properties: verdict === "fail" ? [] : [`SUMAC_SDL_GATE_${verdict.toUpperCase()}`, ...levels],
  };
}

/** No SLSA level is claimed: the gate judges other things. */
function verificationSummary(picture: ReleasePicture, tool: Tool): JsonValue {
  const { report, product, release, policy } = picture;
  const failed = report.verdict === "fail";
  return {
    verifier: { id: verifierId(tool), version: { [tool.name]: tool.version } },
    timeVerified: report.judgedAt,
    resourceUri: genericPurl(product.id, release.version),
    policy: {
      uri: `urn:${tool.name}:sdl-policy:${encodeURIComponent(policy.version)}`,
      digest: policyDigest(picture),
    },
    inputAttestations: [...new Set(report.rows.flatMap(({ records }) => records))]
      .sort()
      .map((sha256) => ({ digest: { sha256 } })),
    verificationResult: failed ? "FAILED" : "PASSED",
    verifiedLevels: failed ? ["FAILED"] : [`SUMAC_SDL_GATE_${report.verdict.toUpperCase()}`],
  };
}
