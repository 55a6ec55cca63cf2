import { statSync } from "node:fs";
import path from "node:path";
import { nodeCrypto } from "@sumac/crypto/node";
import { type LogStore, readLogFile } from "@sumac/device";
import { readWhole } from "../bound-read.ts";
import { malformedInput, unavailable } from "../failure.ts";
import type { Io } from "../io.ts";
import { fileFailure } from "../system-failure.ts";
import { readSettings } from "./device-settings.ts";
import { existingDevice } from "./existing-device.ts";
import { largestLogBytes, logFile } from "./gateway-folder.ts";

/** A log that is looked at: a copy, so that nothing is written and the device may run meanwhile. */
export interface LogCopy {
  readonly store: LogStore;
  /** What the device is called; a log file alone does not know. */
  readonly device: string;
}

/** `place` is the folder of a device, or the log file of a gateway. */
export async function openLogCopy(io: Io, place: string): Promise<LogCopy> {
  const isFolder = kindOf(io, place) === "folder";
  if (isFolder && readSettings(io, place) !== undefined) {
    const { settings, logStore } = existingDevice(io, place);
    return { store: logStore(), device: settings.id };
  }
  const file = isFolder ? path.join(place, logFile) : place;
  if (isFolder && kindOf(io, file) === "absent") {
    throw unavailable("device-not-found", `there is no device and no ${logFile} in ${place}`, "name a device's folder");
  }
  const content = await readWhole(io, file, "an event log", largestLogBytes);
  const store = readLogFile(content, nodeCrypto);
  if (store !== undefined) return { store, device: path.basename(path.resolve(io.workingFolder, place)) };
  throw malformedInput("not-an-event-log", `${file} is no event log of a device`, "name a folder or its events.log");
}

export function kindOf(io: Io, name: string): "absent" | "folder" | "file" {
  try {
    const stats = statSync(path.resolve(io.workingFolder, name), { throwIfNoEntry: false });
    if (stats === undefined) return "absent";
    return stats.isDirectory() ? "folder" : "file";
  } catch (error) {
    throw fileFailure(error, name);
  }
}
