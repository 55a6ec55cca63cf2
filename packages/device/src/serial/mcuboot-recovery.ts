import { equalBytes } from "@sumac/crypto";
import type { ImageVersion, VerifiedImage } from "@sumac/mcuboot";
import { imageCommand, osCommand, type SmpCall, type SmpHandler, type SmpMap, smpGroup, smpResult } from "@sumac/smp";
import {
  bootMcuboot,
  imageIn,
  type McubootBooted,
  type McubootLoaderParts,
  type SwapType,
  swapTypeOf,
} from "./mcuboot-boot.ts";
import { type McubootSlot, mcubootSizes } from "./mcuboot-slots.ts";

/** Bytes of the buffer in which a request is put together. */
const bufferSize = 1024;

/** Of a request or an answer, header included: length word and checksum lie in the same buffer. */
export const mcubootLongestMessage: number = bufferSize - 4;

export interface McubootRecoveryOptions extends McubootLoaderParts {
  /** Hears how each boot went. */
  booted(outcome: McubootBooted): void;
}

const {
  "invalid-value": invalidValue,
  "no-entry": noEntry,
  "not-supported": notSupported,
} = Object.fromEntries(smpResult.map((name, number) => [name, number])) as Record<(typeof smpResult)[number], number>;

/**
 * Answers as the serial recovery of MCUboot does, built with direct upload, image state, slot information and echo: one
 * request at a time, `rc` to both versions, no digest kept of an upload, chunks cut to the write unit. What is uploaded is
 * never judged; only what would boot is listed.
 */
export class McubootRecovery implements SmpHandler {
  readonly #options: McubootRecoveryOptions;
  /** Of the upload in progress; lost with a reset. */
  #expected = 0;
  #length = 0;
  #target: McubootSlot = 0;

  constructor(options: McubootRecoveryOptions) {
    this.#options = options;
  }

  async handle(call: SmpCall): Promise<SmpMap> {
    const { group, id, operation, body } = call;
    if (group === smpGroup.os) return answerOs(call);
    if (group !== smpGroup.image) return { rc: notSupported };
    switch (id) {
      case imageCommand.state:
        return operation === "read" ? this.#list() : this.#mark(body);
      case imageCommand.upload:
        return operation === "write" ? this.#upload(body) : { rc: notSupported };
      case imageCommand["slot-information"]:
        return operation === "read" ? slotInformation : { rc: notSupported };
      default:
        return { rc: notSupported };
    }
  }

  /** The answer to a reset goes out first. */
  async afterwards({ group, id, operation }: SmpCall): Promise<void> {
    if (group === smpGroup.os && id === osCommand.reset && operation === "write") await this.restart();
  }

  /** Also for a power cut: nothing of an upload is remembered but what lies in the slot. */
  async restart(): Promise<McubootBooted> {
    this.#expected = 0;
    this.#length = 0;
    const outcome = await bootMcuboot(this.#options);
    this.#options.booted(outcome);
    return outcome;
  }

  async #list(): Promise<SmpMap> {
    const swap = await swapTypeOf(this.#options.slots);
    const images: SmpMap[] = [];
    for (const slot of [0, 1] as const) {
      const image = await imageIn(this.#options, slot);
      if (image.ok) images.push(listed(slot, image.value, swap));
    }
    return { images };
  }

  async #mark({ hash, confirm }: SmpMap): Promise<SmpMap> {
    const { slots } = this.#options;
    const how = confirm === true ? "permanent" : "test";
    // Without a hash it means the other slot, whatever runs.
    let slot: McubootSlot | undefined = 1;
    if (hash instanceof Uint8Array) slot = await this.#slotOf(hash);
    if (slot === undefined) return { rc: noEntry };
    if (slot === 1) await slots.setPending(how);
    else if (confirm === true) await slots.confirm();
    return this.#list();
  }

  async #slotOf(hash: Uint8Array): Promise<McubootSlot | undefined> {
    for (const slot of [0, 1] as const) {
      const image = await imageIn(this.#options, slot);
      if (image.ok && equalBytes(image.value.digest.bytes, hash)) return slot;
    }
    return undefined;
  }

  async #upload({ off, data, len, image }: SmpMap): Promise<SmpMap> {
    if (typeof off !== "number" || !(data instanceof Uint8Array)) return { rc: invalidValue };
    if (off === 0) {
      this.#expected = 0;
      const target = uploadTargets.get(image ?? 0);
      if (target === undefined || typeof len !== "number" || len > mcubootSizes.slot) return { rc: invalidValue };
      this.#length = len;
      this.#target = target;
      await this.#options.slots.erase(target);
    }
    if (off !== this.#expected) return { rc: 0, off: this.#expected };
    // Behind an end that is no multiple of the write unit nothing can be written, not even nothing.
    if (data.length === 0) return { rc: 0, off };
    if (off + data.length > this.#length) return { rc: invalidValue };
    const last = off + data.length === this.#length;
    const taken = last ? data : data.subarray(0, data.length - (data.length % mcubootSizes.align));
    await this.#options.slots.write(this.#target, off, taken);
    this.#expected = off + taken.length;
    return { rc: 0, off: this.#expected };
  }
}

/** `image` of an upload, with one pair of slots and direct upload. */
const uploadTargets: ReadonlyMap<unknown, McubootSlot> = new Map([
  [0, 0],
  [1, 0],
  [2, 1],
]);

const slotInformation: SmpMap = {
  images: [
    {
      image: 0,
      slots: [
        { slot: 0, size: mcubootSizes.slot, upload_image_id: 1 },
        { slot: 1, size: mcubootSizes.slot, upload_image_id: 2 },
      ],
      max_image_size: mcubootSizes.largestImage,
    },
  ],
};

function answerOs({ id, operation, body }: SmpCall): SmpMap {
  switch (id) {
    case osCommand.echo:
      return typeof body["d"] === "string" ? { r: body["d"] } : { rc: invalidValue };
    case osCommand["console-echo"]:
      return { rc: 0 };
    case osCommand.reset:
      return operation === "write" ? { rc: 0 } : { rc: notSupported };
    case osCommand.parameters:
      return operation === "read" ? { buf_size: bufferSize, buf_count: 1 } : { rc: notSupported };
    default:
      return { rc: notSupported };
  }
}

type Flag = "confirmed" | "active" | "pending" | "permanent";

const flags: Readonly<Record<SwapType, readonly [primary: readonly Flag[], secondary: readonly Flag[]]>> = {
  none: [["confirmed", "active"], []],
  test: [["confirmed"], ["pending"]],
  permanent: [["confirmed"], ["pending", "permanent"]],
  revert: [["active"], ["confirmed"]],
};

/** Members in the order of the boot loader, flags only where they are set. */
const listed = (slot: McubootSlot, { image, digest }: VerifiedImage, swap: SwapType): SmpMap => ({
  ...(image.header.flags.includes("non-bootable") ? {} : { bootable: true }),
  ...Object.fromEntries(flags[swap][slot].map((flag) => [flag, true])),
  slot,
  hash: digest.bytes,
  version: versionText(image.header.version),
});

/** As the boot loader prints it. */
const versionText = ({ major, minor, revision, build }: ImageVersion): string =>
  [major, minor, revision, ...(build === 0 ? [] : [build])].join(".");
