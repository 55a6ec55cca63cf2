import type { Issue } from "./model/defect.ts";
import type { Policy } from "./model/policy.ts";
import type { SeverityClass } from "./model/vocabulary.ts";
import { day, spanMs, startOf } from "./span.ts";

/** One duty with a deadline. */
export interface Deadline {
  readonly issue: string;
  readonly duty:
    | "triage"
    | "mitigation"
    | "release"
    | "cra-early-warning"
    | "cra-notification"
    | "cra-final-report"
    | "tell-users";
  /** Whose rule it is. */
  readonly source: "policy" | "CRA 14(1)-(2)" | "CRA 14(3)-(4)" | "CRA 14(8)";
  readonly due: number;
  readonly done?: number;
  /** `late`: done after its time; `missed`: not done and over. */
  readonly state: "open" | "met" | "late" | "missed";
}

const hour = 3_600_000;

/** The class an issue counts as: what is exploited is exploited, whatever its score. */
export const classOf = (issue: Issue): SeverityClass | undefined =>
  issue.exploited === "yes" ? "exploited" : issue.severity;

/**
 * Every deadline of an issue. The reports of CRA article 14: for an exploited vulnerability 24 h, 72 h, and 14 days
 * after a fix or mitigation is there; for a severe incident the last within one month after the 72 h report.
 */
export function deadlinesOf(issue: Issue, policy: Policy, now: number): readonly Deadline[] {
  const aware = startOf(issue.aware_at);
  const deadlines: Deadline[] = [];
  const add = (duty: Deadline["duty"], source: Deadline["source"], due: number, doneAt: string | undefined): void => {
    const done = doneAt === undefined ? undefined : startOf(doneAt);
    const state = done === undefined ? (now > due ? "missed" : "open") : done > due ? "late" : "met";
    deadlines.push({ issue: issue.id, duty, source, due, ...(done === undefined ? {} : { done }), state });
  };
  add("triage", "policy", aware + spanMs(policy.triage_within), issue.triaged_at);
  const { reports } = issue;
  const incident = issue.severe_incident === "yes";
  if (issue.exploited === "yes" || incident) {
    const source = incident ? "CRA 14(3)-(4)" : "CRA 14(1)-(2)";
    add("cra-early-warning", source, aware + 24 * hour, reports.early_warning_at);
    add("cra-notification", source, aware + 72 * hour, reports.notification_at);
    const remedied = [issue.fix_ready_at, issue.mitigation_at].filter((text) => text !== undefined).map(startOf);
    if (incident)
      add(
        "cra-final-report",
        source,
        oneMonthAfter(startOf(reports.notification_at ?? new Date(aware + 72 * hour).toISOString())),
        reports.final_report_at,
      );
    else if (remedied.length > 0)
      add("cra-final-report", source, Math.min(...remedied) + 14 * day, reports.final_report_at);
  }
  if (issue.state === "rejected" || issue.decision === "not-a-vulnerability" || issue.decision === "accept")
    return deadlines;
  const severity = classOf(issue);
  if (issue.exploited === "yes")
    add(
      "mitigation",
      "policy",
      aware + spanMs(policy.mitigation_within),
      issue.mitigation_at ?? issue.fix_ready_at ?? issue.released_at,
    );
  if (severity !== undefined) add("release", "policy", aware + spanMs(policy.timeliness[severity]), issue.released_at);
  if (issue.released_at !== undefined)
    add("tell-users", "CRA 14(8)", startOf(issue.released_at) + 3 * day, issue.notified_at);
  return deadlines;
}

/** The same day of the next month, or its last day. */
function oneMonthAfter(ms: number): number {
  const from = new Date(ms);
  const next = new Date(ms);
  next.setUTCMonth(from.getUTCMonth() + 1);
  return next.getUTCDate() === from.getUTCDate() ? next.getTime() : next.setUTCDate(0);
}

/** How fast issues became releases. */
export interface Timeliness {
  readonly class: SeverityClass;
  readonly issues: number;
  readonly inTime: number;
  readonly missed: number;
  /** Days from awareness to release, of those released. */
  readonly median?: number;
  readonly p90?: number;
}

export function timelinessOf(issues: readonly Issue[], policy: Policy, now: number): readonly Timeliness[] {
  const classes: readonly SeverityClass[] = ["exploited", "critical", "high", "medium", "low"];
  return classes.flatMap((severity) => {
    const own = issues.filter((issue) => classOf(issue) === severity);
    const clocks = own.flatMap((issue) => deadlinesOf(issue, policy, now).filter(({ duty }) => duty === "release"));
    if (clocks.length === 0) return [];
    const days = own
      .flatMap(({ aware_at, released_at }) =>
        released_at === undefined ? [] : [(startOf(released_at) - startOf(aware_at)) / day],
      )
      .sort((a, b) => a - b);
    const at = (share: number): number | undefined => {
      const value = days[Math.min(days.length - 1, Math.ceil(share * days.length) - 1)];
      return value === undefined ? undefined : Math.round(value * 10) / 10;
    };
    const median = at(0.5);
    const p90 = at(0.9);
    return [
      {
        class: severity,
        issues: clocks.length,
        inTime: clocks.filter(({ state }) => state === "met").length,
        missed: clocks.filter(({ state }) => state === "missed" || state === "late").length,
        ...(median === undefined ? {} : { median }),
        ...(p90 === undefined ? {} : { p90 }),
      },
    ];
  });
}
