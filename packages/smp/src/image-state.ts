import type { Result } from "@sumac/cbor";
import { equalBytes } from "@sumac/crypto";
import type { AnswerFields } from "./answer-fields.ts";
import { imageCommand, smpGroup } from "./labels.ts";
import type { SmpClient } from "./smp-client.ts";
import { ask, type CommandFailure } from "./typed-request.ts";

const imageFlags = ["active", "confirmed", "pending", "permanent", "bootable"] as const;
export type ImageSlotFlag = (typeof imageFlags)[number];

/** An image that a device lists. A boot loader lists only what it would boot: what it refuses is simply not there. */
export interface ListedImage {
  /** Which of several images of a device; 0 where there is one. */
  readonly image: number;
  readonly slot: number;
  /** As the device writes it: `2.0.0.7`. */
  readonly version: string;
  /** The digest that the image carries, over what is signed; never that of the uploaded file. */
  readonly hash?: Uint8Array;
  readonly flags: readonly ImageSlotFlag[];
}

const longestHash = 64;

export const readImageState = (client: SmpClient): Promise<Result<readonly ListedImage[], CommandFailure>> =>
  ask(client, { operation: "read", group: smpGroup.image, id: imageCommand.state }, listedImages);

/**
 * `test`: boots once on the next reset; `confirm`: stays. The image is named by its hash in either case: without one, some
 * servers confirm what runs and others mark what waits.
 */
export const markImage = (
  client: SmpClient,
  hash: Uint8Array,
  as: "test" | "confirm",
): Promise<Result<readonly ListedImage[], CommandFailure>> =>
  ask(
    client,
    { operation: "write", group: smpGroup.image, id: imageCommand.state, body: { hash, confirm: as === "confirm" } },
    listedImages,
  );

const listedImages = (fields: AnswerFields): readonly ListedImage[] =>
  fields.maps("images", (item) => ({
    image: item.has("image") ? item.whole("image") : 0,
    slot: item.whole("slot"),
    version: item.text("version"),
    ...(item.has("hash") ? { hash: item.bytes("hash", longestHash) } : {}),
    flags: item.flags(imageFlags),
  }));

/** undefined = the device does not list it: it refused it, or never had it. */
export const findListed = (images: readonly ListedImage[], hash: Uint8Array): ListedImage | undefined =>
  images.find((image) => image.hash !== undefined && equalBytes(image.hash, hash));

export interface EraseOptions {
  /** Default: the slot that is not in use, by the server's choice. */
  readonly slot?: number;
  /** Milliseconds; default 60,000: the answer comes when the last sector is erased. */
  readonly timeout?: number;
}

/** Asks once: a device that is still erasing answers nobody, and asked twice it would erase twice. */
export const eraseSlot = (
  client: SmpClient,
  { slot, timeout = 60_000 }: EraseOptions = {},
): Promise<Result<undefined, CommandFailure>> =>
  ask(
    client,
    { operation: "write", group: smpGroup.image, id: imageCommand.erase, body: { slot }, timeout, retries: 0 },
    () => undefined,
  );
