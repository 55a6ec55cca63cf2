import { bytesToHex, equalBytes } from "@sumac/crypto";
import type { Condition } from "@sumac/suit";
import type { ComponentImages } from "./component-images.ts";
import type { ComponentParameters } from "./component-parameters.ts";
import { freshnessOf, type KnownTime, latest } from "./freshness.ts";
import type { ImageExpectation } from "./plan.ts";
import type { Target } from "./program.ts";
import type { Identity, Recipient } from "./recipient.ts";
import type { Rejection } from "./rejection.ts";

/** `defer`: the time is judged in a later pass (trust.md asks for identity and rollback first). */
export type UseBeforePolicy = "defer" | KnownTime;

export interface ConditionFacts {
  readonly recipient: Recipient;
  readonly target: Target;
  readonly images: ComponentImages;
  readonly useBefore: UseBeforePolicy;
  /** Those of extensions. */
  readonly conditions?: ConditionJudges | undefined;
}

/** image-match becomes a step of the plan, dependency-integrity is the machine's. */
export type JudgedCondition = Exclude<Condition, "image-match" | "dependency-integrity">;

/**
 * Judges a condition by what is known before anything is done. A condition without its parameter fails (suit.md 5, rule
 * 4); `unknown` = what lies in the component decides, and nobody said.
 */
type ConditionJudge = (
  parameters: ComponentParameters,
  facts: ConditionFacts,
  offset: number,
) => boolean | "unknown" | Rejection;

export type ConditionJudges = Readonly<Partial<Record<JudgedCondition, ConditionJudge>>>;

/** Identifiers are scoped by component (draft-37): an MCU behind a gateway is of another class. */
const identityOf = ({ target, recipient }: ConditionFacts): Identity => target.known?.identity ?? recipient;

/** Those of manifest-37, and `use-before`. */
const coreConditions: ConditionJudges = {
  "vendor-identifier": ({ vendorIdentifier }, facts, offset) =>
    oneOf(identityOf(facts).vendorIds, vendorIdentifier, "wrong-vendor", offset),
  "class-identifier": ({ classIdentifier }, facts, offset) =>
    oneOf(identityOf(facts).classIds, classIdentifier, "wrong-class", offset),
  "device-identifier": ({ deviceIdentifier }, facts, offset) =>
    oneOf(identityOf(facts).deviceIds ?? [], deviceIdentifier, "wrong-device", offset),
  // A clock that nobody trusts must not make an expired update pass, nor a fresh one fail silently (trust.md 4).
  "use-before": ({ useBefore }, { useBefore: policy }) => {
    if (useBefore === undefined || policy === "defer") return useBefore !== undefined;
    switch (freshnessOf(useBefore, policy)) {
      case "fresh":
        return true;
      case "expired":
        return { code: "expired", useBefore, now: latest(policy) };
      case "unknown":
        return { code: "freshness-unknown", useBefore };
    }
  },
  "component-slot": ({ componentSlot }, { recipient, target }) =>
    componentSlot !== undefined && (recipient.components === "any" || target.known?.slot === componentSlot),
  "check-content": ({ content }, { images, target }) => {
    const bytes = content && images.bytes(target);
    return content !== undefined && (bytes === undefined ? "unknown" : equalBytes(bytes, content));
  },
  abort: () => false,
};

/** Undefined = it holds. A condition that nobody here can judge is refused as such, never passed over. */
export function judgeCondition(
  condition: JudgedCondition,
  parameters: ComponentParameters,
  facts: ConditionFacts,
  offset: number,
): Rejection | undefined {
  const judge = coreConditions[condition] ?? facts.conditions?.[condition];
  const answer = judge === undefined ? "unknown" : judge(parameters, facts, offset);
  if (answer === true) return undefined;
  if (answer === false) return { code: "condition-failed", condition, offset };
  if (answer !== "unknown") return answer;
  return { code: "component-state-unknown", component: facts.target.key, condition, offset };
}

/** What image-match compares with; undefined = no digest was set, so that it fails. */
export function expectedImage({ imageDigest, imageSize }: ComponentParameters): ImageExpectation | undefined {
  return imageDigest && { digest: imageDigest, ...(imageSize !== undefined && { size: imageSize }) };
}

function oneOf(
  known: "any" | readonly Uint8Array[],
  offered: Uint8Array | undefined,
  code: "wrong-vendor" | "wrong-class" | "wrong-device",
  offset: number,
): true | Rejection {
  if (offered !== undefined && (known === "any" || known.some((id) => equalBytes(id, offered)))) return true;
  return { code, offered: offered === undefined ? "" : bytesToHex(offered), offset };
}
