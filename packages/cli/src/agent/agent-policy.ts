import type { Policy } from "@sumac/device";
import type { FactoryMinimum } from "@sumac/tuf";
import type { AgentConfig } from "./agent-config.ts";

/** The settings by which an inventory shows how updates are treated (CR 7.6), and changes are told (CR 2.8). */
export const policyOf = (config: AgentConfig): Policy => ({
  profile: config.profile,
  server: config.server.url,
  access: config.server.access.kind,
  windows: JSON.stringify(config.windows),
  interlock: JSON.stringify(config.interlock ?? "none"),
  consent: JSON.stringify(config.consent ?? "none"),
  overrideBy: config.override?.by.join(", ") ?? "nobody",
  overrideLifts: config.override?.lifts.join(" ") ?? "nothing",
  overrideLongestSeconds: Number(config.override?.longestSeconds ?? 0n),
  backup: JSON.stringify(config.backup ?? "none"),
  restore: JSON.stringify(config.restore ?? "none"),
  restart: JSON.stringify(config.restart),
  selfTest: JSON.stringify(config.selfTest),
  notify: JSON.stringify(config.notify),
  whenLogFails: config.whenLogFails,
  clock: config.clock,
  integrityCheckSeconds: config.integrityCheckMs / 1000,
  pollLeastSeconds: config.poll.leastMs / 1000,
  pollMostSeconds: config.poll.mostMs / 1000,
  repository: config.tuf?.url ?? "none",
  repositoryRoot: config.tuf?.root ?? "none",
  repositoryMinimum: config.tuf?.minimum === undefined ? "none" : minimumText(config.tuf.minimum),
  stagingBurst: config.stagings.burst,
  stagingRestSeconds: config.stagings.restMs / 1000,
  secondaries: JSON.stringify(config.secondaries),
});

const minimumText = ({ roles = new Map(), ...top }: FactoryMinimum): string =>
  [...Object.entries(top), ...roles].map(([role, version]) => `${role} ${version}`).join(", ");
