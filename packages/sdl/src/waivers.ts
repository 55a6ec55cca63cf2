import { about, clockTolerance, type GateCase, type GateFinding, rolesOf } from "./gate-context.ts";
import type { Waiver } from "./model/analysis.ts";
import { neverWaived } from "./practice-rows.ts";
import type { RuleId } from "./rules.ts";
import { endOf, startOf } from "./span.ts";
import type { Located } from "./yaml-file.ts";

/** Faults that no waiver covers: they say that something is not what it seems, not that something is lacking. */
const beyondWaiver: readonly RuleId[] = [
  "G6-signature",
  "G6-unknown-key",
  "G6-unsigned",
  "G6-key-revoked",
  "G6-key-storage",
  "G6-person",
  "G4-future",
];

export type WaiverAnswer =
  | { readonly kind: "none" }
  | { readonly kind: "waived"; readonly waiver: Waiver }
  /** There is one, and it does not hold. */
  | { readonly kind: "refused"; readonly finding: GateFinding };

/** Whether a waiver covers this finding, by its row or by the issue or cell it is about. */
export function waiverFor(finding: GateFinding, given: GateCase): WaiverAnswer {
  const covers = [finding.row, finding.waivable].filter((name) => name !== undefined);
  const files = [...given.model.many.waiver.values()].filter(({ value }) => covers.includes(value.covers));
  const answers = files.map((file) => ({ file, flaw: flawOf(file, finding, given) }));
  const good = answers.find(({ flaw }) => flaw === undefined);
  if (good !== undefined) return { kind: "waived", waiver: good.file.value };
  const [bad] = answers;
  return bad?.flaw === undefined ? { kind: "none" } : { kind: "refused", finding: bad.flaw };
}

function flawOf(file: Located<Waiver>, finding: GateFinding, given: GateCase): GateFinding | undefined {
  const { covers, approver, approved, expires, releases, id } = file.value;
  const refuse = (rule: RuleId, path: readonly string[], fact: string): GateFinding =>
    about(rule, file.place(path), fact, finding.row);
  if (neverWaived.includes(covers) || beyondWaiver.includes(finding.rule))
    return refuse("G7-waiver-forbidden", ["covers"], `${covers}: ${finding.rule}`);
  if (!(startOf(approved) <= given.now + clockTolerance))
    return refuse("G7-waiver-future", ["approved"], `${id}: ${approved}`);
  if (!(endOf(expires) >= given.now)) return refuse("G7-waiver-expired", ["expires"], `${id}: ${expires}`);
  if (releases.length > 0 && !releases.includes(given.chosen.value.id))
    return refuse("G7-waiver-release", ["releases"], `${id}: ${releases.join(", ")}`);
  const may = rolesOf(given.model, approver).some((role) => role === "security-lead" || role === "product-owner");
  return may ? undefined : refuse("G7-waiver-role", ["approver"], `${id}: ${approver}`);
}
