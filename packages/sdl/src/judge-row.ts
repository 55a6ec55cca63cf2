import type { Authority } from "./authority.ts";
import type { EvidenceRecord } from "./evidence-record.ts";
import { about, aboutFile, type GateCase, type GateFinding, updateFile } from "./gate-context.ts";
import { type RowRule, rowRules } from "./practice-rows.ts";
import { sdlFolder } from "./product-model.ts";
import { checkRecord, type RecordVerdict } from "./record-check.ts";
import { startOf } from "./span.ts";

/** The records of a row that count, and what is wrong with it. */
export interface RowEvidence {
  readonly accepted: readonly EvidenceRecord[];
  readonly findings: readonly GateFinding[];
  readonly maturity: "practised" | "documented" | "none";
}

/** Judges one row of 62443-4-1 by its records. */
export function judgeRow(
  row: string,
  given: GateCase,
  authorityOf: (record: EvidenceRecord) => Authority,
): RowEvidence {
  const rule = rowRules[row];
  // A row of an edition this code has no rule for is never met.
  if (rule === undefined)
    return { accepted: [], findings: [aboutFile("G3-missing", `${sdlFolder}/evidence`, row, row)], maturity: "none" };
  const verdicts = given.records
    .filter(({ evidence }) => evidence.rows.includes(row))
    .map((record) => checkRecord(record, row, rule, authorityOf(record), given));
  const good = verdicts.filter(({ fault }) => fault === undefined).map(({ record }) => record);
  const { accepted, failed } = newestOfEach(good);
  const findings: GateFinding[] = failed.map(({ file, evidence }) =>
    aboutFile("G3-failed", file, evidence.result.summary, row),
  );
  if (accepted.length === 0 && failed.length === 0)
    findings.push(
      closest(verdicts) ?? aboutFile("G3-missing", `${sdlFolder}/evidence`, `${row}: ${rule.kinds.join(" or ")}`, row),
    );
  const practised = accepted.some(({ evidence }) => rule.practised.includes(evidence.kind));
  if (accepted.length > 0) findings.push(...gaps(row, rule, accepted, practised, verdicts, given));
  return { accepted, findings, maturity: accepted.length === 0 ? "none" : practised ? "practised" : "documented" };
}

/** A later run of the same tool replaces an earlier one, for better or worse. */
function newestOfEach(records: readonly EvidenceRecord[]): { accepted: EvidenceRecord[]; failed: EvidenceRecord[] } {
  const newest = new Map<string, EvidenceRecord>();
  for (const record of records) {
    const { kind, tool, produced_at } = record.evidence;
    // Reviews by the same tool (a person) are of different things; only runs replace each other.
    const key = kind === "test" || kind === "scan" ? `${kind} ${tool.name}` : record.file;
    const before = newest.get(key);
    if (before === undefined || startOf(before.evidence.produced_at) <= startOf(produced_at)) newest.set(key, record);
  }
  const all = [...newest.values()];
  return {
    accepted: all.filter(({ evidence }) => evidence.result.outcome !== "failed"),
    failed: all.filter(({ evidence }) => evidence.result.outcome === "failed"),
  };
}

/** The fault of the record that got furthest, the newest of them. */
const closest = (verdicts: readonly RecordVerdict[]): GateFinding | undefined =>
  [...verdicts].sort(
    (a, b) => b.passed - a.passed || startOf(b.record.evidence.produced_at) - startOf(a.record.evidence.produced_at),
  )[0]?.fault;

function gaps(
  row: string,
  rule: RowRule,
  accepted: readonly EvidenceRecord[],
  practised: boolean,
  verdicts: readonly RecordVerdict[],
  given: GateCase,
): GateFinding[] {
  const findings: GateFinding[] = [];
  for (const kind of rule.needs) {
    if (accepted.some(({ evidence }) => evidence.kind === kind)) continue;
    const tried = verdicts.filter(({ record }) => record.evidence.kind === kind);
    findings.push(closest(tried) ?? aboutFile("G3-missing", `${sdlFolder}/evidence`, `${row}: ${kind}`, row));
  }
  const excused = given.policy.value.documented_is_enough.some((entry) => entry.row === row);
  if (!practised && !excused) {
    findings.push(
      aboutFile("G3-documented-only", accepted[0]?.file ?? sdlFolder, `${row}: ${rule.practised.join(" or ")}`, row),
    );
  }
  const scans = accepted.filter(({ evidence }) => evidence.kind === "scan");
  const [scan] = scans;
  // A search for known weaknesses is as good as what it knew.
  if (rule.scanDatabase === "stated" && scan !== undefined && scans.every(lacksDatabase))
    findings.push(aboutFile("G4-scan-database", scan.file, `${scan.evidence.id} names none`, row));
  const covered = new Set(accepted.flatMap(({ subject }) => subject.map(({ name }) => name)));
  for (const file of documentsOf(rule, given)) {
    if (covered.has(file)) continue;
    const tried = verdicts.filter(({ record }) => record.subject.some(({ name }) => name === file));
    findings.push(closest(tried) ?? aboutFile("G3-document", file, row, row));
  }
  return findings;
}

const lacksDatabase = ({ evidence }: EvidenceRecord): boolean => evidence.result.database_date === undefined;

const mustHold: readonly string[] = [".sdl/requirements/", ".sdl/threats/"];

/** The files a row is about, as they lie in this product. */
function documentsOf(rule: RowRule, given: GateCase): readonly string[] {
  const { update } = given.chosen.value;
  return rule.documents.flatMap((name) => {
    if (name === "guides") return given.product.value.guides.map(({ file }) => file);
    if (name === "update-doc" || name === "qualification" || name === "compat")
      return [updateFile(update, `${name}.yaml`)];
    if (!name.endsWith("/")) return [name];
    const found = [...given.files.keys()].filter((file) => file.startsWith(name)).sort();
    // There may be no issue and no waiver; a product without requirements or threats was not thought about.
    return found.length === 0 && mustHold.includes(name) ? [name] : found;
  });
}

/** Reviews that are files: open findings, and reviewers who wrote what they review. */
export function judgeReviews(given: GateCase): GateFinding[] {
  return [...given.model.many.review.values()].flatMap((file) => {
    const { rows, findings, authors, reviewers, id } = file.value;
    const row = rows[0];
    const open = findings.findIndex(({ state }) => state === "open");
    const own = reviewers.findIndex(({ person }) => authors.includes(person));
    return [
      ...(open < 0
        ? []
        : [about("G7-review-open", file.place(["findings", open, "state"]), `${id}: ${findings[open]?.id}`, row)]),
      ...(own < 0
        ? []
        : [
            about(
              "G6-independence",
              file.place(["reviewers", own, "person"]),
              `${reviewers[own]?.person} wrote it`,
              row,
            ),
          ]),
    ];
  });
}
