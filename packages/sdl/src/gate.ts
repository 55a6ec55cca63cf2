import { type Authority, SignatureDesk } from "./authority.ts";
import { judgeEmergency } from "./emergency.ts";
import { type EvidenceRecord, readEvidence } from "./evidence-record.ts";
import type { Finding } from "./finding.ts";
import { type ClaimsVerdict, judgeClaims } from "./gate-claims.ts";
import { judgeClocks } from "./gate-clocks.ts";
import { judgeContent, judgeGuides, judgeRollback } from "./gate-content.ts";
import { about, aboutFile, type GateCase, type GateFinding, type GateInput } from "./gate-context.ts";
import { judgeIssues } from "./gate-defects.ts";
import { chooseRelease, judgeIdentity, noRelease } from "./gate-identity.ts";
import type { GateReport, GateRow } from "./gate-report.ts";
import { reportOf } from "./gate-report.ts";
import { judgeUpdate } from "./gate-update.ts";
import { judgeReviews, judgeRow, type RowEvidence } from "./judge-row.ts";
import { lintProduct } from "./lint.ts";
import { sdlFolder } from "./product-model.ts";
import { rowsOfType } from "./slc.ts";
import { spanMs } from "./span.ts";
import { judgeThreatReviews, judgeTraces, recordsOfImages, testOutcomes } from "./test-results.ts";
import { waiverFor } from "./waivers.ts";

/**
 * The release gate G1 to G10 (docs/spec/sdl-rules.md). Fail closed: a file that cannot be read, a row without a rule, a
 * record that nobody may have signed are all red. Never throws on what a product's folder holds.
 */
export function judgeGate(input: GateInput): GateReport {
  const evidence = readEvidence(input.model.evidence, input.crypto);
  const formal: readonly Finding[] = [...lintProduct(input.model, input), ...evidence.findings];
  const { product, policy } = input.model.single;
  const chosen = chooseRelease(input);
  if (product === undefined || policy === undefined) {
    const findings: GateFinding[] = [...formal, ...("rule" in chosen ? [chosen] : [])];
    return reportOf({ input, findings, rows: nothingJudged(input, findings), notes: [] });
  }
  const release = "rule" in chosen ? noRelease(chosen) : chosen;
  const given: GateCase = { ...input, product, policy, chosen: release, records: evidence.records };
  const authorityOf = rememberedAuthority(new SignatureDesk(input));
  const practice = new Map(
    [...input.catalogue.processRows.keys()].map((row) => [row, judgeRow(row, given, authorityOf)] as const),
  );
  const ofImages = recordsOfImages(given, authorityOf);
  const outcomes = testOutcomes(ofImages);
  const claims = judgeClaims(given, ofImages, outcomes);
  const reviewed = new Set(
    (practice.get("SG-7")?.accepted ?? []).flatMap(({ subject }) => subject.map(({ name }) => name)),
  );
  const findings: GateFinding[] = [
    ...formal,
    ...("rule" in chosen ? [chosen] : judgeIdentity(given, authorityOf)),
    ...judgeApplicability(given),
    ...[...practice.values()].flatMap((row) => row.findings),
    ...judgeTraces(given, outcomes),
    ...judgeThreatReviews(given, spanMs(policy.value.threat_review_max_age)),
    ...judgeForgeries(given, authorityOf),
    ...judgeApprovals(given, practice.get("SM-12")?.accepted ?? [], authorityOf),
    ...judgeReviews(given),
    ...judgeIssues(given),
    ...judgeClocks(given),
    ...judgeUpdate(given),
    ...judgeContent(given),
    ...claims.findings,
    ...judgeGuides(given, reviewed),
    ...judgeRollback(given),
  ];
  const settled = settle(findings, given);
  const emergency = given.path === "emergency" ? judgeEmergency(given, settled.open, authorityOf) : undefined;
  const open = emergency === undefined ? settled.open : emergency.open;
  return reportOf({
    input,
    given,
    findings: open,
    rows: rowsOf(given, practice, claims, open, [...settled.waived, ...(emergency?.postponed ?? [])]),
    waivers: settled.used,
    ...(emergency?.granted === undefined ? {} : { emergency: emergency.granted }),
    levels: claims.levels,
    practice,
    notes: notesOf(given, claims),
  });
}

/** Each signature is checked once, however many rows its record names. */
function rememberedAuthority(desk: SignatureDesk): (record: EvidenceRecord) => Authority {
  const known = new Map<EvidenceRecord, Authority>();
  return (record) => {
    const before = known.get(record);
    if (before !== undefined) return before;
    const authority = desk.judge(record);
    known.set(record, authority);
    return authority;
  };
}

/** G2: every row of the practices and every row of the component type is decided. */
function judgeApplicability(given: GateCase): GateFinding[] {
  const { soa } = given.model.single;
  const decided = new Set((soa?.value.rows ?? []).map(({ row }) => row));
  const wanted = [
    ...given.catalogue.processRows.keys(),
    ...rowsOfType(given.catalogue, given.product.value.component_type).map(({ id }) => id),
  ];
  return wanted
    .filter((row) => !decided.has(row))
    .map((row) =>
      soa === undefined
        ? aboutFile("G2-undecided", `${sdlFolder}/soa.yaml`, row, row)
        : about("G2-undecided", soa.place(["rows"]), row, row),
    );
}

