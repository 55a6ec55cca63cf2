import { about, type GateCase, type GateFinding } from "./gate-context.ts";
import { classOf, deadlinesOf, timelinessOf } from "./issue-clock.ts";
import type { Issue } from "./model/defect.ts";
import { severityClasses } from "./model/vocabulary.ts";
import { isoDay } from "./span.ts";

/** G7, the part of issues: open ones at or over the threshold, clocks, and news for users (DM-2 to DM-5, SM-11, SUM-5). */
export function judgeIssues(given: GateCase): GateFinding[] {
  const policy = given.policy.value;
  const threshold = severityClasses.indexOf(policy.blocking_severity);
  const findings: GateFinding[] = [];
  for (const file of given.model.many.issue.values()) {
    const issue = file.value;
    const severity = classOf(issue);
    // Nobody knows yet how bad it is: it counts as bad.
    const blocking = severity === undefined || severityClasses.indexOf(severity) <= threshold;
    if (blocking && isOpenIn(issue, given.chosen.value.version)) {
      findings.push({
        ...about("G7-issue-open", file.place(["state"]), `${issue.id} (${severity ?? "not triaged"})`, "SM-11"),
        waivable: `issue:${issue.id}`,
      });
    }
    for (const { duty, state, due } of deadlinesOf(issue, policy, given.now)) {
      if (state !== "missed") continue;
      const fact = `${issue.id}: ${duty} was due ${isoDay(due)}`;
      if (duty === "triage") findings.push(about("G7-issue-untriaged", file.place(["aware_at"]), fact, "DM-2"));
      if (duty.startsWith("cra-")) findings.push(about("G7-issue-report", file.place(["reports"]), fact, "DM-5"));
      if (duty === "tell-users") findings.push(about("G7-issue-users", file.place(["released_at"]), fact, "DM-5"));
    }
  }
  return [...findings, ...judgeTimeliness(given)];
}

/** VEX state of this version; without one an issue is open until it is rejected or fixed. */
function isOpenIn(issue: Issue, version: string): boolean {
  if (issue.state === "rejected") return false;
  const state = issue.versions[version];
  if (state === "fixed" || state === "not_affected") return false;
  return state !== undefined || !(issue.state === "fixed" || issue.state === "released");
}

function judgeTimeliness(given: GateCase): GateFinding[] {
  const policy = given.policy.value;
  const issues = [...given.model.many.issue.values()].map(({ value }) => value);
  const classes = timelinessOf(issues, policy, given.now);
  const total = classes.reduce((sum, { inTime, missed }) => sum + inTime + missed, 0);
  const inTime = classes.reduce((sum, entry) => sum + entry.inTime, 0);
  if (total === 0 || inTime / total >= policy.timeliness_target) return [];
  return [
    about(
      "G7-timeliness",
      given.policy.place(["timeliness_target"]),
      `${inTime} of ${total} in time, wanted ${policy.timeliness_target}`,
      "SUM-5",
    ),
  ];
}
