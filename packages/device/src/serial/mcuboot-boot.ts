import { err, type Result } from "@sumac/cbor";
import type { Crypto, PublicKey } from "@sumac/crypto";
import { type ImageRefusal, type VerifiedImage, verifyImage } from "@sumac/mcuboot";
import { type McubootSlot, type McubootSlots, mcubootSizes } from "./mcuboot-slots.ts";

/** What the next boot does with the slots. */
export type SwapType = "none" | "test" | "permanent" | "revert";

export interface McubootLoaderParts {
  readonly slots: McubootSlots;
  readonly crypto: Crypto;
  /** That the boot loader was built with. */
  readonly keys: readonly PublicKey[];
}

/** What a boot came to. */
export interface McubootBooted {
  readonly swap: SwapType;
  /** Absent: nothing in the primary slot may run. */
  readonly running?: VerifiedImage;
  /** An image that was to be tried, and may not run. */
  readonly refused?: ImageRefusal;
  /** Stored when the image was started. */
  readonly securityCounter: number;
}

/** By the trailers of both slots, as the boot loader's own table has it. */
export async function swapTypeOf(slots: McubootSlots): Promise<SwapType> {
  const [primary, secondary] = [await slots.trailer(0), await slots.trailer(1)];
  if (secondary.magic === "good") return secondary.imageOk === "set" ? "permanent" : "test";
  const onTrial = primary.magic === "good" && primary.copyDone === "set" && primary.imageOk === "unset";
  return onTrial && secondary.magic === "unset" ? "revert" : "none";
}

/** The image of a slot, judged as MCUboot with rollback protection and one kind of key does. */
export async function imageIn(
  { slots, crypto, keys }: McubootLoaderParts,
  slot: McubootSlot,
): Promise<Result<VerifiedImage, ImageRefusal>> {
  const bytes = await slots.read(slot, 0, mcubootSizes.largestImage);
  const length = imageLength(bytes);
  if (length === undefined) {
    return err({ code: "malformed-image", reason: "wrong-magic", field: "header", offset: 0 });
  }
  return verifyImage(bytes.subarray(0, length), {
    crypto,
    keys,
    rollback: { storedCounter: slots.securityCounter },
    maxImageSize: mcubootSizes.largestImage,
  });
}

/**
 * Power on, in the order of MCUboot: swaps what is to be tried if it may run, takes back what was tried and not confirmed,
 * and runs slot 0 if that may run. The stored counter rises only where nothing was swapped: what is on trial must be able
 * to go back.
 */
export async function bootMcuboot(parts: McubootLoaderParts): Promise<McubootBooted> {
  const { slots } = parts;
  const swap = await swapTypeOf(slots);
  const candidate = swap === "none" ? undefined : await imageIn(parts, 1);
  if (candidate?.ok === false && swap !== "revert") await slots.erase(1);
  if (candidate?.ok === true) await (swap === "revert" ? slots.revert() : slots.swap());
  const booted = await imageIn(parts, 0);
  const counter = booted.ok ? booted.value.image.securityCounter : undefined;
  if (counter !== undefined && swap === "none") await slots.raiseCounter(counter);
  return {
    swap,
    securityCounter: slots.securityCounter,
    ...(booted.ok ? { running: booted.value } : {}),
    ...(candidate?.ok === false ? { refused: candidate.error } : {}),
  };
}

const headerLength = 32;
const tlvHeadLength = 4;

/** Up to the end of the last TLV, by the lengths that the header names; undefined = there is no image. */
function imageLength(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < headerLength) return undefined;
  const tlvs = view.getUint16(8, true) + view.getUint32(12, true) + view.getUint16(10, true);
  if (tlvs + tlvHeadLength > bytes.length) return undefined;
  const end = tlvs + view.getUint16(tlvs + 2, true);
  return end > bytes.length ? undefined : end;
}