/** G6: a record that was altered or signed by a stranger is an alarm of its own, also where another record would do. */
function judgeForgeries(given: GateCase, authorityOf: (record: EvidenceRecord) => Authority): GateFinding[] {
  return given.records.flatMap((record) => {
    const { fault } = authorityOf(record);
    return fault !== undefined && ["G6-signature", "G6-unknown-key", "G6-unsigned"].includes(fault.rule) ? [fault] : [];
  });
}

/** G6: so many people, of at least two roles, approved these images. */
function judgeApprovals(
  given: GateCase,
  accepted: readonly EvidenceRecord[],
  authorityOf: (record: EvidenceRecord) => Authority,
): GateFinding[] {
  const allowed = ["release-manager", "security-lead", "product-owner"];
  const people = new Map(
    accepted.flatMap((record) =>
      authorityOf(record)
        .signers.filter(({ roles }) => roles.some((role) => allowed.includes(role)))
        .map((person) => [person.id, person] as const),
    ),
  );
  const roles = new Set(
    [...people.values()].flatMap((person) => person.roles.filter((role) => allowed.includes(role))),
  );
  const wanted = Math.max(2, given.policy.value.approvals);
  if (accepted.length === 0 || (people.size >= wanted && roles.size >= 2)) return [];
  return [aboutFile("G6-approvals", accepted[0]?.file ?? sdlFolder, `${people.size} of ${wanted}`, "SM-12")];
}

/** Sorts findings into those that stand and those that a waiver covers. */
function settle(
  findings: readonly GateFinding[],
  given: GateCase,
): { open: GateFinding[]; waived: GateFinding[]; used: string[] } {
  const open: GateFinding[] = [];
  const waived: GateFinding[] = [];
  const used = new Set<string>();
  for (const finding of findings) {
    const answer = waiverFor(finding, given);
    if (answer.kind === "waived") {
      waived.push(finding);
      used.add(answer.waiver.id);
    } else if (answer.kind === "refused") open.push(answer.finding, finding);
    else open.push(finding);
  }
  return { open, waived, used: [...used].sort() };
}

const stale: readonly string[] = ["G4-stale", "G4-expired"];
const absent: readonly string[] = [
  "G3-missing",
  "G7-update-doc-missing",
  "G7-qualification-missing",
  "G7-compat-missing",
  "G7-delivery-missing",
  "G7-sbom-missing",
];

const stateOf = (finding: GateFinding): GateRow["state"] =>
  stale.includes(finding.rule) ? "stale" : absent.includes(finding.rule) ? "missing" : "fail";

const placeOf = ({
  rule,
  file,
  line,
  about: fact,
}: GateFinding): Pick<GateRow, "rule" | "file" | "line" | "about"> => ({ rule, file, line, about: fact });

function rowsOf(
  given: GateCase,
  practice: ReadonlyMap<string, RowEvidence>,
  claims: ClaimsVerdict,
  open: readonly GateFinding[],
  waived: readonly GateFinding[],
): GateRow[] {
  const process = [...practice].map(([id, { accepted, maturity }]): GateRow => {
    const base = { id, records: accepted.map(({ sha256 }) => sha256).sort(), maturity };
    const red = open.find(({ row }) => row === id);
    if (red !== undefined) return { ...base, state: stateOf(red), ...placeOf(red) };
    const covered = waived.find(({ row }) => row === id);
    return covered === undefined ? { ...base, state: "pass" } : { ...base, state: "waived", ...placeOf(covered) };
  });
  const component = claims.rows.map(({ id, standing, counts, records, finding }): GateRow => {
    const base = { id, records: records.map(({ sha256 }) => sha256).sort(), standing };
    const red = open.find((entry) => entry.row === id);
    if (red !== undefined) return { ...base, state: stateOf(red), ...placeOf(red) };
    const covered = waived.find((entry) => entry.row === id);
    if (covered !== undefined) return { ...base, state: "waived", ...placeOf(covered) };
    if (standing === "met" || standing === "by-integration") return { ...base, state: "pass" };
    // Above the declared target nothing is promised, so nothing is missing.
    if (standing === "not-applicable" || counts === "no" || finding === undefined)
      return { ...base, state: "not-applicable" };
    return { ...base, state: "missing", ...placeOf(finding) };
  });
  const listed = new Set(component.map(({ id }) => id));
  const foreign = [...given.catalogue.componentRows.keys()].filter((id) => !listed.has(id));
  return [...process, ...component, ...foreign.map((id): GateRow => ({ id, state: "not-applicable", records: [] }))];
}

/** Without a product, policy or release nothing can be judged, and everything is red. */
const nothingJudged = (input: GateInput, findings: readonly GateFinding[]): GateRow[] => {
  const [first] = findings;
  return [...input.catalogue.processRows.keys(), ...input.catalogue.componentRows.keys()].map((id) => ({
    id,
    state: "missing",
    records: [],
    ...(first === undefined ? {} : placeOf(first)),
  }));
};

/** What stops nothing and must not be overlooked. */
const notesOf = (given: GateCase, { levels }: ClaimsVerdict): GateFinding[] => {
  const lock = given.model.single["catalog-lock"];
  return lock === undefined
    ? []
    : levels.unconfirmed.map((row) => about("G2-unconfirmed", lock.place(["confirmed"]), row, row));
};
