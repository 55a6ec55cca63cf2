import { type Crypto, equalBytes } from "@sumac/crypto";
import { otherSlot } from "../slots/slot.ts";
import { bootJudge, judgeStoredEnvelope } from "../slots/slot-check.ts";
import type { Slots } from "../slots/slots.ts";
import { trustInForce } from "../trust/trust-in-force.ts";
import { Unavailable } from "../unavailable.ts";
import type { DeviceStatus } from "./device.ts";

/**
 * The sequence number of what is armed, from its envelope as a boot would judge it. Undefined: nothing is armed by an
 * order, or what lies there is not what was armed; no number that nobody signed is ever answered.
 */
export async function armedSequence(slots: Slots, status: DeviceStatus, crypto: Crypto): Promise<bigint | undefined> {
  const { boot, report, identity, floor } = status;
  const trust = trustInForce(status.trust, crypto);
  if (boot.state !== "armed" || report === undefined || !trust.ok) return undefined;
  const slot = otherSlot(boot.active);
  try {
    const judged = await judgeStoredEnvelope(slots, slot, bootJudge(slot, { identity, floor }, trust.value, crypto));
    if (!judged.ok) return undefined;
    const { manifest, manifestDigest } = judged.value.update;
    return equalBytes(manifestDigest.bytes, report.manifestDigest) ? manifest.sequenceNumber : undefined;
  } catch (fault) {
    if (fault instanceof Unavailable) return undefined;
    throw fault;
  }
}
