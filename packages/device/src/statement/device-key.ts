import type { PublicKey } from "@sumac/crypto";

/**
 * The device's own key: it signs reports, inventory and heads of the event log. Made on the device at provisioning, one
 * for each unit (CR 1.2); no operation hands out its private half (CR 1.5).
 */
export interface DeviceKey {
  readonly publicKey: PublicKey;
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** Where the platform keeps it: a file, a secure element, a TPM. */
export interface DeviceKeyStore {
  /** Undefined: none was made yet. */
  open(): Promise<DeviceKey | undefined>;
  /** Makes one and keeps it before it is returned. Throws if there is one: a unit has one identity. */
  generate(): Promise<DeviceKey>;
}
