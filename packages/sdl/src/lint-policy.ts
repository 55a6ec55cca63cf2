import type { Catalogue } from "./catalogue.ts";
import type { Complain } from "./lint.ts";
import type { ProductModel } from "./product-model.ts";
import { spanMs } from "./span.ts";

/** The loosest a policy may be; docs/spec/sdl-rules.md prints them. Days unless the name says otherwise. */
export const policyLimits = {
  waiver_max_days: 180,
  emergency_days: 30,
  approvals: 2,
  scan_database_max_age: 30,
  threat_review_max_age: 365,
  triage_within: 30,
  mitigation_within: 7,
  max_age: 365,
  /** Rows whose subject moves by itself. */
  max_age_of_watching: 90,
  timeliness: { exploited: 30, critical: 90, high: 180, medium: 365, low: 1095 },
} as const;

const watching: readonly string[] = ["SM-9", "SVV-3", "SUM-3"];
const dayMs = 86_400_000;

export function lintPolicy(model: ProductModel, catalogue: Catalogue, complain: Complain): void {
  const file = model.single.policy;
  if (file === undefined) return;
  const policy = file.value;
  const tooLoose = (path: readonly string[], about: string): void =>
    complain("sdl/policy-too-loose", file, path, about);
  for (const name of ["waiver_max_days", "emergency_days"] as const) {
    if (policy[name] > policyLimits[name]) tooLoose([name], `${name} over ${policyLimits[name]}`);
  }
  if (policy.approvals < policyLimits.approvals) tooLoose(["approvals"], `approvals under ${policyLimits.approvals}`);
  for (const name of [
    "scan_database_max_age",
    "threat_review_max_age",
    "triage_within",
    "mitigation_within",
  ] as const) {
    if (spanMs(policy[name]) > policyLimits[name] * dayMs) tooLoose([name], `${name} over ${policyLimits[name]}d`);
  }
  for (const [row, span] of Object.entries(policy.max_age)) {
    if (!catalogue.processRows.has(row)) complain("sdl/unknown-row", file, ["max_age", row], row);
    const limit = watching.includes(row) ? policyLimits.max_age_of_watching : policyLimits.max_age;
    if (spanMs(span) > limit * dayMs) tooLoose(["max_age", row], `${row} over ${limit}d`);
  }
  for (const [name, limit] of Object.entries(policyLimits.timeliness)) {
    const span = policy.timeliness[name as keyof typeof policyLimits.timeliness];
    if (spanMs(span) > limit * dayMs) tooLoose(["timeliness", name], `${name} over ${limit}d`);
  }
  if (!(policy.timeliness_target >= 0.5 && policy.timeliness_target <= 1)) {
    tooLoose(["timeliness_target"], `timeliness_target ${policy.timeliness_target} is not 0.5 to 1`);
  }
  policy.documented_is_enough.forEach(({ row }, index) => {
    if (!catalogue.processRows.has(row)) complain("sdl/unknown-row", file, ["documented_is_enough", index, "row"], row);
  });
}
