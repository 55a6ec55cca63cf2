import { performance } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import type { Timer } from "./timer.ts";

export const nodeTimer: Timer = {
  now: () => performance.now(),
  async wait(milliseconds, signal) {
    try {
      await setTimeout(milliseconds, undefined, signal === undefined ? {} : { signal });
    } catch {
      // Aborted: it was to return early.
    }
  },
};
