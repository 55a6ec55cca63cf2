import { defaultMaxTrials, defaultTimeRules, type Policy } from "@sumac/device";

/** How a simulated device treats updates. It has no settings: these are what `device run` does. */
export const simulatedPolicy: Policy = {
  maxTrials: defaultMaxTrials,
  restart: "at-once",
  selfTest: "passes",
  updatesWhileLogFails: "go-on",
  clock: "host",
  maxForwardStepSeconds: Number(defaultTimeRules.maxForwardStep),
};
