import { otherSlot } from "../slots/slot.ts";
import { bootJudge, checkSlot } from "../slots/slot-check.ts";
import { trustInForce } from "../trust/trust-in-force.ts";
import { type Booted, bootDevice, type DeviceParts } from "./boot-device.ts";
import { misfit } from "./components-misfit.ts";

/**
 * This process starts again, and the image goes on running: what runs is what the last boot has decided, so nothing is
 * decided, counted or written. An image that may not run any more is a matter for a boot.
 */
export async function resumeDevice(parts: DeviceParts): Promise<Booted> {
  const reading = await parts.state.read();
  if (reading.kind !== "present") return bootDevice(parts);
  const { state } = reading;
  const trust = trustInForce(state.trust, parts.crypto);
  if (!trust.ok || misfit(state.identity, parts.slots) !== undefined) return bootDevice(parts);
  const { boot } = state;
  const isTrial = boot.state === "trial";
  const slot = isTrial ? otherSlot(boot.active) : boot.active;
  const checked = await checkSlot(parts.slots, slot, bootJudge(slot, state, trust.value, parts.crypto));
  if (!checked.ok) return bootDevice(parts);
  const running = checked.value;
  const mode = isTrial ? "trial" : "confirmed";
  return {
    outcome: { kind: "running", booted: running, mode, why: "goes-on", events: [] },
    session: { state, trust: trust.value, running, mode },
  };
}
