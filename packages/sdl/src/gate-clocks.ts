import { about, clockTolerance, type GateCase, type GateFinding } from "./gate-context.ts";
import type { Issue } from "./model/defect.ts";
import { startOf } from "./span.ts";
import type { Located } from "./yaml-file.ts";

const moments = [
  "aware_at",
  "triaged_at",
  "decided_at",
  "fix_ready_at",
  "mitigation_at",
  "released_at",
  "notified_at",
] as const satisfies readonly (keyof Issue)[];
const reports = ["early_warning_at", "notification_at", "final_report_at"] as const;

/**
 * G4: what files say was done is not later than now. A moment of awareness that is still to come would stop every
 * clock of an issue, and a report that will be sent is not a report that was sent.
 */
export function judgeClocks(given: GateCase): GateFinding[] {
  const { many, updates } = given.model;
  const findings: GateFinding[] = [];
  const look = (
    file: Located<unknown>,
    path: readonly (string | number)[],
    time: string | undefined,
    row: string,
  ): void => {
    // Asked so that a time that is none fails.
    if (time !== undefined && !(startOf(time) <= given.now + clockTolerance))
      findings.push(about("G4-future", file.place(path), `${path.join(".")}: ${time}`, row));
  };
  for (const file of many.issue.values()) {
    for (const name of moments) look(file, [name], file.value[name], "DM-2");
    for (const name of reports) look(file, ["reports", name], file.value.reports[name], "DM-5");
  }
  for (const file of many.review.values()) {
    for (const name of ["held", "closed"] as const) look(file, [name], file.value[name], file.value.rows[0] ?? "SR-5");
  }
  for (const file of many.release.values()) look(file, ["shipped_at"], file.value.shipped_at, "SUM-4");
  const tried = updates.get(given.chosen.value.update)?.qualification;
  if (tried !== undefined) {
    const { regression, vulnerability_scan: scan, decided } = tried.value;
    look(tried, ["regression", "date"], regression.date, "SUM-1");
    look(tried, ["vulnerability_scan", "date"], scan.date, "SUM-1");
    look(tried, ["vulnerability_scan", "database"], scan.database, "SUM-1");
    look(tried, ["decided"], decided, "SUM-1");
  }
  return findings;
}
