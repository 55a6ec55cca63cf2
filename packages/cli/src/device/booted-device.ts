import type { Io } from "../io.ts";
import { type OpenDevice, openDeviceFolder } from "./device-folder.ts";
import { checkRunning, existingSettings } from "./existing-device.ts";

/** A device that runs in this process until it is closed, for an act at the device itself. */
export async function openBootedDevice(io: Io, folder: string): Promise<OpenDevice> {
  const opened = await openDeviceFolder(io, folder, existingSettings(io, folder), "existing");
  try {
    checkRunning(await opened.device.boot(), folder);
    return opened;
  } catch (error) {
    await opened.close();
    throw error;
  }
}
