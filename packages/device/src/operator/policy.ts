import type { DeviceEvent } from "../device/device-event.ts";

/** How a device is set up to treat updates, by the names of its settings: what an inventory shows (CR 7.6). */
export type Policy = Readonly<Record<string, string | number | boolean>>;

/** One event for each setting that is not what it was (CR 2.8), in the order of their names. */
export function policyChanges(
  before: Policy,
  after: Policy,
): readonly Extract<DeviceEvent, { event: "policy-changed" }>[] {
  const settings = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return settings.flatMap((setting) => {
    const [from, to] = [before, after].map((policy) =>
      Object.hasOwn(policy, setting) ? String(policy[setting]) : "not-set",
    );
    return from === to || from === undefined || to === undefined
      ? []
      : [{ event: "policy-changed", setting, from, to }];
  });
}
