import { type Crypto, concatBytes, equalBytes } from "@sumac/crypto";
import { sha256 } from "../sha256.ts";
import type { SlotName } from "../slots/slot.ts";
import {
  type ComponentSlot,
  checkFits,
  type SlotContent,
  type SlotPosition,
  type SlotStaging,
  type Slots,
  type SlotWriter,
  sameStaging,
  skipWholeImages,
} from "../slots/slots.ts";
import { erasedByte, type Flash, isErased } from "./flash.ts";
import { type FlashLayout, type ImageRegion, type SlotRegion, slotHead } from "./flash-layout.ts";

const headerMagic = Uint8Array.of(0x53, 0x6d, 0x53, 0x6c); // "SmSl"
const sealMagic = Uint8Array.of(0x53, 0x65, 0x61, 0x6c); // "Seal"
const checksumLength = 16;
const readChunk = 65536;

interface Header extends SlotStaging {
  readonly checksum: Uint8Array;
}

/**
 * Slots in NOR flash. The envelope region starts with a header (magic 4, envelope length 4, size of each image 8,
 * checksum 16 over these and the envelope), then the seal, then the envelope; each image has a region of its own.
 * `begin` erases header and seal first and writes the header last: a header without seal means that the image regions
 * were erased whole and hold only what was written since. No unit is written twice between two erases.
 */
export class FlashSlots implements Slots {
  readonly components: readonly ComponentSlot[];
  readonly recovery?: ComponentSlot;
  readonly envelopeCapacity: number;
  readonly #flash: Flash;
  readonly #regions: FlashLayout["slots"];
  readonly #crypto: Crypto;

