import { bytesToHex, equalBytes } from "@sumac/crypto";
import type { Condition } from "@sumac/suit";
import { conditionLabel } from "@sumac/suit";
import type { ComponentParameters } from "./component-parameters.ts";
import type { Recipient, RecipientComponent } from "./recipient.ts";
import type { Rejection } from "./rejection.ts";

/** `defer`: the time is judged in a later pass (trust.md asks for identity and rollback first). */
export type UseBeforePolicy = "defer" | { readonly now: bigint | undefined };

export interface ConditionFacts {
  readonly recipient: Recipient;
  /** Undefined when the recipient stands for no device in particular. */
  readonly component: RecipientComponent | undefined;
  readonly useBefore: UseBeforePolicy;
}

/**
 * Judges a condition that depends only on who the recipient is and when it is; undefined = it holds. image-match is not
 * here: it becomes a step of the plan. A condition without its parameter fails (suit.md 5, rule 4).
 */
export function judgeCondition(
  condition: Exclude<Condition, "image-match">,
  parameters: ComponentParameters,
  facts: ConditionFacts,
  offset: number,
): Rejection | undefined {
  const { recipient } = facts;
  switch (condition) {
    case "vendor-identifier":
      return oneOf(recipient.vendorIds, parameters.vendorIdentifier, "wrong-vendor", offset);
    case "class-identifier":
      return oneOf(recipient.classIds, parameters.classIdentifier, "wrong-class", offset);
    case "device-identifier":
      return oneOf(recipient.deviceIds ?? [], parameters.deviceIdentifier, "wrong-device", offset);
    case "use-before":
      return judgeUseBefore(parameters.useBefore, facts.useBefore, offset);
    case "component-slot":
      if (parameters.componentSlot === undefined) return { code: "condition-failed", condition, offset };
      if (facts.component === undefined || facts.component.slot === parameters.componentSlot) return undefined;
      return { code: "condition-failed", condition, offset };
    case "check-content":
      return { code: "unsupported", field: condition, label: conditionLabel[condition], offset };
    case "abort":
      return { code: "condition-failed", condition, offset };
  }
}

function oneOf(
  known: "any" | readonly Uint8Array[],
  offered: Uint8Array | undefined,
  code: "wrong-vendor" | "wrong-class" | "wrong-device",
  offset: number,
): Rejection | undefined {
  if (offered !== undefined && (known === "any" || known.some((id) => equalBytes(id, offered)))) return undefined;
  return { code, offered: offered === undefined ? "" : bytesToHex(offered), offset };
}

/** A clock that nobody trusts must not make an expired update pass, nor a fresh one fail silently (trust.md 4). */
function judgeUseBefore(useBefore: bigint | undefined, policy: UseBeforePolicy, offset: number): Rejection | undefined {
  if (useBefore === undefined) return { code: "condition-failed", condition: "use-before", offset };
  if (policy === "defer") return undefined;
  if (policy.now === undefined) return { code: "freshness-unknown", useBefore };
  return policy.now > useBefore ? { code: "expired", useBefore, now: policy.now } : undefined;
}
