import { smpResult } from "./labels.ts";
import type { SmpHandler } from "./smp-server.ts";

/** One device of several groups. Groups that nobody handles are refused as `not-supported`. */
export const handlersByGroup = (handlers: Readonly<Record<number, SmpHandler>>): SmpHandler => ({
  handle: async (call) => handlers[call.group]?.handle(call) ?? { rc: smpResult.indexOf("not-supported") },
  afterwards: async (call) => handlers[call.group]?.afterwards?.(call),
});
