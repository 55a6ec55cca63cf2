import type { ComponentId, Version } from "@sumac/suit";
import type { ImageExpectation } from "./plan.ts";

/**
 * What a device answers to. Sets: it may belong to several classes. `any` is for a verifier that stands for no device in
 * particular (a plant, a server): it demands that the manifest names one, not which.
 */
export interface Identity {
  readonly vendorIds: "any" | readonly Uint8Array[];
  readonly classIds: "any" | readonly Uint8Array[];
  /** Absent: a manifest that names a device is for another one. */
  readonly deviceIds?: "any" | readonly Uint8Array[];
}

/** Who is asked to install. */
export interface Recipient extends Identity {
  readonly components: "any" | readonly RecipientComponent[];
}

export interface RecipientComponent {
  readonly id: ComponentId;
  /** Bytes that fit into a slot of this component. */
  readonly maxSize: bigint;
  /** The number of the slot that would be written, for manifests that hold one image per slot. */
  readonly slot?: bigint;
  /** Of a component that is a device of its own, such as an MCU behind a gateway; else the recipient's counts. */
  readonly identity?: Identity;
  /** The installed version, for the version condition. Absent: not known. */
  readonly version?: Version;
}

/**
 * What lies in the components before anything is done, in the slots that the plan would write. Absent, or no answer: not
 * known. What is not known is never taken for true; a condition that needs it is refused as `component-state-unknown`.
 */
export interface ComponentFacts {
  readonly componentImage?: (component: ComponentId) => ImageExpectation | undefined;
  readonly componentContent?: (component: ComponentId) => Uint8Array | undefined;
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
