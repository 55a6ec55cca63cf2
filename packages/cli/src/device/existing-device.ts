import { type BootOutcome, explainDevice } from "@sumac/device";
import { exitCode } from "../exit-code.ts";
import { Failure, unavailable } from "../failure.ts";
import type { Io } from "../io.ts";
import { copyOfDevice, type DeviceCopy } from "./device-folder.ts";
import { type DeviceSettings, readSettings } from "./device-settings.ts";

export interface ExistingDevice extends DeviceCopy {
  readonly settings: DeviceSettings;
}

/** A copy of the device in a folder, as it lies there. */
export function existingDevice(io: Io, folder: string): ExistingDevice {
  const settings = existingSettings(io, folder);
  return { settings, ...copyOfDevice(io, folder, settings) };
}

/** The same, as it runs; a simulated device as its next boot would find it. */
export async function bootedCopy(io: Io, folder: string): Promise<ExistingDevice> {
  const copy = existingDevice(io, folder);
  // A Linux system goes on running what its last boot has decided.
  checkRunning(await (copy.settings.platform === undefined ? copy.device.boot() : copy.device.resume()), folder);
  return copy;
}

/** Throws `Failure` where there is no device in the folder. */
export function existingSettings(io: Io, folder: string): DeviceSettings {
  const settings = readSettings(io, folder);
  if (settings !== undefined) return settings;
  throw unavailable("device-not-found", `there is no device in ${folder}`, "make one: sumac device run");
}

/** Throws `Failure` where nothing runs, with the reason. */
export function checkRunning(outcome: BootOutcome, folder: string): void {
  if (outcome.kind === "running") return;
  if (outcome.kind === "not-provisioned") {
    throw unavailable("device-not-provisioned", `the device in ${folder} is empty`, "provision it: sumac device run");
  }
  throw new Failure({ code: outcome.why.code, ...explainDevice(outcome.why), exit: exitCode.device });
}
