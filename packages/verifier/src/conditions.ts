import { bytesToHex, equalBytes } from "@sumac/crypto";
import { type Condition, versionMatches } from "@sumac/suit";
import { type ComponentImages, compareImages } from "./component-images.ts";
import type { ComponentParameters } from "./component-parameters.ts";
import type { ImageExpectation } from "./plan.ts";
import type { Target } from "./program.ts";
import type { Identity, Recipient } from "./recipient.ts";
import type { Rejection } from "./rejection.ts";

/** `defer`: the time is judged in a later pass (trust.md asks for identity and rollback first). */
export type UseBeforePolicy = "defer" | { readonly now: bigint | undefined };

export interface ConditionFacts {
  readonly recipient: Recipient;
  readonly target: Target;
  readonly images: ComponentImages;
  readonly useBefore: UseBeforePolicy;
}

/** image-match becomes a step of the plan, dependency-integrity is the machine's. */
export type JudgedCondition = Exclude<Condition, "image-match" | "dependency-integrity">;

/**
 * Judges a condition by what is known before anything is done; undefined = it holds. A condition without its parameter
 * fails (suit.md 5, rule 4); one that nobody here can judge is refused as such.
 */
export function judgeCondition(
  condition: JudgedCondition,
  parameters: ComponentParameters,
  { recipient, target, images, useBefore }: ConditionFacts,
  offset: number,
): Rejection | undefined {
  const { known } = target;
  const anyDevice = recipient.components === "any";
  // Identifiers are scoped by component (draft-37): an MCU behind a gateway is of another class.
  const identity: Identity = known?.identity ?? recipient;
  const holdsIf = (holds: boolean): Rejection | undefined =>
    holds ? undefined : { code: "condition-failed", condition, offset };
  const stateUnknown: Rejection = { code: "component-state-unknown", component: target.key, condition, offset };

  switch (condition) {
    case "vendor-identifier":
      return oneOf(identity.vendorIds, parameters.vendorIdentifier, "wrong-vendor", offset);
    case "class-identifier":
      return oneOf(identity.classIds, parameters.classIdentifier, "wrong-class", offset);
    case "device-identifier":
      return oneOf(identity.deviceIds ?? [], parameters.deviceIdentifier, "wrong-device", offset);
    case "use-before":
      return judgeUseBefore(parameters.useBefore, useBefore, offset);
    case "component-slot": {
      const { componentSlot } = parameters;
      return holdsIf(componentSlot !== undefined && (anyDevice || known?.slot === componentSlot));
    }
    case "check-content": {
      if (parameters.content === undefined) return holdsIf(false);
      const bytes = images.bytes(target);
      return bytes === undefined ? stateUnknown : holdsIf(equalBytes(bytes, parameters.content));
    }
    case "image-not-match": {
      const expected = expectedImage(parameters);
      if (expected === undefined) return holdsIf(false);
      const comparison = compareImages(images.image(target), expected);
      return comparison === "unknown" ? stateUnknown : holdsIf(comparison === "different");
    }
    case "version": {
      if (parameters.version === undefined || anyDevice) return holdsIf(parameters.version !== undefined);
      const installed = known?.version;
      return installed === undefined ? stateUnknown : holdsIf(versionMatches(parameters.version, installed));
    }
    case "is-dependency":
      return holdsIf(target.dependency !== undefined);
    case "abort":
      return holdsIf(false);
  }
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
): Rejection | undefined {
  if (offered !== undefined && (known === "any" || known.some((id) => equalBytes(id, offered)))) return undefined;
  return { code, offered: offered === undefined ? "" : bytesToHex(offered), offset };
}

/** A clock that nobody trusts must not make an expired update pass, nor a fresh one fail silently (trust.md 4). */
function judgeUseBefore(useBefore: bigint | undefined, policy: UseBeforePolicy, offset: number): Rejection | undefined {
  if (useBefore === undefined) return { code: "condition-failed", condition: "use-before", offset };
  if (policy === "defer") return undefined;
  if (policy.now === undefined) return { code: "freshness-unknown", useBefore };
  // Both drafts: the current time has to be before it, so at that very second it is over.
  return policy.now >= useBefore ? { code: "expired", useBefore, now: policy.now } : undefined;
}
