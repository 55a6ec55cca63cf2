import type { Io } from "../io.ts";
import { type OpenDevice, openDeviceFolder } from "./device-folder.ts";
import { checkRunning, existingSettings } from "./existing-device.ts";

/** A device for this process alone, that is not started: for an act at what it has stored. */
export const openIdleDevice = async (io: Io, folder: string): Promise<OpenDevice> =>
  openDeviceFolder(io, folder, existingSettings(io, folder), "existing");

/** A device that runs in this process until it is closed, for an act at the device itself. */
export async function openBootedDevice(io: Io, folder: string): Promise<OpenDevice> {
  const settings = existingSettings(io, folder);
  const opened = await openDeviceFolder(io, folder, settings, "existing");
  try {
    // On a Linux system the image runs whether this process does or not: to boot would try what is armed, or end a trial.
    const outcome = await (settings.platform === undefined ? opened.device.boot() : opened.device.resume());
    checkRunning(outcome, folder);
    return opened;
  } catch (error) {
    await opened.close();
    throw error;
  }
}
