import { err, ok, type Result } from "@sumac/cbor";
import { equalBytes } from "@sumac/crypto";
import {
  type Operations,
  type Recipient,
  type Rejection,
  releaseTrust,
  trustComponents,
  type VerifiedUpdate,
  type VerifyContext,
  verifyEnvelope,
} from "@sumac/verifier";
import { otherSlot, type SlotName } from "../slots/slot.ts";
import { componentIdsOf, envelopeLimits, installedOf, recipientFor } from "../slots/slot-check.ts";
import { maxTrustRecordBytes } from "../trust/trust-update.ts";
import { trialsOf } from "./boot.ts";
import { type DeviceParts, maxTrialsOf, type Session } from "./boot-device.ts";
import type { ComponentSet } from "./component-set.ts";
import { type InstallPlan, installPlan } from "./install-plan.ts";
import type { DeviceRefusal, OfferConditions } from "./offer.ts";
import { type TrustedTime, verifyTime } from "./trusted-time.ts";

export interface OfferContext {
  readonly parts: DeviceParts;
  readonly session: Session;
  /** What the envelope says it is about. It only chooses who judges it: they verify all of it, that too. */
  readonly addressed: Exclude<ComponentSet, "trust-record">;
  readonly time: TrustedTime;
  readonly operations?: Operations;
  readonly override?: NonNullable<OfferConditions["override"]>;
}

export interface JudgedOffer {
  readonly set: "release" | "recovery";
  readonly update: VerifiedUpdate;
  readonly plan: InstallPlan;
}

/**
 * Checks 1 to 9 of trust.md for a release or a recovery image, and that the slots can carry the plan out. A set that
 * the device has no slot for is judged as a release, where its components are unknown.
 */
export function judgeOffer(envelope: Uint8Array, context: OfferContext): Result<JudgedOffer, DeviceRefusal> {
  const { parts, session, addressed, time } = context;
  const { slots, crypto } = parts;
  const { state, trust, mode } = session;
  const set = slots.recovery !== undefined && addressed === "recovery" ? "recovery" : "release";
  const slot = set === "recovery" ? set : otherSlot(state.boot.active);
  const update = verifyOrOverride(envelope, context, {
    crypto,
    trust: releaseTrust(trust),
    recipient: addressed === "mixed" ? everySet(context, slot) : recipientFor(state.identity, slot, slots),
    installed: installedOf(set === "recovery" ? state.recovery : state.floor),
    limits: envelopeLimits(slots),
    ...verifyTime(time),
  });
  if (!update.ok) return update;
  if (addressed === "mixed") return err({ code: "components-mixed" });
  if (set === "recovery" && mode === "recovery") return err({ code: "recovery-running" });
  const attempts = trialsOf(state.boot, update.value.manifestDigest.bytes);
  const limit = maxTrialsOf(parts);
  if (attempts >= limit) return err({ code: "trials-exhausted", attempts, limit });
  const plan = installPlan(update.value, componentIdsOf(slots, slot));
  return plan.ok ? ok({ set, update: update.value, plan: plan.value }) : plan;
}

/**
 * What the plant says may be overridden for one manifest. It is verified a second time, all of it: nothing but window and
 * interlock is asked otherwise, and for another manifest the first answer stands.
 */
function verifyOrOverride(
  envelope: Uint8Array,
  { operations, override }: OfferContext,
  context: VerifyContext,
): Result<VerifiedUpdate, Rejection> {
  const update = verifyEnvelope(envelope, { ...context, ...(operations === undefined ? {} : { operations }) });
  if (update.ok || override === undefined) return update;
  if (update.error.code !== "outside-window" && update.error.code !== "interlock") return update;
  const lifted = verifyEnvelope(envelope, { ...context, operations: override.operations });
  return lifted.ok && equalBytes(lifted.value.manifestDigest.bytes, override.manifestDigest) ? lifted : update;
}

/** A manifest of several sets is judged like one of the device's, so that only what is signed is called mixed. */
function everySet({ parts: { slots }, session: { state } }: OfferContext, slot: SlotName): Recipient {
  const release = recipientFor(state.identity, slot, slots);
  const recovery = slots.recovery && recipientFor(state.identity, "recovery", slots);
  const components = [release, recovery].flatMap((each) =>
    each === undefined || each.components === "any" ? [] : each.components,
  );
  for (const id of Object.values(trustComponents)) components.push({ id, maxSize: BigInt(maxTrustRecordBytes) });
  return { ...release, components };
}
