import type { ComponentId } from "@sumac/suit";
import type { Slots } from "../slots/slots.ts";
import type { DeviceIdentity } from "../state/state.ts";
import { sameComponent } from "./component-set.ts";

/** The slots were made for other components than the device was provisioned with, or in another order. */
export interface ComponentsMisfit {
  readonly code: "components-misfit";
  readonly device: readonly ComponentId[];
  readonly slots: readonly ComponentId[];
}

/** Images are found by their place in the order of the slots: device and slots must mean the same by it. */
export function misfit({ components }: DeviceIdentity, slots: Slots): ComponentsMisfit | undefined {
  const places = slots.components.map(({ id }) => id);
  const fits = components.length === places.length && places.every((id, i) => sameComponent(id, components[i] ?? []));
  return fits ? undefined : { code: "components-misfit", device: components, slots: places };
}
