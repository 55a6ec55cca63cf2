import { explainDevice } from "@sumac/device";
import { exitCode } from "../exit-code.ts";
import { Failure, unavailable } from "../failure.ts";
import type { Io } from "../io.ts";
import { type OpenDevice, openDeviceFolder } from "./device-folder.ts";
import { readSettings } from "./device-settings.ts";

/** A device that runs in this process until it is closed, for an act at the device itself. */
export async function openBootedDevice(io: Io, folder: string): Promise<OpenDevice> {
  const settings = readSettings(io, folder);
  if (settings === undefined) {
    throw unavailable("device-not-found", `there is no device in ${folder}`, "make one: sumac device run");
  }
  const opened = await openDeviceFolder(io, folder, settings, "existing");
  try {
    const outcome = await opened.device.boot();
    if (outcome.kind === "running") return opened;
    if (outcome.kind === "not-provisioned") {
      throw unavailable("device-not-provisioned", `the device in ${folder} is empty`, "provision it: sumac device run");
    }
    throw new Failure({ code: outcome.why.code, ...explainDevice(outcome.why), exit: exitCode.device });
  } catch (error) {
    await opened.close();
    throw error;
  }
}
