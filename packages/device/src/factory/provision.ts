import { err, ok, type Result } from "@sumac/cbor";
import { type Rejection, releaseTrust, type TrustRecord, verifyEnvelope } from "@sumac/verifier";
import type { DeviceParts } from "../device/boot-device.ts";
import { type ComponentsMisfit, misfit } from "../device/components-misfit.ts";
import { type ComponentsIncomplete, installPlan } from "../device/install-plan.ts";
import type { SlotName } from "../slots/slot.ts";
import { componentIdsOf, envelopeLimits, recipientFor, type SlotImage, slotImage } from "../slots/slot-check.ts";
import { type ImageSource, stageUpdate } from "../slots/stage-update.ts";
import type { DeviceIdentity, DeviceState, StoredTrust } from "../state/state.ts";
import { excessOf } from "../state/state-room.ts";
import type { StateProblem } from "../state/state-store.ts";
import { trustInForce, type UnusableTrustRecord } from "../trust/trust-in-force.ts";

/** What the factory puts into a device (EDR 3.12). */
export interface Factory extends FactoryRelease {
  readonly identity: DeviceIdentity;
  /** As `serializeTrustRecord` writes it. */
  readonly trustRecord: Uint8Array;
  /** Absent: the slot for a recovery image, if there is one, stays empty. */
  readonly recovery?: FactoryRelease;
}

/** Signed like every other release. */
export interface FactoryRelease {
  readonly envelope: Uint8Array;
  /** Asked for each payload that is not in the envelope, from its first byte. */
  fetch: ImageSource["fetch"];
}

export type ProvisionRefusal =
  | Rejection
  | ComponentsIncomplete
  | ComponentsMisfit
  /** A device is provisioned once; its floor must not start again. */
  | { readonly code: "already-provisioned" }
  | { readonly code: "state-unusable"; readonly problem: StateProblem }
  /** Trust record and identity leave no room for what has to be stored later; in bytes. */
  | { readonly code: "state-too-large"; readonly excess: number; readonly capacity: number }
  | UnusableTrustRecord;

export interface Provisioned {
  readonly image: SlotImage;
  readonly recovery?: SlotImage;
}

/** Once in a device's life. The state is written last: until then the device counts as not provisioned. */
export async function provisionDevice(
  parts: DeviceParts,
  factory: Factory,
): Promise<Result<Provisioned, ProvisionRefusal>> {
  const { slots, state, crypto } = parts;
  const reading = await state.read();
  if (reading.kind === "present") return err({ code: "already-provisioned" });
  if (reading.kind === "damaged") return err({ code: "state-unusable", problem: reading.problem });
  const misfitting = misfit(factory.identity, slots);
  if (misfitting !== undefined) return err(misfitting);
  const stored: StoredTrust = { vendor: { record: factory.trustRecord, sequence: 0n } };
  const trust = trustInForce(stored, crypto);
  if (!trust.ok) return trust;

  const put = (slot: SlotName, release: FactoryRelease): Promise<Result<SlotImage, ProvisionRefusal>> =>
    putRelease(parts, { slot, release, identity: factory.identity, trust: releaseTrust(trust.value) });
  const recovery = factory.recovery && (await put("recovery", factory.recovery));
  if (recovery?.ok === false) return recovery;
  const active = "a";
  const image = await put(active, factory);
  if (!image.ok) return image;
  const made: DeviceState = {
    floor: floorOf(image.value),
    ...(recovery === undefined ? {} : { recovery: floorOf(recovery.value) }),
    boot: { state: "idle", active, trials: [] },
    trust: stored,
    identity: factory.identity,
    lastTime: 0n,
  };
  const excess = excessOf(made, state.capacity);
  if (excess > 0) return err({ code: "state-too-large", excess, capacity: state.capacity });
  await state.write(made);
  return ok({ image: image.value, ...(recovery === undefined ? {} : { recovery: recovery.value }) });
}

const floorOf = ({ sequence, manifestDigest }: SlotImage) => ({ sequence, manifestDigest });

interface Putting {
  readonly slot: SlotName;
  readonly release: FactoryRelease;
  readonly identity: DeviceIdentity;
  readonly trust: TrustRecord;
}

async function putRelease(
  { slots, crypto }: DeviceParts,
  { slot, release, identity, trust }: Putting,
): Promise<Result<SlotImage, ProvisionRefusal>> {
  const update = verifyEnvelope(release.envelope, {
    crypto,
    trust,
    recipient: recipientFor(identity, slot, slots),
    installed: { floor: 0n },
    limits: envelopeLimits(slots),
  });
  if (!update.ok) return update;
  const plan = installPlan(update.value, componentIdsOf(slots, slot));
  if (!plan.ok) return plan;
  // The factory's streams begin at the first byte: nothing to resume.
  await slots.discard(slot);
  const { encoded: envelope } = update.value.envelope;
  const target = { slots, slot, envelope, plan: plan.value, crypto, beforeErase: async () => ok(undefined) };
  const staged = await stageUpdate<never>(target, release);
  return staged.ok ? ok(slotImage(update.value, slot, plan.value)) : staged;
}
