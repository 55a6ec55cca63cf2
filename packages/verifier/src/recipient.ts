import type { ComponentId } from "@sumac/suit";

/**
 * Who is asked to install. Identifiers are sets: a device may belong to several classes. `any` is for a verifier that
 * stands for no device in particular (a plant, a server): it demands that the manifest names one, not which.
 */
export interface Recipient {
  readonly vendorIds: "any" | readonly Uint8Array[];
  readonly classIds: "any" | readonly Uint8Array[];
  /** Absent: a manifest that names a device is for another one. */
  readonly deviceIds?: "any" | readonly Uint8Array[];
  readonly components: "any" | readonly RecipientComponent[];
}

export interface RecipientComponent {
  readonly id: ComponentId;
  /** Bytes that fit into a slot of this component. */
  readonly maxSize: bigint;
  /** The number of the slot that would be written, for manifests that hold one image per slot. */
  readonly slot?: bigint;
}

/** What is installed: the highest confirmed sequence number, and the digest of the manifest that had it. */
export interface Installed {
  readonly floor: bigint;
  /** Absent: known to be installed is the number only. */
  readonly manifestDigest?: Uint8Array;
}

/** What the plant allows at this moment; both are read by the device, not by the update. */
export interface Operations {
  readonly window: "open" | "closed";
  readonly interlock: "clear" | "engaged";
}
