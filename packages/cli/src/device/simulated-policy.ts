import { defaultMaxTrials, defaultStagingRules, defaultTimeRules, type Policy } from "@sumac/device";

/** What no configuration changes. */
export const fixedPolicy: Policy = {
  maxTrials: defaultMaxTrials,
  maxForwardStepSeconds: Number(defaultTimeRules.maxForwardStep),
};

/** How a simulated device treats updates. It has no settings: these are what `device run` does. */
export const simulatedPolicy: Policy = {
  ...fixedPolicy,
  restart: "at-once",
  selfTest: "passes",
  updatesWhileLogFails: "go-on",
  stagingBurst: defaultStagingRules.burst,
  stagingRestSeconds: defaultStagingRules.restMs / 1000,
  clock: "host",
};
