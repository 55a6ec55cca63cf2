import { cvssClass } from "./cvss.ts";
import type { Complain, Names } from "./lint.ts";
import type { Issue } from "./model/defect.ts";
import { severityClasses } from "./model/vocabulary.ts";
import { startOf } from "./span.ts";
import type { Located } from "./yaml-file.ts";

/** The order in which the moments of an issue can come. */
const moments = ["aware_at", "triaged_at", "decided_at", "fix_ready_at", "released_at", "notified_at"] as const;

/** Which members a state cannot do without. */
const needed: Readonly<Record<Issue["state"], readonly (keyof Issue)[]>> = {
  new: [],
  triaged: ["triaged_at", "severity"],
  accepted: ["triaged_at", "severity", "decided_at", "decision", "decision_by"],
  fixed: ["triaged_at", "severity", "decided_at", "decision", "decision_by", "fix_ready_at"],
  released: ["triaged_at", "severity", "decided_at", "decision", "decision_by", "fix_ready_at", "released_at"],
  rejected: ["triaged_at", "decided_at", "decision_by", "rationale"],
};

export function lintIssue(file: Located<Issue>, names: Names, complain: Complain): void {
  const issue = file.value;
  for (const member of needed[issue.state]) {
    if (issue[member] === undefined) complain("sdl/issue-state", file, ["state"], `${issue.state} without ${member}`);
  }
  let before = Number.NEGATIVE_INFINITY;
  for (const moment of moments) {
    const text = issue[moment];
    if (text === undefined) continue;
    if (startOf(text) < before) complain("sdl/date-order", file, [moment], moment);
    before = Math.max(before, startOf(text));
  }
  if (issue.decision_by !== undefined && !names.people.has(issue.decision_by)) {
    complain("sdl/unknown-person", file, ["decision_by"], issue.decision_by);
  }
  if (issue.waiver !== undefined && !names.waivers.has(issue.waiver))
    complain("sdl/unknown-waiver", file, ["waiver"], issue.waiver);
  const notAffected = Object.values(issue.versions).includes("not_affected");
  if (notAffected && (issue.justification === undefined || issue.rationale === undefined)) {
    complain("sdl/justification", file, ["versions"], issue.id);
  }
  for (const version of Object.keys(issue.versions)) {
    if (!names.versions.has(version)) complain("sdl/unknown-version", file, ["versions", version], version);
  }
  if (issue.cvss === undefined) return;
  const scored = cvssClass(issue.cvss);
  if (scored === undefined) complain("sdl/cvss", file, ["cvss"], issue.cvss.slice(0, 40));
  else if (
    issue.severity !== undefined &&
    severityClasses.indexOf(issue.severity) > severityClasses.indexOf(scored.class)
  ) {
    complain(
      "sdl/cvss-class",
      file,
      ["severity"],
      `${issue.severity}, the vector gives ${scored.score} (${scored.class})`,
    );
  }
}
