import type { DeviceEvent } from "./device-event.ts";
import { defaultTimeRules, isWorthStoring, judgeTime, type TimeRules, type TrustedTime } from "./trusted-time.ts";

/** Judges what clocks say for a device, and tells of a doubt once, not at every poll. */
export class DeviceClock {
  readonly #rules: TimeRules;
  readonly #tell: (event: DeviceEvent) => void;
  #doubted: string | undefined;

  constructor(rules: TimeRules = defaultTimeRules, tell: (event: DeviceEvent) => void) {
    this.#rules = rules;
    this.#tell = tell;
  }

  /** `clock`: seconds since 1970 by a clock that the operator trusts; `stored`: T as it was stored. */
  judge(stored: bigint, clock: bigint | undefined, attested?: bigint): TrustedTime {
    const time = judgeTime(this.#rules, { stored, clock, attested });
    const { doubt } = time;
    // Without a clock there is nothing new to doubt, and nothing that would lift a doubt.
    if (clock === undefined || doubt?.code === this.#doubted) return time;
    this.#doubted = doubt?.code;
    if (doubt !== undefined) this.#tell({ event: "time-refused", ...doubt });
    return time;
  }

  /** Whether what is known has moved far enough from what is stored. */
  isWorthStoring(time: TrustedTime, stored: bigint): boolean {
    return isWorthStoring(this.#rules, time, stored);
  }
}
