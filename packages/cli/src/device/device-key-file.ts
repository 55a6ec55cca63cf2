import path from "node:path";
import { publicKeyPem } from "@sumac/cose";
import type { DeviceKey } from "@sumac/device";
import { fileDeviceKeyStore } from "@sumac/device/node";
import { writeFileAtomically } from "../atomic-file.ts";
import type { Io } from "../io.ts";

/** In the folder of a device: the key it signs with, and the half for whoever verifies that. */
export const deviceKeyFile = "device-key.pem";
export const devicePublicKeyFile = "device-key.pub.pem";

/** `folder` is absolute. */
export const keyStoreOf = (folder: string): ReturnType<typeof fileDeviceKeyStore> =>
  fileDeviceKeyStore(path.join(folder, deviceKeyFile));

/** The device key, made with its public half where a new device has none yet. A device from before has none. */
export async function openDeviceKey(io: Io, folder: string, kind: "existing" | "new"): Promise<DeviceKey | undefined> {
  const store = keyStoreOf(path.resolve(io.workingFolder, folder));
  const found = await store.open();
  if (found !== undefined || kind === "existing") return found;
  const made = await store.generate();
  const bytes = new TextEncoder().encode(publicKeyPem(made.publicKey));
  writeFileAtomically(io, { name: path.join(folder, devicePublicKeyFile), bytes, ifExists: "replace" });
  return made;
}
