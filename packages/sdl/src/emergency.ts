import type { Authority } from "./authority.ts";
import type { EvidenceRecord } from "./evidence-record.ts";
import { about, type GateCase, type GateFinding } from "./gate-context.ts";
import { bindingFault } from "./record-check.ts";
import type { RuleId } from "./rules.ts";
import { day, isoDay, startOf } from "./span.ts";

/** What was granted, for the report and for customers. */
export interface EmergencyGrant {
  readonly reason: string;
  readonly by: readonly string[];
  readonly due: string;
  readonly rows: readonly string[];
}

interface EmergencyVerdict {
  readonly open: readonly GateFinding[];
  readonly postponed: readonly GateFinding[];
  readonly granted?: EmergencyGrant;
}

/** Only what is lacking or old can wait; what is forged, of another image, or unsafe cannot. */
const postponable: readonly RuleId[] = [
  "G3-missing",
  "G3-documented-only",
  "G3-tests",
  "G4-stale",
  "G4-expired",
  "G4-threat-review",
  "G7-matrix-empty",
  "G7-compat-stale",
  "G7-compat-missing",
  "G9-guide-unreviewed",
  "G8-claim-unproven",
  "G8-below-target",
];
/** Without these a customer could not tell what was delivered, or by whom. */
const always: readonly string[] = ["SM-6", "SM-8", "SM-12", "SUM-2", "SUM-4"];

/**
 * The emergency path: an approval named `emergency-RELEASE` on these images, signed by a security lead and by another
 * person who is release manager. Its summary is the reason; what is postponed is due some days after it.
 */
export function judgeEmergency(
  given: GateCase,
  open: readonly GateFinding[],
  authorityOf: (record: EvidenceRecord) => Authority,
): EmergencyVerdict {
  const release = given.chosen;
  const refused = (fact: string): EmergencyVerdict => ({
    open: [about("emergency-refused", release.place(["id"]), fact, "SM-12"), ...open],
    postponed: [],
  });
  const record = given.records.find(
    ({ evidence }) => evidence.id === `emergency-${release.value.id}` && evidence.kind === "approval",
  );
  if (record === undefined) return refused(`no record emergency-${release.value.id}`);
  const bound = bindingFault(record, { scope: "release" }, given, (rule, fact) =>
    about(rule, release.place(["images"]), fact),
  );
  if (bound !== undefined) return refused("it approves other images");
  const { fault, signers } = authorityOf(record);
  if (fault !== undefined) return refused(`${fault.rule}: ${fault.about}`);
  const leads = signers.filter(({ roles }) => roles.includes("security-lead"));
  const managers = signers.filter(({ roles }) => roles.includes("release-manager"));
  if (!leads.some((lead) => managers.some((manager) => manager.id !== lead.id)))
    return refused("a security lead and a release manager must both sign");
  const approved = startOf(record.evidence.produced_at);
  const due = approved + given.policy.value.emergency_days * day;
  if (approved > given.now || due < given.now) return refused(`open from ${isoDay(approved)} to ${isoDay(due)}`);
  const postponed = open.filter(({ rule, row }) => postponable.includes(rule) && !always.includes(row ?? ""));
  return {
    open: open.filter((finding) => !postponed.includes(finding)),
    postponed: postponed.map((finding) => ({
      ...finding,
      rule: "emergency-open",
      about: `${finding.rule}: ${finding.about}, due ${isoDay(due)}`,
    })),
    granted: {
      reason: record.evidence.result.summary,
      by: signers.map(({ id }) => id).sort(),
      due: isoDay(due),
      rows: [...new Set(postponed.flatMap(({ row }) => (row === undefined ? [] : [row])))].sort(),
    },
  };
}