  constructor(flash: Flash, layout: FlashLayout, crypto: Crypto) {
    this.#flash = flash;
    this.#regions = layout.slots;
    this.#crypto = crypto;
    const { a, b, recovery } = layout.slots;
    this.components = a.images.map(({ component, size }, i) => ({
      id: component,
      capacity: Math.min(size, imageAt(b, i).size),
    }));
    if (recovery !== undefined) {
      const { component, size } = imageAt(recovery, 0);
      this.recovery = { id: component, capacity: size };
    }
    const regions = [a, b, ...(recovery === undefined ? [] : [recovery])];
    this.envelopeCapacity = Math.min(...regions.map((region) => region.envelopeSize - this.#head(region).length));
  }

  async inspect(slot: SlotName): Promise<SlotContent> {
    const region = this.#region(slot);
    const { seal: sealOffset, length } = this.#head(region);
    const head = await this.#flash.read(region.envelopeOffset, length);
    const header = await this.#parseHeader(region, head);
    if (header === undefined) return { state: isErased(head) ? "empty" : "damaged" };
    const { envelope, imageSizes, checksum } = header;
    const seal = head.subarray(sealOffset);
    if (isErased(seal)) return { state: "partial", envelope, imageSizes };
    const sealed = equalBytes(seal.subarray(0, 32), this.#seal(checksum));
    return sealed ? { state: "sealed", envelope, imageSizes } : { state: "damaged" };
  }

  async begin(slot: SlotName, staging: SlotStaging): Promise<SlotWriter> {
    const region = this.#region(slot);
    checkFits(this, slot, staging);
    const { envelope, imageSizes } = staging;
    const { length } = this.#head(region);
    await this.#erase(region.envelopeOffset, length + envelope.length);
    for (const [i, size] of imageSizes.entries()) await this.#erase(imageAt(region, i).offset, size);
    await this.#program(region.envelopeOffset + length, envelope);
    await this.#program(region.envelopeOffset, this.#serializeHeader(staging));
    return this.#writer(region, staging, { component: 0, offset: 0 });
  }

  async resume(slot: SlotName, staging: SlotStaging): Promise<SlotWriter | undefined> {
    const region = this.#region(slot);
    const content = await this.inspect(slot);
    if (content.state !== "partial" || !sameStaging(content, staging)) return undefined;
    const { eraseBlock } = this.#flash.geometry;
    for (let component = staging.imageSizes.length - 1; component >= 0; component--) {
      const size = staging.imageSizes[component] ?? 0;
      for (let block = Math.ceil(size / eraseBlock) - 1; block >= 0; block--) {
        const offset = imageAt(region, component).offset + block * eraseBlock;
        if (isErased(await this.#flash.read(offset, eraseBlock))) continue;
        // The last block that was touched may be torn: start it again.
        await this.#flash.erase(offset);
        return this.#writer(region, staging, { component, offset: block * eraseBlock });
      }
    }
    return this.#writer(region, staging, { component: 0, offset: 0 });
  }

  async *read(slot: SlotName, component: number, length: number): AsyncGenerator<Uint8Array> {
    const { offset, size } = imageAt(this.#region(slot), component);
    if (length > size) throw new RangeError(`slot ${slot} holds ${size} bytes, not ${length}`);
    for (let at = 0; at < length; at += readChunk) {
      yield await this.#flash.read(offset + at, Math.min(readChunk, length - at));
    }
  }

  async discard(slot: SlotName): Promise<void> {
    const region = this.#region(slot);
    const { length } = this.#head(region);
    // Nothing there: to erase it again would only wear it, as often as a server likes to cancel.
    if (isErased(await this.#flash.read(region.envelopeOffset, length))) return;
    await this.#erase(region.envelopeOffset, length);
  }

  #region(slot: SlotName): SlotRegion {
    const region = this.#regions[slot];
    if (region === undefined) throw new RangeError(`the device has no slot ${slot}`);
    return region;
  }

  #head(region: SlotRegion): ReturnType<typeof slotHead> {
    return slotHead(this.#flash.geometry.writeSize, region.images.length);
  }

  #writer(region: SlotRegion, { envelope, imageSizes }: SlotStaging, start: SlotPosition): SlotWriter {
    const { writeSize } = this.#flash.geometry;
    const sealBytes = this.#seal(this.#checksum(headerStart(envelope, imageSizes), envelope));
    const sealOffset = region.envelopeOffset + this.#head(region).seal;
    const program = (offset: number, bytes: Uint8Array): Promise<void> => this.#program(offset, bytes);
    let position = skipWholeImages(start, imageSizes);
    let rest: Uint8Array = new Uint8Array();
    return {
      get position(): SlotPosition {
        return position;
      },
      async write(component: number, offset: number, chunk: Uint8Array): Promise<void> {
        if (chunk.length === 0) return;
        if (component !== position.component || offset !== position.offset) {
          throw new RangeError(
            `the slot goes on at ${position.component}:${position.offset}, not ${component}:${offset}`,
          );
        }
        const end = offset + chunk.length;
        const size = imageSizes[component] ?? 0;
        if (end > size) throw new RangeError(`image ${component} was announced with ${size} bytes`);
        const bytes = rest.length === 0 ? chunk : concatBytes(rest, chunk);
        // The end of an image is written whole; the next one starts in another block.
        const ready = end === size ? bytes.length : bytes.length - (bytes.length % writeSize);
        if (ready > 0) {
          await program(imageAt(region, component).offset + offset - rest.length, bytes.subarray(0, ready));
        }
        position = skipWholeImages({ component, offset: end }, imageSizes);
        rest = bytes.slice(ready);
      },
      async seal(): Promise<void> {
        const { component, offset } = position;
        if (component < imageSizes.length) throw new RangeError(`image ${component} is not whole: ${offset} bytes`);
        await program(sealOffset, sealBytes);
      },
    };
  }

  async #parseHeader(region: SlotRegion, head: Uint8Array): Promise<Header | undefined> {
    const view = new DataView(head.buffer, head.byteOffset, head.length);
    const envelopeLength = view.getUint32(4);
    if (!equalBytes(head.subarray(0, 4), headerMagic) || envelopeLength > this.envelopeCapacity) return undefined;
    const sizes = region.images.map((_, i) => view.getBigUint64(8 + 8 * i));
    if (sizes.some((size, i) => size > imageAt(region, i).size)) return undefined;
    const envelope = await this.#flash.read(region.envelopeOffset + head.length, envelopeLength);
    const startLength = 8 + 8 * sizes.length;
    const checksum = this.#checksum(head.subarray(0, startLength), envelope);
    if (!equalBytes(head.subarray(startLength, startLength + checksumLength), checksum)) return undefined;
    return { envelope, imageSizes: sizes.map(Number), checksum };
  }

  #serializeHeader({ envelope, imageSizes }: SlotStaging): Uint8Array {
    const start = headerStart(envelope, imageSizes);
    return concatBytes(start, this.#checksum(start, envelope));
  }

  #checksum(start: Uint8Array, envelope: Uint8Array): Uint8Array {
    return sha256(this.#crypto, start, envelope).subarray(0, checksumLength);
  }

  /** Bound to the header, so that a seal left over from other images is none. */
  #seal(checksum: Uint8Array): Uint8Array {
    return sha256(this.#crypto, sealMagic, checksum);
  }

  async #erase(offset: number, length: number): Promise<void> {
    const { eraseBlock } = this.#flash.geometry;
    for (let at = 0; at < length; at += eraseBlock) await this.#flash.erase(offset + at);
  }

  async #program(offset: number, bytes: Uint8Array): Promise<void> {
    const { writeSize } = this.#flash.geometry;
    if (bytes.length % writeSize === 0) return this.#flash.write(offset, bytes);
    const padded = new Uint8Array(Math.ceil(bytes.length / writeSize) * writeSize).fill(erasedByte);
    padded.set(bytes);
    await this.#flash.write(offset, padded);
  }
}

function imageAt({ images }: SlotRegion, index: number): ImageRegion {
  const image = images[index];
  if (image === undefined) throw new RangeError(`the slot has ${images.length} images, none is ${index}`);
  return image;
}

function headerStart(envelope: Uint8Array, imageSizes: readonly number[]): Uint8Array {
  const start = new Uint8Array(8 + 8 * imageSizes.length);
  start.set(headerMagic);
  const view = new DataView(start.buffer);
  view.setUint32(4, envelope.length);
  for (const [i, size] of imageSizes.entries()) view.setBigUint64(8 + 8 * i, BigInt(size));
  return start;
}
