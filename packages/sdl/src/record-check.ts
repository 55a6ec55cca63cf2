import type { Authority } from "./authority.ts";
import type { EvidenceRecord } from "./evidence-record.ts";
import { aboutFile, clockTolerance, type GateCase, type GateFinding, rolesOf } from "./gate-context.ts";
import { defaultPolicyAge, type RowRule } from "./practice-rows.ts";
import { endOf, spanMs, startOf } from "./span.ts";

/** How far a record got through the checks for a row: the one that got furthest tells what is missing. */
export interface RecordVerdict {
  readonly record: EvidenceRecord;
  /** How many checks it passed. */
  readonly passed: number;
  readonly fault?: GateFinding;
}

/** Checks one record for one row, in the order in which a person would ask. */
export function checkRecord(
  record: EvidenceRecord,
  row: string,
  rule: RowRule,
  authority: Authority,
  given: GateCase,
): RecordVerdict {
  const { evidence, file } = record;
  const fault = (name: GateFinding["rule"], fact: string): GateFinding => aboutFile(name, file, fact, row);
  const checks: readonly (() => GateFinding | undefined)[] = [
    () => (evidence.edition === given.catalogue.edition ? undefined : fault("sdl/unknown-edition", evidence.edition)),
    () =>
      rule.kinds.includes(evidence.kind)
        ? undefined
        : fault("G3-kind", `${evidence.kind}; counts: ${rule.kinds.join(", ")}`),
    () => bindingFault(record, rule, given, fault),
    () => (authority.fault === undefined ? undefined : { ...authority.fault, row }),
    () =>
      rule.roles.includes(evidence.role)
        ? undefined
        : fault("G6-role", `${evidence.role}; counts: ${rule.roles.join(", ")}`),
    () => independenceFault(record, rule, given, fault),
    () => ageFault(record, row, given, fault),
    () => scanFault(record, given, fault),
  ];
  for (const [passed, check] of checks.entries()) {
    const found = check();
    if (found !== undefined) return { record, passed, fault: found };
  }
  return { record, passed: checks.length };
}

type Fault = (name: GateFinding["rule"], fact: string) => GateFinding;

/** Release records name the images of the release and nothing else; process records name things that are as they were. */
export function bindingFault(
  record: EvidenceRecord,
  rule: Pick<RowRule, "scope">,
  given: GateCase,
  fault: Fault,
): GateFinding | undefined {
  const { scope } = record.evidence;
  if (rule.scope !== "either" && rule.scope !== scope)
    return fault("G5-digest", `bound to a ${scope}, needed: ${rule.scope}`);
  const release = given.chosen.value;
  if (scope === "release") {
    const named = new Set(record.subject.map(({ digest }) => digest.sha256));
    const missing = release.images.find(({ sha256 }) => !named.has(sha256));
    if (missing !== undefined)
      return fault("G5-digest", `${missing.name} ${missing.sha256.slice(0, 12)} is not among its subjects`);
    const allowed = new Set([...release.images.map(({ sha256 }) => sha256), release.manifest?.sha256 ?? ""]);
    const foreign = record.subject.find(({ digest }) => !allowed.has(digest.sha256 ?? "none"));
    return foreign === undefined ? undefined : fault("G5-digest", `${foreign.name} is no image of ${release.id}`);
  }
  for (const { name, digest } of record.subject) {
    if (digest.gitTree !== undefined) {
      if (digest.gitTree !== release.source.tree) return fault("G5-tree", digest.gitTree.slice(0, 12));
    } else if (digest.sha256 === undefined || given.files.get(name)?.sha256 !== digest.sha256)
      return fault("G5-document", name);
  }
  return undefined;
}

function independenceFault(
  { evidence }: EvidenceRecord,
  rule: RowRule,
  given: GateCase,
  fault: Fault,
): GateFinding | undefined {
  if (rule.independence === "none") return undefined;
  const { of } = evidence.independence;
  if (of.length === 0) return fault("G6-independence", "it does not say whose work was judged");
  const people = given.model.single.roles?.value.people ?? [];
  const unknown = of.find((person) => !people.some(({ id }) => id === person));
  if (unknown !== undefined) return fault("G6-independence", `${unknown} is nobody of roles.yaml`);
  if (of.includes(evidence.person)) return fault("G6-independence", `${evidence.person} judged own work`);
  if (rule.independence === "not-developer" && rolesOf(given.model, evidence.person).includes("developer")) {
    return fault("G6-independence", `${evidence.person} is a developer`);
  }
  return undefined;
}

/** How old the newest record of a row may be, in milliseconds; undefined for rows that go with the release alone. */
export function maxAgeOf(row: string, given: Pick<GateCase, "policy" | "catalogue">): number | undefined {
  const own = given.policy.value.max_age[row];
  if (own !== undefined) return spanMs(own);
  const standard = given.catalogue.processRows.get(row)?.defaultMaxAge ?? "release";
  if (standard === "release") return undefined;
  return spanMs(standard === "policy" ? defaultPolicyAge : standard);
}

function ageFault({ evidence }: EvidenceRecord, row: string, given: GateCase, fault: Fault): GateFinding | undefined {
  const produced = startOf(evidence.produced_at);
  // Asked so that a time that is none fails.
  if (!(produced <= given.now + clockTolerance)) return fault("G4-future", evidence.produced_at);
  if (!(endOf(evidence.valid_until) >= given.now)) return fault("G4-expired", `valid until ${evidence.valid_until}`);
  const limit = maxAgeOf(row, given);
  if (limit !== undefined && !(produced + limit >= given.now)) {
    return fault("G4-stale", `${evidence.produced_at}, at most ${Math.round(limit / 86_400_000)} days old`);
  }
  return undefined;
}

function scanFault({ evidence }: EvidenceRecord, given: GateCase, fault: Fault): GateFinding | undefined {
  const database = evidence.result.database_date;
  if (database === undefined) return undefined;
  if (!(startOf(database) <= startOf(evidence.produced_at) + clockTolerance))
    return fault("G4-future", `database of ${database}`);
  const limit = spanMs(given.policy.value.scan_database_max_age);
  // Measured at the time of the scan: how old the scan may be is another question.
  return !(startOf(database) + limit >= startOf(evidence.produced_at))
    ? fault("G4-scan-database", `of ${database}, at most ${given.policy.value.scan_database_max_age} old`)
    : undefined;
}
