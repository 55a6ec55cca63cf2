import { equalBytes } from "@sumac/crypto";
import type { SlotName } from "../slots/slot.ts";
import type { Slots } from "../slots/slots.ts";
import { type DeviceState, serializeState } from "../state/state.ts";
import type { Factory, FactoryRelease } from "./provision.ts";

/**
 * Whether a unit holds what the factory would put into it, and has done nothing since. What the images are is not looked
 * at here: the manifests say it, and whoever asks reads them back.
 */
export async function isAsProvisioned(slots: Slots, state: DeviceState, factory: Factory): Promise<boolean> {
  const { seal: _, ...stored } = state;
  const { identity, trustRecord, recovery } = factory;
  if ((stored.recovery === undefined) !== (recovery === undefined)) return false;
  const made: DeviceState = {
    floor: stored.floor,
    ...(stored.recovery === undefined ? {} : { recovery: stored.recovery }),
    boot: { state: "idle", active: "a", trials: [] },
    trust: { vendor: { record: trustRecord, sequence: 0n } },
    identity,
    lastTime: 0n,
  };
  if (!equalBytes(serializeState(made), serializeState(stored))) return false;
  const holds = async (slot: SlotName, { envelope }: FactoryRelease): Promise<boolean> => {
    const content = await slots.inspect(slot);
    return content.state === "sealed" && equalBytes(content.envelope, envelope);
  };
  return (await holds("a", factory)) && (recovery === undefined || (await holds("recovery", recovery)));
}
