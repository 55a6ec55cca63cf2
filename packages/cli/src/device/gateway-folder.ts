import path from "node:path";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  type ComponentSlot,
  CopiedStateStore,
  Device,
  type DeviceKey,
  deviceLogEntries,
  type EventLog,
  FileSlots,
  FileState,
  type LogStore,
  OrderedStateStore,
  readLogFile,
  readOnlyFiles,
  recoveryComponent,
  SealingStateStore,
  type Slots,
  type StagingBudget,
  type StateStore,
} from "@sumac/device";
import { nodeFileSystem, openFileDevice, openFileEventLog } from "@sumac/device/node";
import { readBoundedFile } from "../bound-read.ts";
import { malformedInput, usage } from "../failure.ts";
import type { Io } from "../io.ts";
import { componentIdOf, type DeviceSettings } from "./device-settings.ts";

/** The log of a gateway, in its folder. */
export const logFile = "events.log";
export const largestLogBytes: number = 64 * 1024 * 1024;

type Installer = NonNullable<Parameters<typeof openFileDevice>[0]["installer"]>;

export interface GatewayOptions {
  readonly key: DeviceKey | undefined;
  now(): bigint | undefined;
  readonly whenLogFails: "refuse-updates" | "go-on";
  readonly stagings?: StagingBudget;
  readonly installer?: Installer;
  /** `follows`: what is decided to run is made to run. */
  readonly pointer: "follows" | "left-alone";
}

export interface OpenGateway {
  readonly device: Device;
  readonly parts: { readonly slots: Slots; readonly state: StateStore };
  readonly key: DeviceKey | undefined;
  /** What seals the state; undefined = the device has no key. */
  readonly sealing: SealingStateStore | undefined;
  readonly log: EventLog;
  /** Waits for the log. May be called again. */
  close(): Promise<void>;
}

/** The device of a Linux system, for this process alone until `close`. */
export async function openGateway(
  folder: string,
  settings: DeviceSettings,
  { key, now, whenLogFails, stagings, installer, pointer }: GatewayOptions,
): Promise<OpenGateway> {
  const options = { folder, ...slotsOf(settings), ...(installer === undefined ? {} : { installer }) };
  const opened = await openFileDevice(options).catch((error: unknown) => {
    if (!(error instanceof RangeError)) throw error;
    throw usage("config-bad-value", `the platform cannot be meant: ${error.message}`, "correct the configuration");
  });
  try {
    const logged = await openFileEventLog(path.join(folder, logFile), { now, whenFailing: whenLogFails });
    const { log } = logged;
    const { pointer: follower, slots, state: stored } = opened.parts;
    const sealing = key === undefined ? undefined : new SealingStateStore(stored, key, nodeCrypto);
    const state = new OrderedStateStore(sealing ?? stored);
    const device = new Device({
      slots,
      state,
      crypto: nodeCrypto,
      ...(pointer === "follows" ? { pointer: follower } : {}),
      ...(stagings === undefined ? {} : { stagings }),
      observe: (event) => {
        for (const entry of deviceLogEntries(event)) log.note(entry);
      },
    });
    let closing: Promise<void> | undefined;
    const close = (): Promise<void> => {
      closing ??= logged.close().finally(() => opened.close());
      return closing;
    };
    return { device, parts: { slots, state }, key, sealing, log, close };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** Looks at the files where they lie, and changes none: the device may run meanwhile. */
export function copyOfGateway(
  io: Io,
  folder: string,
  settings: DeviceSettings,
): OpenGateway["parts"] & { readonly device: Device; logStore(): LogStore } {
  const files = readOnlyFiles(nodeFileSystem);
  const crypto = nodeCrypto;
  const slots = new FileSlots({ ...slotsOf(settings), folder, files, crypto });
  const state = new CopiedStateStore(new FileState(files, folder, crypto));
  const device = new Device({ slots, state, crypto });
  return { slots, state, device, logStore: () => readLog(io, path.join(folder, logFile)) };
}

function slotsOf({ components, recoveryBytes }: DeviceSettings): {
  readonly components: readonly ComponentSlot[];
  readonly recovery?: ComponentSlot;
} {
  const slots = components.map((component) => ({ id: componentIdOf(component), capacity: component.bytes }));
  if (recoveryBytes === undefined) return { components: slots };
  return { components: slots, recovery: { id: recoveryComponent, capacity: recoveryBytes } };
}

function readLog(io: Io, file: string): LogStore {
  const { bytes, size } = readBoundedFile(io, file, largestLogBytes);
  const store = size > largestLogBytes ? undefined : readLogFile(bytes, nodeCrypto);
  if (store !== undefined) return store;
  throw malformedInput("not-an-event-log", `${file} is no event log of a device`, "restore it, or remove it");
}
