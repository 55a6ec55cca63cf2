import { existsSync, lstatSync, rmSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  Device,
  type DeviceKey,
  deviceLogEntries,
  EventLog,
  type Flash,
  type FlashLayout,
  FlashLogStore,
  FlashSlots,
  FlashState,
  type LogStore,
  MemoryFlash,
  OrderedStateStore,
  PacedFlash,
  planFlash,
  SealingStateStore,
  type Slots,
  type StagingBudget,
  type StateStore,
} from "@sumac/device";
import { FileFlash } from "@sumac/device/node";
import { makeFolder } from "../atomic-file.ts";
import { readBoundedFile } from "../bound-read.ts";
import { exitCode } from "../exit-code.ts";
import { Failure, malformedInput, unavailable } from "../failure.ts";
import { hostTime } from "../host-time.ts";
import type { Io } from "../io.ts";
import { deviceKeyFile, devicePublicKeyFile, openDeviceKey } from "./device-key-file.ts";
import { componentIdOf, type DeviceSettings, settingsFile, stateBytes, writeSettings } from "./device-settings.ts";
import { copyOfGateway, openGateway } from "./gateway-folder.ts";

/** Names in the folder. */
export const flashFile = "flash.bin";
const lockFile = "device.lock";

/** Sectors of 4 KiB, as on a common serial NOR part. */
export const layoutFor = ({ components, stateBytes: state = stateBytes }: DeviceSettings): FlashLayout =>
  planFlash({
    eraseBlock: 4096,
    writeSize: 16,
    components: components.map((component) => ({ id: componentIdOf(component), capacity: component.bytes })),
    envelope: 65536,
    state,
    logSegments: 24,
  });

/** A device that this process alone may use, until `close`. */
export interface OpenDevice {
  readonly device: Device;
  readonly settings: DeviceSettings;
  /** Hears of everything the device does. */
  readonly log: EventLog;
  /** What the device is made of, for whoever checks it past the device. */
  readonly parts: FlashParts;
  /** Undefined: a device from before devices had keys. */
  readonly key: DeviceKey | undefined;
  /** What seals the state; undefined = the device has no key. */
  readonly sealing: SealingStateStore | undefined;
  /** Writes the settings of a new device; before it is provisioned, so that it can be finished if this is cut short. */
  keepSettings(): void;
  /** Waits for the log. May be called again. */
  close(): Promise<void>;
  /** Closes, and removes what this run made: for a device that could not be provisioned. */
  undo(): Promise<void>;
}

/** How a device is to be opened that is more than a toy. */
export interface OpeningOptions {
  /** What lies between the device and its flash: faults that are made on purpose. */
  readonly between?: (flash: Flash, layout: FlashLayout) => Flash;
  readonly stagings?: StagingBudget;
  readonly whenLogFails?: "refuse-updates" | "go-on";
  /** Seconds since 1970. */
  readonly now?: () => bigint | undefined;
}

/** `existing`: a device without its flash is damaged. `new`: what is missing is made. */
export async function openDeviceFolder(
  io: Io,
  folder: string,
  settings: DeviceSettings,
  kind: "existing" | "new",
  options: OpeningOptions = {},
): Promise<OpenDevice> {
  const location = path.resolve(io.workingFolder, folder);
  if (settings.platform !== undefined) return openGatewayDevice(io, folder, settings, options);
  const [flashLocation, lockLocation] = [path.join(location, flashFile), path.join(location, lockFile)];
  const hadFlash = existsSync(flashLocation);
  if (kind === "existing" && !hadFlash) {
    throw malformedInput(
      "device-folder-damaged",
      `the device in ${folder} has no ${flashFile}`,
      "restore it, or begin with an empty folder",
    );
  }
  const madeFolder = !existsSync(location);
  makeFolder(io, folder);
  const lock = takeLock(lockLocation, folder);
  const layout = layoutFor(settings);
  let flash: FileFlash | undefined;
  try {
    flash = FileFlash.open(flashLocation, { geometry: layout.geometry });
    const key = await openDeviceKey(io, folder, kind);
    const paced = new PacedFlash(flash, () => new Promise((resolve) => void setImmediate(resolve)));
    const logged = await loggedDevice(options.between?.(paced, layout) ?? paced, layout, key, options);
    const close = closing(flash, lock, logged.log);
    return {
      ...logged,
      settings,
      key,
      keepSettings: () => writeSettings(io, folder, settings),
      close,
      async undo() {
        await close();
        if (hadFlash) return;
        const made = [flashFile, lockFile, settingsFile, deviceKeyFile, devicePublicKeyFile];
        for (const file of made) rmSync(path.join(location, file), { force: true });
        if (madeFolder) rmSync(location, { recursive: true, force: true });
      },
    };
  } catch (error) {
    flash?.close();
    lock.close();
    throw error;
  }
}

/** Without its installer: for what is done at the device itself, and changes no image. */
async function openGatewayDevice(
  io: Io,
  folder: string,
  settings: DeviceSettings,
  options: OpeningOptions,
): Promise<OpenDevice> {
  const opened = await openGateway(path.resolve(io.workingFolder, folder), settings, {
    key: await deviceKeyOf(io, folder),
    now: options.now ?? hostTime,
    whenLogFails: options.whenLogFails ?? "go-on",
    pointer: "left-alone",
  });
  return { ...opened, settings, keepSettings: () => undefined, undo: opened.close };
}

