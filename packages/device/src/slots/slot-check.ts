import { err, ok, type Result } from "@sumac/cbor";
import type { Crypto } from "@sumac/crypto";
import { type ComponentId, componentKey, defaultLimits, type Limits, type SuitDigest } from "@sumac/suit";
import {
  bootTrust,
  type Installed,
  matchSlot,
  type Recipient,
  type Rejection,
  type TrustParts,
  type TrustRecord,
  type VerifiedUpdate,
  verifyEnvelope,
} from "@sumac/verifier";
import { type ComponentsIncomplete, type InstallPlan, installPlan } from "../device/install-plan.ts";
import type { DeviceIdentity, DeviceState, Floor } from "../state/state.ts";
import { slotLabel } from "../state/state-labels.ts";
import { Unavailable, type UnavailableCode } from "../unavailable.ts";
import type { SlotName } from "./slot.ts";
import { componentsOf, type Slots } from "./slots.ts";

/** A slot that may run here: signed, meant for this device, whole, and not below the floor. */
export interface SlotImage {
  readonly slot: SlotName;
  readonly sequence: bigint;
  readonly manifestDigest: Uint8Array;
  /** In the order of the slot's components. */
  readonly images: readonly ComponentImage[];
  /** What the manifest's text calls it; for people only. */
  readonly version?: string;
}

export interface ComponentImage {
  readonly component: ComponentId;
  readonly digest: SuitDigest;
  /** Bytes. */
  readonly size: number;
}

/** Why the images of a slot may not run. */
export type SlotProblem =
  | Rejection
  | ComponentsIncomplete
  | TrialsExhausted
  | { readonly code: "slot-empty" }
  | { readonly code: "slot-unsealed" }
  | { readonly code: "slot-damaged" }
  | { readonly code: "slot-unreadable"; readonly fault: UnavailableCode };

/** The manifest was tried as often as the device allows, and never confirmed. */
export interface TrialsExhausted {
  readonly code: "trials-exhausted";
  readonly attempts: number;
  readonly limit: number;
}

/** What a device checks a slot against. */
export interface Judge {
  readonly crypto: Crypto;
  readonly trust: TrustRecord;
  readonly identity: DeviceIdentity;
  /** Of the set that belongs into the slot; absent = it never had one. */
  readonly floor: Floor | undefined;
}

/** As a boot judges this slot, under the trust record of now. */
export const bootJudge = (
  slot: SlotName,
  { identity, floor, recovery }: Pick<DeviceState, "identity" | "floor" | "recovery">,
  trust: TrustParts,
  crypto: Crypto,
): Judge => ({ crypto, trust: bootTrust(trust), identity, floor: slot === "recovery" ? recovery : floor });

/** An image that was accepted once does not stop booting because a date has passed: time is no condition of a boot. */
const beforeEveryExpiry = 0n;

/**
 * The check of every boot (EDR 3.14 RE 1): the envelope beside the images is verified again under the trust record of
 * today, and each image as it lies in the slot is digested again.
 */
export async function checkSlot(slots: Slots, slot: SlotName, judge: Judge): Promise<Result<SlotImage, SlotProblem>> {
  try {
    const judged = await judgeStoredEnvelope(slots, slot, judge);
    if (!judged.ok) return judged;
    const { update, plan } = judged.value;
    for (const [i, { expected }] of plan.images.entries()) {
      const matched = await matchSlot(slots.read(slot, i, Number(expected.size)), expected, judge.crypto);
      if (!matched.ok) return matched;
    }
    return ok(slotImage(update, slot, plan));
  } catch (fault) {
    // A slot that cannot be read is one that cannot run; the other one may.
    if (fault instanceof Unavailable) return err({ code: "slot-unreadable", fault: fault.code });
    throw fault;
  }
}

export interface StoredEnvelope {
  readonly update: VerifiedUpdate;
  readonly plan: InstallPlan;
}

/** All of the check but the bytes of the images. Throws `Unavailable` where the slot cannot be read. */
export async function judgeStoredEnvelope(
  slots: Slots,
  slot: SlotName,
  judge: Judge,
): Promise<Result<StoredEnvelope, SlotProblem>> {
  const content = await slots.inspect(slot);
  if (content.state === "empty") return err({ code: "slot-empty" });
  if (content.state === "partial") return err({ code: "slot-unsealed" });
  if (content.state === "damaged") return err({ code: "slot-damaged" });
  const update = verifyStoredEnvelope(content.envelope, slots, slot, judge);
  if (!update.ok) return update;
  const plan = installPlan(update.value, componentIdsOf(slots, slot));
  if (!plan.ok) return plan;
  // Also bounds the reads: the sizes come from the signed manifest, the slot only has to agree.
  const fits = plan.value.images.every(({ expected }, i) => BigInt(content.imageSizes[i] ?? -1) === expected.size);
  return fits ? ok({ update: update.value, plan: plan.value }) : err({ code: "slot-damaged" });
}

/** Whether a boot would accept the envelope; what else lies in the slot is not looked at. */
export const verifyStoredEnvelope = (
  envelope: Uint8Array,
  slots: Slots,
  slot: SlotName,
  judge: Judge,
): Result<VerifiedUpdate, Rejection> =>
  verifyEnvelope(envelope, {
    crypto: judge.crypto,
    trust: judge.trust,
    recipient: recipientFor(judge.identity, slot, slots),
    installed: installedOf(judge.floor),
    now: beforeEveryExpiry,
    limits: envelopeLimits(slots),
  });

export function slotImage(update: VerifiedUpdate, slot: SlotName, plan: InstallPlan): SlotImage {
  const version = versionOf(update);
  return {
    slot,
    sequence: update.manifest.sequenceNumber,
    manifestDigest: update.manifestDigest.bytes,
    images: plan.images.map(({ component, expected: { digest, size } }) => ({ component, digest, size: Number(size) })),
    ...(version === undefined ? {} : { version }),
  };
}

/** The device as an update of the slot's set may address it: this slot is where the images would run. */
export const recipientFor = (identity: DeviceIdentity, slot: SlotName, slots: Slots): Recipient => ({
  vendorIds: identity.vendorIds,
  classIds: identity.classIds,
  ...(identity.deviceId === undefined ? {} : { deviceIds: [identity.deviceId] }),
  components: componentsOf(slots, slot).map(({ id, capacity }) => ({
    id,
    maxSize: BigInt(capacity),
    slot: BigInt(slotLabel[slot]),
  })),
});

export const componentIdsOf = (slots: Slots, slot: SlotName): readonly ComponentId[] =>
  componentsOf(slots, slot).map(({ id }) => id);

/** A set that was never installed has nothing to fall below. */
export const installedOf = (floor: Floor | undefined): Installed =>
  floor === undefined ? { floor: 0n } : { floor: floor.sequence, manifestDigest: floor.manifestDigest };

/** An envelope that does not fit beside its images is refused before it is looked at. */
export const envelopeLimits = (slots: Slots): Limits => ({
  ...defaultLimits,
  maxBytes: Math.min(defaultLimits.maxBytes, slots.envelopeCapacity),
});

/** The first language decides; text never takes part in a decision (suit.md 2.2). */
function versionOf({ manifest, members }: VerifiedUpdate): string | undefined {
  const [component] = manifest.components;
  if (component === undefined) return undefined;
  const texts = members.text?.languages[0]?.components ?? [];
  return texts.find((text) => componentKey(text.component) === componentKey(component))?.version;
}
