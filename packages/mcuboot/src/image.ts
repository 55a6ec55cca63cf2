import type { ImageVersion } from "./image-version.ts";
import type { ImageFlag } from "./labels.ts";
import type { Tlv } from "./tlv.ts";
import type { Trailer } from "./trailer.ts";

/** Lengths in bytes. */
export interface ImageHeader {
  readonly loadAddress: number;
  /** Of the header area: the payload begins there. */
  readonly headerSize: number;
  /** Of the protected TLV area with its head; 0 = there is none. */
  readonly protectedSize: number;
  /** Of the payload alone. */
  readonly imageSize: number;
  readonly flags: readonly ImageFlag[];
  /** Bits that have no name; MCUboot passes them over. */
  readonly unknownFlags: number;
  readonly version: ImageVersion;
}

/** Minimum version of another image of the same device. Checked by boot loaders of several images only. */
export interface ImageDependency {
  readonly image: number;
  readonly minVersion: ImageVersion;
}

/** An image as received. Parsed is not verified: every member may be a lie until `verifyImage` has accepted it. */
export interface McubootImage {
  readonly received: Uint8Array;
  readonly header: ImageHeader;
  readonly tlvs: readonly Tlv[];
  readonly payload: Uint8Array;
  /** Header area, payload and protected TLVs: what the digest is made of. */
  readonly hashed: Uint8Array;
  /** Bytes up to the end of the last TLV; what follows is padding of the slot. */
  readonly length: number;
  /** From the protected area only, as MCUboot reads it; never from one that anybody can append. */
  readonly securityCounter?: number;
  readonly dependencies: readonly ImageDependency[];
  /** Present if the file fills a slot. */
  readonly trailer?: Trailer;
}
