import path from "node:path";
import { nodeCrypto } from "@sumac/crypto/node";
import { readWhole } from "../bound-read.ts";
import type { Io } from "../io.ts";
import { type AgentConfig, readAgentConfig } from "./agent-config.ts";

export interface RunningConfig {
  readonly config: AgentConfig;
  /** SHA-256 of the file. */
  readonly digest: Uint8Array;
}

const largestConfig = 65_536;

/** Reads a configuration as it lies there now. Throws `Failure`. */
export async function readRunningConfig(io: Io, name: string): Promise<RunningConfig> {
  const file = await readWhole(io, name, "a configuration", largestConfig);
  const folder = path.dirname(path.resolve(io.workingFolder, name));
  const digest = nodeCrypto.startDigest("sha-256");
  digest.update(file);
  return { config: readAgentConfig(file, { name, folder }), digest: digest.digest() };
}
