import { err, ok, type Result } from "@sumac/cbor";
import type { Crypto } from "@sumac/crypto";
import { componentKey, defaultLimits, type Limits, type SuitDigest } from "@sumac/suit";
import {
  matchSlot,
  type Recipient,
  type Rejection,
  type TrustRecord,
  type VerifiedUpdate,
  verifyEnvelope,
} from "@sumac/verifier";
import { installPlan } from "./install-plan.ts";
import type { SlotName } from "./slot.ts";
import type { Slots } from "./slots.ts";
import type { DeviceIdentity, Floor } from "./state.ts";
import { slotLabel } from "./state-labels.ts";
import { Unavailable, type UnavailableCode } from "./unavailable.ts";

/** An image that may run here: signed, meant for this device, whole, and not below the floor. */
export interface SlotImage {
  readonly slot: SlotName;
  readonly sequence: bigint;
  readonly manifestDigest: Uint8Array;
  readonly imageDigest: SuitDigest;
  /** Bytes. */
  readonly size: number;
  /** What the manifest's text calls it; for people only. */
  readonly version?: string;
}

/** Why the image of a slot may not run. */
export type SlotProblem =
  | Rejection
  | { readonly code: "slot-empty" }
  | { readonly code: "slot-unsealed" }
  | { readonly code: "slot-damaged" }
  | { readonly code: "slot-unreadable"; readonly fault: UnavailableCode };

/** What a device checks images against. */
export interface Judge {
  readonly crypto: Crypto;
  readonly trust: TrustRecord;
  readonly identity: DeviceIdentity;
  readonly floor: Floor;
}

/** An image that was accepted once does not stop booting because a date has passed: time is no condition of a boot. */
const beforeEveryExpiry = 0n;

/**
 * The check of every boot (EDR 3.14 RE 1): the envelope beside the image is verified again under the trust record of
 * today, and the image as it lies in the slot is digested again.
 */
export async function checkSlot(slots: Slots, slot: SlotName, judge: Judge): Promise<Result<SlotImage, SlotProblem>> {
  try {
    const content = await slots.inspect(slot);
    if (content.state === "empty") return err({ code: "slot-empty" });
    if (content.state === "partial") return err({ code: "slot-unsealed" });
    if (content.state === "damaged") return err({ code: "slot-damaged" });
    const update = verifyEnvelope(content.envelope, {
      crypto: judge.crypto,
      trust: judge.trust,
      recipient: recipientFor(judge.identity, slot, slots),
      installed: { floor: judge.floor.sequence, manifestDigest: judge.floor.manifestDigest },
      now: beforeEveryExpiry,
      limits: envelopeLimits(slots),
    });
    if (!update.ok) return update;
    const plan = installPlan(update.value);
    if (!plan.ok) return plan;
    const { expected } = plan.value;
    // Also bounds the read: the size comes from the signed manifest, the slot only has to agree.
    if (BigInt(content.imageSize) !== expected.size) return err({ code: "slot-damaged" });
    const matched = await matchSlot(slots.read(slot, content.imageSize), expected, judge.crypto);
    return matched.ok ? ok(slotImage(update.value, slot, expected)) : matched;
  } catch (fault) {
    // A slot that cannot be read is one that cannot run; the other one may.
    if (fault instanceof Unavailable) return err({ code: "slot-unreadable", fault: fault.code });
    throw fault;
  }
}

export function slotImage(
  update: VerifiedUpdate,
  slot: SlotName,
  expected: { readonly digest: SuitDigest; readonly size: bigint },
): SlotImage {
  const version = versionOf(update);
  return {
    slot,
    sequence: update.manifest.sequenceNumber,
    manifestDigest: update.manifestDigest.bytes,
    imageDigest: expected.digest,
    size: Number(expected.size),
    ...(version === undefined ? {} : { version }),
  };
}

/** The device as an update may address it. `slot` is where the image would run. */
export const recipientFor = (identity: DeviceIdentity, slot: SlotName, slots: Slots): Recipient => ({
  vendorIds: identity.vendorIds,
  classIds: identity.classIds,
  ...(identity.deviceId === undefined ? {} : { deviceIds: [identity.deviceId] }),
  components: [{ id: identity.component, maxSize: BigInt(slots.imageCapacity), slot: BigInt(slotLabel[slot]) }],
});

/** An envelope that does not fit beside its image is refused before it is looked at. */
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
