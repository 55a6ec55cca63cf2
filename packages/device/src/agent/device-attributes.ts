import { bytesToHex } from "@sumac/crypto";
import { formatUuid } from "@sumac/suit";
import type { DeviceStatus } from "../device/device.ts";

/** What the server is told of a device (DDI configData): who it is, in its first vendor and class, and what it runs. */
export function deviceAttributes({ running, identity }: DeviceStatus): Readonly<Record<string, string>> {
  const [vendorId] = identity.vendorIds;
  const [classId] = identity.classIds;
  return {
    ...(vendorId === undefined ? {} : { vendorId: formatUuid(vendorId) }),
    ...(classId === undefined ? {} : { classId: formatUuid(classId) }),
    sequence: String(running.sequence),
    manifestDigest: bytesToHex(running.manifestDigest),
    ...(running.version === undefined ? {} : { version: running.version }),
  };
}
