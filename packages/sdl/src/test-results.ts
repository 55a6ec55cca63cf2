import type { Authority } from "./authority.ts";
import type { EvidenceRecord } from "./evidence-record.ts";
import { about, aboutFile, clockTolerance, type GateCase, type GateFinding } from "./gate-context.ts";
import { sdlFolder } from "./product-model.ts";
import { bindingFault } from "./record-check.ts";
import { endOf, startOf } from "./span.ts";

/** Believable release-scoped records about these very images: what claims and traces may lean on. */
export function recordsOfImages(
  given: GateCase,
  authorityOf: (record: EvidenceRecord) => Authority,
): readonly EvidenceRecord[] {
  return given.records.filter((record) => {
    const { evidence } = record;
    const bound = bindingFault(record, { scope: "release" }, given, (rule, fact) => aboutFile(rule, record.file, fact));
    const timely =
      startOf(evidence.produced_at) <= given.now + clockTolerance && endOf(evidence.valid_until) >= given.now;
    return bound === undefined && timely && authorityOf(record).fault === undefined;
  });
}

/** Test ids to their last outcome on these images; skipped is not passed. */
export function testOutcomes(records: readonly EvidenceRecord[]): ReadonlyMap<string, "passed" | "failed" | "skipped"> {
  const outcomes = new Map<string, { readonly at: number; readonly outcome: "passed" | "failed" | "skipped" }>();
  for (const { evidence } of records) {
    if (evidence.kind !== "test" || !["tester", "build-system"].includes(evidence.role)) continue;
    const at = startOf(evidence.produced_at);
    for (const [id, outcome] of Object.entries(evidence.result.tests ?? {})) {
      const before = outcomes.get(id);
      // At the same moment the worse one counts.
      if (before === undefined || at > before.at || (at === before.at && before.outcome === "passed"))
        outcomes.set(id, { at, outcome });
    }
  }
  return new Map([...outcomes].map(([id, { outcome }]) => [id, outcome]));
}

/** SVV-1: every requirement's tests passed. SVV-2: every mitigated threat has tests, and they passed. */
export function judgeTraces(given: GateCase, outcomes: ReadonlyMap<string, string>): GateFinding[] {
  const findings: GateFinding[] = [];
  for (const file of given.model.many.requirement.values()) {
    file.value.tests.forEach((test, index) => {
      if (outcomes.get(test) !== "passed")
        findings.push(
          about("G3-tests", file.place(["tests", index]), `${test}: ${outcomes.get(test) ?? "not run"}`, "SVV-1"),
        );
    });
  }
  for (const file of given.model.many.threat.values()) {
    const { tests, treatment, id } = file.value;
    if (treatment === "mitigate" && tests.length === 0)
      findings.push(about("G3-tests", file.place(["tests"]), `${id}: no test`, "SVV-2"));
    tests.forEach((test, index) => {
      if (outcomes.get(test) !== "passed")
        findings.push(
          about("G3-tests", file.place(["tests", index]), `${test}: ${outcomes.get(test) ?? "not run"}`, "SVV-2"),
        );
    });
  }
  return findings;
}

/** G4 for the threat model: reviewed in time, and since the last change of an interface (SR-2). */
export function judgeThreatReviews(given: GateCase, limitMs: number): GateFinding[] {
  const changed = given.model.single.interfaces?.value.changed;
  const findings: GateFinding[] = [];
  if (given.model.many.threat.size === 0)
    findings.push(aboutFile("G4-threat-review", `${sdlFolder}/threats`, "there is no threat", "SR-2"));
  for (const file of given.model.many.threat.values()) {
    const { reviewed, id } = file.value;
    const place = file.place(["reviewed"]);
    if (startOf(reviewed) > given.now + clockTolerance)
      findings.push(about("G4-future", place, `${id}: ${reviewed}`, "SR-2"));
    else if (endOf(reviewed) + limitMs < given.now)
      findings.push(about("G4-threat-review", place, `${id}: ${reviewed}`, "SR-2"));
    else if (changed !== undefined && startOf(reviewed) < startOf(changed))
      findings.push(about("G4-threat-review", place, `${id}: interfaces changed ${changed}`, "SR-2"));
  }
  return findings;
}
