import { mkdirSync } from "node:fs";
import path from "node:path";
import {
  type Device,
  type DeviceKey,
  type EventLog,
  fileStagingLedger,
  type Slots,
  StagingBudget,
  type StateStore,
} from "@sumac/device";
import { nodeFileSystem } from "@sumac/device/node";
import { flashFile, openDeviceFolder } from "../device/device-folder.ts";
import { openDeviceKey } from "../device/device-key-file.ts";
import { type ComponentSettings, readSettings, writeSettings } from "../device/device-settings.ts";
import { type GatewayOptions, logFile, openGateway } from "../device/gateway-folder.ts";
import { unavailable } from "../failure.ts";
import { hostTime } from "../host-time.ts";
import type { Io } from "../io.ts";
import { fileFailure } from "../system-failure.ts";
import type { AgentConfig, FilePlatformConfig } from "./agent-config.ts";

/** The device of a configuration, for this process alone until `close`. */
export interface AgentPlatform {
  readonly folder: string;
  readonly device: Device;
  readonly slots: Slots;
  readonly state: StateStore;
  readonly key: DeviceKey | undefined;
  readonly log: EventLog;
  /** The file that the log lies in. */
  readonly logPlace: string;
  close(): Promise<void>;
}

/** What the agent needs to know of time, so that tests and simulations bring their own. */
export interface PlatformClock {
  /** Seconds since 1970 by a clock that is trusted; undefined = there is none. */
  trustedTime(): bigint | undefined;
  uptimeMs(): number;
}

export const hostClock: PlatformClock = {
  trustedTime: hostTime,
  uptimeMs: () => performance.now(),
};

/** `making`: a folder and a key are made where there are none, and a flash for these components. */
export async function openPlatform(
  { platform, stagings: rules, whenLogFails, server, clock: trusted }: AgentConfig,
  clock: PlatformClock,
  io: Io,
  making?: readonly ComponentSettings[],
): Promise<AgentPlatform> {
  const kind = making === undefined ? "existing" : "new";
  const { folder } = platform;
  const stagings = new StagingBudget({
    ledger: fileStagingLedger(nodeFileSystem, folder),
    rules,
    uptimeMs: clock.uptimeMs,
  });
  const now = (): bigint | undefined => (trusted === "host" ? clock.trustedTime() : undefined);
  if (platform.kind !== "flash") {
    return openFiles(platform, server.controllerId, io, kind, { stagings, whenLogFails, now });
  }
  const known = readSettings(io, folder);
  const settings = known ?? (making && { id: server.controllerId, components: making });
  if (settings === undefined) {
    throw unavailable("device-not-found", `there is no device in ${folder}`, "make one: sumac device provision");
  }
  const kindOfFlash = known === undefined ? "new" : "existing";
  const opened = await openDeviceFolder(io, folder, settings, kindOfFlash, { stagings, whenLogFails, now });
  if (known === undefined) opened.keepSettings();
  const { device, parts, key, log, close } = opened;
  return { folder, device, ...parts, key, log, logPlace: path.join(folder, flashFile), close };
}

async function openFiles(
  platform: FilePlatformConfig,
  controllerId: string,
  io: Io,
  kind: "existing" | "new",
  options: Omit<GatewayOptions, "key" | "installer" | "pointer">,
): Promise<AgentPlatform> {
  const { folder, components, recoveryBytes, installer } = platform;
  if (kind === "existing" && (await nodeFileSystem.facts(folder)) === undefined) {
    throw unavailable("device-not-found", `there is no folder ${folder}`, "provision it: sumac device provision");
  }
  if (kind === "new") makePrivateFolder(folder);
  const key = await openDeviceKey(io, folder, kind);
  const settings = {
    id: controllerId,
    components,
    platform: platform.kind,
    ...(recoveryBytes === undefined ? {} : { recoveryBytes }),
  };
  const opened = await openGateway(folder, settings, {
    ...options,
    key,
    ...(installer === undefined ? {} : { installer }),
    pointer: "follows",
  });
  // For whoever looks at the folder without the configuration.
  if (kind === "new") writeSettings(io, folder, settings);
  const { device, parts, log, close } = opened;
  return { folder, device, ...parts, key, log, logPlace: path.join(folder, logFile), close };
}

function makePrivateFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw fileFailure(error, folder);
  }
}
