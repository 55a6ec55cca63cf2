import { described, gitId, id, instant, list, mapOf, oneOf, record, type Shape, text } from "./shape.ts";
import { type SeverityClass, severityClass, type VexState, vexState } from "./vocabulary.ts";

/** `.sdl/issues/<id>.yaml` (DM-1 to DM-5): one security issue from awareness to the news for users. */
export interface Issue {
  readonly id: string;
  readonly title: string;
  readonly source: "internal" | "researcher" | "customer" | "supplier" | "authority";
  readonly state: "new" | "triaged" | "accepted" | "fixed" | "released" | "rejected";
  /** The moment the vendor knew; every clock starts here. */
  readonly aware_at: string;
  readonly triaged_at?: string;
  readonly decided_at?: string;
  readonly fix_ready_at?: string;
  readonly released_at?: string;
  readonly notified_at?: string;
  readonly mitigation_at?: string;
  readonly severity?: SeverityClass;
  readonly cvss?: string;
  readonly cve?: string;
  readonly cwe?: string;
  readonly components: readonly string[];
  /** Version to its VEX state. */
  readonly versions: Readonly<Record<string, VexState>>;
  /** Needed with `not_affected`. */
  readonly justification?:
    | "component_not_present"
    | "vulnerable_code_not_present"
    | "vulnerable_code_not_in_execute_path"
    | "vulnerable_code_cannot_be_controlled_by_adversary"
    | "inline_mitigations_already_exist";
  readonly decision?: "fix" | "mitigate" | "accept" | "not-a-vulnerability" | "defer";
  readonly decision_by?: string;
  readonly rationale?: string;
  readonly fix_commit?: string;
  readonly root_cause?: string;
  readonly exploited: "yes" | "no" | "unknown";
  readonly exploitable_by_downgrade: "yes" | "no";
  readonly severe_incident: "yes" | "no";
  /** Reports to the authority (CRA article 14), as they were sent. */
  readonly reports: {
    readonly early_warning_at?: string;
    readonly notification_at?: string;
    readonly final_report_at?: string;
  };
  readonly waiver?: string;
}

export const issue: Shape<Issue> = record(
  {
    id,
    title: text,
    source: oneOf("internal", "researcher", "customer", "supplier", "authority"),
    state: oneOf("new", "triaged", "accepted", "fixed", "released", "rejected"),
    aware_at: described("the moment the vendor knew; every clock starts here", instant),
    components: list(text),
    versions: described("version to VEX state", mapOf(vexState)),
    exploited: oneOf("yes", "no", "unknown"),
    exploitable_by_downgrade: described("yes raises the floor: gate G10", oneOf("yes", "no")),
    severe_incident: oneOf("yes", "no"),
    reports: record({}, { early_warning_at: instant, notification_at: instant, final_report_at: instant }),
  },
  {
    triaged_at: instant,
    decided_at: instant,
    fix_ready_at: instant,
    released_at: instant,
    notified_at: instant,
    mitigation_at: instant,
    severity: severityClass,
    cvss: described("CVSS 4.0 vector", text),
    cve: { schema: { type: "string", pattern: "^CVE-[0-9]{4}-[0-9]{4,}$" } } as Shape<string>,
    cwe: { schema: { type: "string", pattern: "^CWE-[0-9]+$" } } as Shape<string>,
    justification: oneOf(
      "component_not_present",
      "vulnerable_code_not_present",
      "vulnerable_code_not_in_execute_path",
      "vulnerable_code_cannot_be_controlled_by_adversary",
      "inline_mitigations_already_exist",
    ),
    decision: oneOf("fix", "mitigate", "accept", "not-a-vulnerability", "defer"),
    decision_by: id,
    rationale: text,
    fix_commit: gitId,
    root_cause: text,
    waiver: id,
  },
);
