import type { TrustPart } from "@sumac/verifier";
import type { ProvisionRefusal } from "../factory/provision.ts";
import type { SlotImage } from "../slots/slot-check.ts";
import type { BootOutcome } from "./boot-device.ts";
import type { ComponentSet } from "./component-set.ts";
import type { DeviceRefusal } from "./offer.ts";
import type { ClockDoubt } from "./trusted-time.ts";

/**
 * What a device did, told right after it is safe in the storage: a power cut can take the telling away, never make it
 * untrue. Facts; who listens decides what of it is kept (CR 2.8).
 */
export type DeviceEvent =
  | { readonly event: "provisioned"; readonly image: SlotImage; readonly recovery?: SlotImage }
  | { readonly event: "provision-refused"; readonly refusal: ProvisionRefusal }
  | { readonly event: "booted"; readonly outcome: BootOutcome }
  /** An envelope was handed in, of so many bytes; nothing is known of it. */
  | { readonly event: "envelope-received"; readonly size: number }
  /** Checks 1 to 9 passed. */
  | {
      readonly event: "received";
      readonly set: Exclude<ComponentSet, "mixed">;
      readonly sequence: bigint;
      readonly manifestDigest: Uint8Array;
      /** Whose signatures counted; those of approval roles tie a person to the order (CR 2.12). */
      readonly signers: readonly EventSigner[];
    }
  | { readonly event: "already-installed"; readonly sequence: bigint; readonly manifestDigest: Uint8Array }
  /** Refused at the check of the envelope or of an image; waiting for the plant counts as well. */
  | { readonly event: "refused"; readonly refusal: DeviceRefusal }
  /** The delivery broke off; what arrived is kept. */
  | { readonly event: "staging-interrupted"; readonly manifestDigest: Uint8Array }
  | { readonly event: "staged"; readonly image: SlotImage }
  | { readonly event: "armed" }
  | { readonly event: "disarmed" }
  | { readonly event: "confirmed"; readonly image: SlotImage }
  | { readonly event: "floor-raised"; readonly set: "release" | "recovery"; readonly from: bigint; readonly to: bigint }
  | { readonly event: "factory-reset" }
  | {
      readonly event: "trust-changed";
      readonly part: TrustPart;
      readonly sequence: bigint;
      /** SHA-256 of the record's bytes; absent = there was none. */
      readonly from?: Uint8Array;
      readonly to: Uint8Array;
      /** Empty: written on site, not by an update. */
      readonly signers: readonly EventSigner[];
    }
  /** The trusted time moved by more than it ran. Seconds since 1970. */
  | { readonly event: "time-changed"; readonly from: bigint; readonly to: bigint; readonly source: "operator" }
  /** A clock was not believed. */
  | {
      readonly event: "time-refused";
      readonly offered: bigint;
      readonly kept: bigint;
      readonly code: ClockDoubt["code"];
    }
  | { readonly event: "policy-changed"; readonly setting: string; readonly from: string; readonly to: string };

export interface EventSigner {
  readonly role: string;
  readonly keyId: Uint8Array;
}
