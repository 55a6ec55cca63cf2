import { err, ok, type Result } from "@sumac/cbor";
import { imageCommand, smpGroup } from "./labels.ts";
import type { SmpClient } from "./smp-client.ts";
import { ask, type CommandFailure } from "./typed-request.ts";

/** The slots of one image, as the device describes them; sizes in bytes. */
export interface ImageSlots {
  readonly image: number;
  readonly slots: readonly SlotInformation[];
  /** Below the slot's size: the boot loader keeps room for its own. */
  readonly maxImageSize?: number;
}

export interface SlotInformation {
  readonly slot: number;
  readonly size?: number;
  /** The `image` of an upload that goes here; absent = nothing can be uploaded here. */
  readonly uploadImageId?: number;
}

/** Devices that do not know the question refuse it as `not-supported`. */
export const readSlots = (client: SmpClient): Promise<Result<readonly ImageSlots[], CommandFailure>> =>
  ask(client, { operation: "read", group: smpGroup.image, id: imageCommand["slot-information"] }, (fields) =>
    fields.maps("images", (image) => ({
      image: image.has("image") ? image.whole("image") : 0,
      slots: image.maps("slots", (slot) => ({
        slot: slot.whole("slot"),
        ...(slot.has("size") ? { size: slot.whole("size") } : {}),
        ...(slot.has("upload_image_id") ? { uploadImageId: slot.whole("upload_image_id") } : {}),
      })),
      ...(image.has("max_image_size") ? { maxImageSize: image.whole("max_image_size") } : {}),
    })),
  );

export interface UploadWish {
  /** Which image of the device; 0 where there is one. */
  readonly image: number;
  /**
   * `secondary`: beside the image that runs. `primary-overwriting-what-runs`: there is no way back from it.
   * `left-to-the-device`: by the number of the image alone; a recovery loader then takes the primary slot too.
   */
  readonly slot: "secondary" | "primary-overwriting-what-runs" | "left-to-the-device";
  /** Bytes of the file. */
  readonly size: number;
}

export interface UploadTarget {
  /** For the upload. */
  readonly image: number;
  /** Bytes that fit; absent = the device does not say. */
  readonly limit?: number;
}

export type UploadTargetRefusal =
  /** The device does not describe its slots: nobody knows whether the upload would hit the image that runs. */
  | { readonly code: "slots-not-told" }
  | { readonly code: "slot-absent"; readonly image: number; readonly slot: number }
  | { readonly code: "slot-not-writable"; readonly image: number; readonly slot: number }
  | { readonly code: "image-too-large"; readonly size: number; readonly limit: number };

/** Finds out where an upload goes before a byte of it is sent: devices learn too late that something does not fit. */
export function chooseUploadTarget(
  told: readonly ImageSlots[] | "not-told",
  { image, slot: wanted, size }: UploadWish,
): Result<UploadTarget, UploadTargetRefusal> {
  if (wanted === "left-to-the-device") {
    const limits = told === "not-told" ? [] : told.filter((one) => one.image === image);
    return fitting(
      image,
      size,
      limits.map(({ maxImageSize }) => maxImageSize),
    );
  }
  if (told === "not-told") {
    // The first number is the slot that runs for every recovery loader, with direct upload or without; no other one is.
    return wanted === "secondary" || image !== 0 ? err({ code: "slots-not-told" }) : ok({ image });
  }
  const number = wanted === "secondary" ? 1 : 0;
  const slots = told.find((one) => one.image === image);
  const slot = slots?.slots.find((one) => one.slot === number);
  if (slot === undefined) return err({ code: "slot-absent", image, slot: number });
  if (slot.uploadImageId === undefined) return err({ code: "slot-not-writable", image, slot: number });
  return fitting(slot.uploadImageId, size, [slots?.maxImageSize, slot.size]);
}

function fitting(
  image: number,
  size: number,
  limits: readonly (number | undefined)[],
): Result<UploadTarget, UploadTargetRefusal> {
  const known = limits.filter((limit) => limit !== undefined);
  if (known.length === 0) return ok({ image });
  const limit = Math.min(...known);
  return size > limit ? err({ code: "image-too-large", size, limit }) : ok({ image, limit });
}
