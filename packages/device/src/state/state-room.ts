import { type DeviceState, serializeState } from "./state.ts";

/**
 * Bytes that are kept free for what a device adds in its life without anybody being asked: a trial, a report, a recovery
 * floor. A boot that could not store its trial would never come to an end.
 */
const stateReserve = 400;

/** How many bytes of this state would be too many for a store of this capacity, with the reserve; 0 = it fits. */
export const excessOf = (state: DeviceState, capacity: number): number =>
  Math.max(0, serializeState(state).length + stateReserve - capacity);

/** The state as it can be stored: of the counted trials, the earliest are forgotten where there is no room for all. */
export function fitted(state: DeviceState, capacity: number): DeviceState {
  let fitting = state;
  while (fitting.boot.trials.length > 1 && serializeState(fitting).length > capacity) {
    fitting = { ...fitting, boot: { ...fitting.boot, trials: fitting.boot.trials.slice(1) } };
  }
  return fitting;
}