function closing(flash: FileFlash, lock: DatabaseSync, log: EventLog): () => Promise<void> {
  let state: "open" | "closed" = "open";
  return async () => {
    if (state === "closed") return;
    state = "closed";
    try {
      await log.flush();
    } finally {
      flash.close();
      lock.close();
    }
  };
}

/** The key of a device that is only looked at. */
export const deviceKeyOf = (io: Io, folder: string): Promise<DeviceKey | undefined> =>
  openDeviceKey(io, folder, "existing");

async function loggedDevice(
  flash: Flash,
  layout: FlashLayout,
  key: DeviceKey | undefined,
  options: OpeningOptions,
): Promise<Pick<OpenDevice, "device" | "log" | "parts" | "sealing">> {
  const log = await EventLog.open(new FlashLogStore(flash, layout.log, nodeCrypto), {
    crypto: nodeCrypto,
    now: options.now ?? hostTime,
    whenFailing: options.whenLogFails ?? "go-on",
  });
  const { sealing, ...parts } = partsOn(flash, layout, key);
  const device = new Device({
    ...parts,
    crypto: nodeCrypto,
    ...(options.stagings === undefined ? {} : { stagings: options.stagings }),
    observe: (event) => {
      for (const entry of deviceLogEntries(event)) log.note(entry);
    },
  });
  return { device, log, parts, sealing };
}

interface FlashParts {
  readonly slots: Slots;
  readonly state: StateStore;
}

function partsOn(
  flash: Flash,
  layout: FlashLayout,
  key: DeviceKey | undefined,
): FlashParts & Pick<OpenDevice, "sealing"> {
  const state = new FlashState(flash, layout.state, nodeCrypto);
  const sealing = key === undefined ? undefined : new SealingStateStore(state, key, nodeCrypto);
  return { slots: new FlashSlots(flash, layout, nodeCrypto), state: new OrderedStateStore(sealing ?? state), sealing };
}

/** The lock is the operating system's, through SQLite: it ends with the process, however that dies. */
function takeLock(lockLocation: string, folder: string): DatabaseSync {
  const database = openLock(lockLocation, folder);
  try {
    database.exec("pragma journal_mode = off; begin exclusive");
    return database;
  } catch (error) {
    database.close();
    const { errcode } = error as { errcode?: number };
    if (errcode === sqliteNotADatabase) throw lockDamaged(folder, "is not the lock of a device", error);
    if (errcode !== sqliteBusy) throw error;
    throw new Failure(
      {
        code: "device-running",
        problem: `another process runs the device in ${folder}`,
        remedy: "stop it, or choose another folder",
        exit: exitCode.unavailable,
      },
      { cause: error },
    );
  }
}

/** Result codes of SQLite. */
const [sqliteBusy, sqliteNotADatabase] = [5, 26];

/** It holds nothing but the lock itself: without it, one is made anew. */
const lockDamaged = (folder: string, what: string, cause?: unknown): Failure =>
  new Failure(
    {
      code: "device-folder-damaged",
      problem: `${path.join(folder, lockFile)} ${what}`,
      remedy: "find out who put it there; when nothing runs the device, remove it: it is made anew and holds no data",
      exit: exitCode.malformed,
    },
    { cause },
  );

function openLock(lockLocation: string, folder: string): DatabaseSync {
  const there = lstatSync(lockLocation, { throwIfNoEntry: false });
  if (there !== undefined && !there.isFile()) {
    const kind = there.isDirectory() ? "folder" : there.isSymbolicLink() ? "link" : "pipe or a device";
    throw lockDamaged(folder, `is a ${kind}, not the lock of a device`);
  }
  try {
    return new DatabaseSync(lockLocation, { timeout: 0 });
  } catch (error) {
    if (typeof (error as { errcode?: unknown }).errcode !== "number") throw error;
    throw unavailable(
      "permission-denied",
      `${path.join(folder, lockFile)} cannot be opened`,
      "check the permissions of the folder",
    );
  }
}

/** A device on a copy of its flash in memory: to look at without changing anything, also while it runs. */
export interface DeviceCopy extends FlashParts {
  readonly device: Device;
  /** Looked for only now: whoever does not ask for the log does not miss it. */
  logStore(): LogStore;
}

export function copyOfDevice(io: Io, folder: string, settings: DeviceSettings): DeviceCopy {
  if (settings.platform !== undefined) return copyOfGateway(io, path.resolve(io.workingFolder, folder), settings);
  const layout = layoutFor(settings);
  const flash = new MemoryFlash(layout.geometry, readFlash(io, path.join(folder, flashFile), layout.geometry.size));
  const { sealing: _, ...parts } = partsOn(flash, layout, undefined);
  return {
    ...parts,
    device: new Device({ ...parts, crypto: nodeCrypto }),
    logStore: () => new FlashLogStore(flash, layout.log, nodeCrypto),
  };
}

function readFlash(io: Io, file: string, size: number): Uint8Array {
  const { bytes } = readBoundedFile(io, file, size);
  if (bytes.length === size) return bytes;
  throw new Failure({
    code: "storage-mismatch",
    problem: `${file} has another size than the device's flash`,
    remedy: "restore the right file",
    exit: exitCode.device,
  });
}
