import { existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { nodeCrypto } from "@sumac/crypto/node";
import { type Device, type FlashLayout, flashDevice, MemoryFlash, planFlash } from "@sumac/device";
import { FileFlash } from "@sumac/device/node";
import { makeFolder, writeFileAtomically } from "../atomic-file.ts";
import { exitCode } from "../exit-code.ts";
import { Failure, malformedInput, unavailable } from "../failure.ts";
import type { Io } from "../io.ts";
import { fileFailure } from "../system-failure.ts";

/** What the folder of a simulated device says about it, beside the flash that holds everything else. */
export interface DeviceSettings {
  /** The id towards the server (DDI controller id). */
  readonly id: string;
  /** Bytes of an image slot. */
  readonly imageBytes: number;
  /** Bytes of the stored state: above all the trust record. */
  readonly stateBytes: number;
  /** SHA-256 of the trust record it was made with, hex; folders from before do not say it. */
  readonly trustRecord?: string;
}

export const largestImageBytes: number = 512 * 1024 * 1024;

/** A trust record of six ML-DSA-87 keys (2592 bytes each) fits. */
export const stateBytes: number = 16_384;
/** Folders from before ML-DSA do not say it. */
const stateBytesBefore = 4000;

/** Names in the folder. */
const settingsFile = "device.json";
const flashFile = "flash.bin";
const lockFile = "device.lock";

/** Sectors of 4 KiB, as on a common serial NOR part. */
const layoutFor = ({ imageBytes, stateBytes }: DeviceSettings): FlashLayout =>
  planFlash({ eraseBlock: 4096, writeSize: 16, image: imageBytes, envelope: 65536, state: stateBytes });

/** The settings, or undefined where no device was made yet. */
export function readSettings(io: Io, folder: string): DeviceSettings | undefined {
  const file = path.join(folder, settingsFile);
  const location = path.resolve(io.workingFolder, file);
  if (!existsSync(location)) return undefined;
  try {
    const read = JSON.parse(readFileSync(location, "utf8")) as Partial<DeviceSettings>;
    const { id, imageBytes, stateBytes = stateBytesBefore, trustRecord } = read;
    if (typeof id === "string" && isSize(imageBytes, largestImageBytes) && isSize(stateBytes, 1 << 20)) {
      return { id, imageBytes, stateBytes, ...(typeof trustRecord === "string" && { trustRecord }) };
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw fileFailure(error, file);
  }
  throw malformedInput(
    "device-folder-damaged",
    `${file} does not describe a device`,
    "restore it, or begin with an empty folder",
  );
}

const isSize = (value: number | undefined, most: number): value is number =>
  Number.isSafeInteger(value) && value !== undefined && value > 0 && value <= most;

function writeSettings(io: Io, folder: string, settings: DeviceSettings): void {
  const bytes = new TextEncoder().encode(`${JSON.stringify(settings, null, 2)}\n`);
  writeFileAtomically(io, { name: path.join(folder, settingsFile), bytes, ifExists: "replace" });
}

/** A device that this process alone may use, until `close`. */
export interface OpenDevice {
  readonly device: Device;
  readonly settings: DeviceSettings;
  /** Writes the settings of a new device; before it is provisioned, so that it can be finished if this is cut short. */
  keepSettings(): void;
  /** May be called again. */
  close(): void;
  /** Closes, and removes what this run made: for a device that could not be provisioned. */
  undo(): void;
}

/** `existing`: a device without its flash is damaged. `new`: what is missing is made. */
export function openDeviceFolder(
  io: Io,
  folder: string,
  settings: DeviceSettings,
  kind: "existing" | "new",
): OpenDevice {
  const location = path.resolve(io.workingFolder, folder);
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
  const { geometry } = layoutFor(settings);
  let flash: FileFlash;
  try {
    flash = FileFlash.open(flashLocation, { geometry });
  } catch (error) {
    lock.close();
    throw error;
  }
  let isOpen = true;
  const close = (): void => {
    if (!isOpen) return;
    isOpen = false;
    flash.close();
    lock.close();
  };
  return {
    device: flashDevice(flash, layoutFor(settings), nodeCrypto),
    settings,
    keepSettings: () => writeSettings(io, folder, settings),
    close,
    undo() {
      close();
      if (hadFlash) return;
      for (const file of [flashLocation, lockLocation, path.join(location, settingsFile)])
        rmSync(file, { force: true });
      if (madeFolder) rmSync(location, { recursive: true, force: true });
    },
  };
}

/** The lock is the operating system's, through SQLite: it ends with the process, however that dies. */
function takeLock(lockLocation: string, folder: string): DatabaseSync {
  const database = openLock(lockLocation, folder);
  try {
    database.exec("pragma journal_mode = off; begin exclusive");
    return database;
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode !== 5) throw error;
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

function openLock(lockLocation: string, folder: string): DatabaseSync {
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

/** The same device on a copy of its flash in memory: to look at without changing anything, also while it runs. */
export function copyOfDevice(io: Io, folder: string, settings: DeviceSettings): Device {
  const layout = layoutFor(settings);
  const file = path.join(folder, flashFile);
  let content: Uint8Array;
  try {
    content = new Uint8Array(readFileSync(path.resolve(io.workingFolder, file)));
  } catch (error) {
    throw fileFailure(error, file);
  }
  if (content.length !== layout.geometry.size) {
    throw new Failure({
      code: "storage-mismatch",
      problem: `${file} has another size than the device's flash`,
      remedy: "restore the right file",
      exit: exitCode.device,
    });
  }
  return flashDevice(new MemoryFlash(layout.geometry, content), layout, nodeCrypto);
}
