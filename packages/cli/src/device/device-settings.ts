import { existsSync } from "node:fs";
import path from "node:path";
import type { ComponentId } from "@sumac/suit";
import { writeFileAtomically } from "../atomic-file.ts";
import { readBoundedFile } from "../bound-read.ts";
import { malformedInput, usage } from "../failure.ts";
import type { Io } from "../io.ts";

/** What the folder of a device says about it, beside flash or files that hold everything else. */
export interface DeviceSettings {
  /** The id towards the server (DDI controller id). */
  readonly id: string;
  readonly components: readonly ComponentSettings[];
  /** Absent: simulated flash, in one file. Else a Linux system: images in files, which an installer may carry out. */
  readonly platform?: "files" | "installer";
  /** Of the largest recovery image, on a Linux system. */
  readonly recoveryBytes?: number;
  /** Bytes of the state in simulated flash: above all the trust record. Absent: `stateBytes`. */
  readonly stateBytes?: number;
  /** SHA-256 of the trust record it was made with, hex. */
  readonly trustRecord?: string;
}

/** A trust record of six ML-DSA-87 keys (2592 bytes each) fits. */
export const stateBytes: number = 16_384;

export interface ComponentSettings {
  /** Segments of the component identifier, as text. */
  readonly id: readonly string[];
  /** Of its largest image. */
  readonly bytes: number;
}

export const componentIdOf = ({ id }: ComponentSettings): ComponentId =>
  id.map((segment) => new TextEncoder().encode(segment));

/** On simulated flash. */
export const largestImageBytes: number = 512 * 1024 * 1024;

/** On a Linux system. */
export const largestFileImageBytes: number = 4 * 1024 * 1024 * 1024;

const largestSettingsBytes = 65_536;

/** Its name in the folder. */
export const settingsFile = "device.json";

/** The settings, or undefined where no device was made yet. */
export function readSettings(io: Io, folder: string): DeviceSettings | undefined {
  const file = path.join(folder, settingsFile);
  if (!existsSync(path.resolve(io.workingFolder, file))) return undefined;
  const { bytes, size } = readBoundedFile(io, file, largestSettingsBytes);
  const settings = size > largestSettingsBytes ? undefined : parseJson(bytes);
  if (isSettings(settings)) return settings;
  throw malformedInput(
    "device-folder-damaged",
    `${file} does not describe a device`,
    "restore it, or begin with an empty folder",
  );
}

/** A simulated device asks no operator and no interlock; a gateway does, and has an agent for that. */
export function readSimulatedSettings(io: Io, folder: string): DeviceSettings | undefined {
  const settings = readSettings(io, folder);
  if (settings?.platform === undefined) return settings;
  throw usage("not-simulated", `the device in ${folder} is a Linux system`, "run its agent: sumac device agent");
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

function isSettings(value: unknown): value is DeviceSettings {
  const {
    id,
    components,
    platform,
    recoveryBytes,
    stateBytes: bytes,
    trustRecord,
  } = (value ?? {}) as Record<string, unknown>;
  const state = bytes === undefined || (Number.isSafeInteger(bytes) && Number(bytes) > 0 && Number(bytes) <= 1 << 20);
  const record = trustRecord === undefined || typeof trustRecord === "string";
  const known = platform === undefined || platform === "files" || platform === "installer";
  const recovery = recoveryBytes === undefined || (platform !== undefined && Number.isSafeInteger(recoveryBytes));
  const list = Array.isArray(components) && components.length > 0 && components.every(isComponent);
  return typeof id === "string" && known && recovery && list && state && record;
}

function isComponent(value: unknown): value is ComponentSettings {
  const { id, bytes } = (value ?? {}) as Record<string, unknown>;
  const segments = Array.isArray(id) && id.every((segment) => typeof segment === "string");
  return segments && Number.isSafeInteger(bytes) && Number(bytes) > 0 && Number(bytes) <= largestFileImageBytes;
}

export function writeSettings(io: Io, folder: string, settings: DeviceSettings): void {
  const bytes = new TextEncoder().encode(`${JSON.stringify(settings, null, 2)}\n`);
  writeFileAtomically(io, { name: path.join(folder, settingsFile), bytes, ifExists: "replace" });
}
