import { err, ok, type Result } from "@sumac/cbor";
import { parseTrustRecord, type Rejection, type TrustRecordRefusal, verifyEnvelope } from "@sumac/verifier";
import type { DeviceParts } from "./boot-device.ts";
import { installPlan } from "./install-plan.ts";
import { envelopeLimits, recipientFor, type SlotImage, slotImage } from "./slot-check.ts";
import { stageUpdate } from "./stage-update.ts";
import type { DeviceIdentity } from "./state.ts";
import type { StateProblem } from "./state-store.ts";

/** What the factory puts into a device (EDR 3.12). */
export interface Factory {
  readonly identity: DeviceIdentity;
  /** As `serializeTrustRecord` writes it. */
  readonly trustRecord: Uint8Array;
  /** The first release: signed like every other. */
  readonly envelope: Uint8Array;
  /** Not read if the payload is in the envelope. */
  readonly image: AsyncIterable<Uint8Array>;
}

export type ProvisionRefusal =
  | Rejection
  /** A device is provisioned once; its floor must not start again. */
  | { readonly code: "already-provisioned" }
  | { readonly code: "state-unusable"; readonly problem: StateProblem }
  | { readonly code: "trust-record-refused"; readonly problem: TrustRecordRefusal };

/** Once in a device's life. The state is written last: until then the device counts as not provisioned. */
export async function provisionDevice(
  { slots, state, crypto }: DeviceParts,
  factory: Factory,
): Promise<Result<SlotImage, ProvisionRefusal>> {
  const reading = await state.read();
  if (reading.kind === "present") return err({ code: "already-provisioned" });
  if (reading.kind === "damaged") return err({ code: "state-unusable", problem: reading.problem });
  const trust = parseTrustRecord(factory.trustRecord, crypto);
  if (!trust.ok) return err({ code: "trust-record-refused", problem: trust.error });

  const slot = "a";
  const update = verifyEnvelope(factory.envelope, {
    crypto,
    trust: trust.value,
    recipient: recipientFor(factory.identity, slot, slots),
    installed: { floor: 0n },
    limits: envelopeLimits(slots),
  });
  if (!update.ok) return update;
  const plan = installPlan(update.value);
  if (!plan.ok) return plan;

  // The factory's stream begins at the first byte: nothing to resume.
  await slots.discard(slot);
  const { envelope, manifest, manifestDigest } = update.value;
  const staged = await stageUpdate(
    { slots, slot, envelope: envelope.encoded, plan: plan.value, crypto },
    { fetch: () => factory.image },
  );
  if (!staged.ok) return staged;
  await state.write({
    floor: { sequence: manifest.sequenceNumber, manifestDigest: manifestDigest.bytes },
    boot: { state: "idle", active: slot, attempts: 0 },
    trustRecord: factory.trustRecord,
    identity: factory.identity,
    lastTime: 0n,
  });
  return ok(slotImage(update.value, slot, plan.value.expected));
}
