import type { JsonValue } from "./canonical-json.ts";
import { type EvidenceSigner, sealEnvelope } from "./dsse.ts";
import type { GateReport } from "./gate-report.ts";
import type { Review } from "./model/analysis.ts";
import { type Evidence, evidencePredicate, type Subject, statementType } from "./model/evidence.ts";
import type { Release } from "./model/release.ts";

/** The images of a release as the subject of a record. */
export const subjectsOfRelease = ({ images }: Pick<Release, "images">): readonly Subject[] =>
  images.map(({ name, sha256 }) => ({ name, digest: { sha256 } }));

/** The statement of a record, before it is signed. */
export const evidenceStatementOf = (subject: readonly Subject[], evidence: Evidence): JsonValue =>
  ({ _type: statementType, subject, predicateType: evidencePredicate, predicate: evidence }) as unknown as JsonValue;

export const sealEvidence = (
  subject: readonly Subject[],
  evidence: Evidence,
  signers: readonly EvidenceSigner[],
): Promise<Uint8Array> => sealEnvelope(evidenceStatementOf(subject, evidence), signers);

/** What a review says of itself as a result: open findings are a failure. */
export function reviewResult({ findings }: Pick<Review, "findings">): Evidence["result"] {
  const open = findings.filter(({ state }) => state === "open").length;
  return {
    outcome: open === 0 ? "passed" : "failed",
    summary: `${findings.length} findings, ${open} open`,
    findings: findings.map(({ id, text }) => ({ id, severity: "none" as const, text })),
  };
}

export const gatePredicate = "urn:sumac:predicate:sdl-gate-report/v1";

/**
 * The gate report as an in-toto Statement about the images: verifier, time and verified properties as in SVR, with the
 * whole report beside them.
 */
export function gateStatement(
  report: GateReport,
  tool: { readonly name: string; readonly version: string },
): JsonValue {
  const { component, integrated } = report.slC;
  const levels = Object.entries(component).map(([fr, level]) => `SL-C(${fr})=${level}`);
  const together = Object.entries(integrated).map(
    ([fr, level]) => `SL-C(${fr})=${level} with the measures of the guide`,
  );
  return {
    _type: statementType,
    subject: report.images.map(({ name, sha256 }) => ({ name, digest: { sha256 } })),
    predicateType: gatePredicate,
    predicate: {
      verifier: { id: `${tool.name}/${tool.version}` },
      timeCreated: report.judgedAt,
      verificationResult: report.verdict === "fail" ? "FAILED" : "PASSED",
      properties: [`SDL_GATE_${report.verdict.toUpperCase()}`, ...levels, ...together],
      report: JSON.parse(JSON.stringify(report)) as JsonValue,
    },
  };
}

export const sealGateReport = (
  report: GateReport,
  tool: { readonly name: string; readonly version: string },
  signers: readonly EvidenceSigner[],
): Promise<Uint8Array> => sealEnvelope(gateStatement(report, tool), signers);
