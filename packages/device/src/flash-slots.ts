import { type Crypto, concatBytes, equalBytes } from "@sumac/crypto";
import { erasedByte, type Flash, isErased } from "./flash.ts";
import { type FlashLayout, type SlotRegion, slotHeadLength } from "./flash-layout.ts";
import type { SlotName } from "./slot.ts";
import type { SlotContent, SlotStaging, Slots, SlotWriter } from "./slots.ts";

const headerMagic = Uint8Array.of(0x53, 0x6d, 0x53, 0x6c); // "SmSl"
const sealMagic = Uint8Array.of(0x53, 0x65, 0x61, 0x6c); // "Seal"
const readChunk = 65536;

interface Header extends SlotStaging {
  readonly checksum: Uint8Array;
}

/**
 * Slots in NOR flash. The envelope region starts with a header (magic 4, envelope length 4, image size 8, checksum 16
 * over these and the envelope), then the seal, then the envelope. `begin` erases header and seal first and writes the
 * header last: a header without seal means that the image region was erased whole and holds only what was written since.
 * No unit is written twice between two erases.
 */
export class FlashSlots implements Slots {
  readonly imageCapacity: number;
  readonly envelopeCapacity: number;
  readonly #flash: Flash;
  readonly #regions: FlashLayout["slots"];
  readonly #crypto: Crypto;

  constructor(flash: Flash, layout: FlashLayout, crypto: Crypto) {
    this.#flash = flash;
    this.#regions = layout.slots;
    this.#crypto = crypto;
    const { a, b } = layout.slots;
    this.imageCapacity = Math.min(a.imageSize, b.imageSize);
    this.envelopeCapacity = Math.min(a.envelopeSize, b.envelopeSize) - slotHeadLength(flash.geometry.writeSize);
  }

  async inspect(slot: SlotName): Promise<SlotContent> {
    const { envelopeOffset } = this.#regions[slot];
    const head = await this.#flash.read(envelopeOffset, slotHeadLength(this.#flash.geometry.writeSize));
    const header = await this.#parseHeader(slot, head);
    if (header === undefined) return { state: isErased(head) ? "empty" : "damaged" };
    const { envelope, imageSize, checksum } = header;
    const seal = head.subarray(head.length / 2);
    if (isErased(seal)) return { state: "partial", envelope, imageSize };
    const sealed = equalBytes(seal.subarray(0, 32), this.#seal(checksum));
    return sealed ? { state: "sealed", envelope, imageSize } : { state: "damaged" };
  }

  async begin(slot: SlotName, staging: SlotStaging): Promise<SlotWriter> {
    const { envelope, imageSize } = staging;
    if (envelope.length > this.envelopeCapacity || imageSize > this.imageCapacity) {
      throw new RangeError(`envelope of ${envelope.length} or image of ${imageSize} bytes does not fit slot ${slot}`);
    }
    const { envelopeOffset, imageOffset } = this.#regions[slot];
    const headLength = slotHeadLength(this.#flash.geometry.writeSize);
    await this.#erase(envelopeOffset, headLength + envelope.length);
    await this.#erase(imageOffset, imageSize);
    await this.#program(envelopeOffset + headLength, envelope);
    await this.#program(envelopeOffset, this.#serializeHeader(staging));
    return this.#writer(slot, staging, 0);
  }

  async resume(slot: SlotName, staging: SlotStaging): Promise<SlotWriter | undefined> {
    const content = await this.inspect(slot);
    if (content.state !== "partial" || content.imageSize !== staging.imageSize) return undefined;
    if (!equalBytes(content.envelope, staging.envelope)) return undefined;
    const { imageOffset } = this.#regions[slot];
    const { eraseBlock } = this.#flash.geometry;
    for (let block = Math.ceil(staging.imageSize / eraseBlock) - 1; block >= 0; block--) {
      const offset = imageOffset + block * eraseBlock;
      if (isErased(await this.#flash.read(offset, eraseBlock))) continue;
      // The last block that was touched may be torn: start it again.
      await this.#flash.erase(offset);
      return this.#writer(slot, staging, block * eraseBlock);
    }
    return this.#writer(slot, staging, 0);
  }

  async *read(slot: SlotName, length: number): AsyncGenerator<Uint8Array> {
    const { imageOffset, imageSize } = this.#regions[slot];
    if (length > imageSize) throw new RangeError(`slot ${slot} holds ${imageSize} bytes, not ${length}`);
    for (let at = 0; at < length; at += readChunk) {
      yield await this.#flash.read(imageOffset + at, Math.min(readChunk, length - at));
    }
  }

  async discard(slot: SlotName): Promise<void> {
    const { envelopeOffset } = this.#regions[slot];
    const length = slotHeadLength(this.#flash.geometry.writeSize);
    // Nothing there: to erase it again would only wear it, as often as a server likes to cancel.
    if (isErased(await this.#flash.read(envelopeOffset, length))) return;
    await this.#erase(envelopeOffset, length);
  }

  #writer(slot: SlotName, { envelope, imageSize }: SlotStaging, position: number): SlotWriter {
    const region: SlotRegion = this.#regions[slot];
    const { writeSize } = this.#flash.geometry;
    const sealBytes = this.#seal(this.#checksum(headerStart(envelope, imageSize), envelope));
    const sealOffset = region.envelopeOffset + slotHeadLength(writeSize) / 2;
    const program = (offset: number, bytes: Uint8Array): Promise<void> => this.#program(offset, bytes);
    let rest: Uint8Array = new Uint8Array();
    return {
      get position(): number {
        return position;
      },
      async write(offset: number, chunk: Uint8Array): Promise<void> {
        if (offset !== position) throw new RangeError(`slot ${slot} goes on at ${position}, not ${offset}`);
        if (offset + chunk.length > imageSize) throw new RangeError(`slot ${slot} was prepared for ${imageSize} bytes`);
        const bytes = rest.length === 0 ? chunk : concatBytes(rest, chunk);
        const whole = bytes.length - (bytes.length % writeSize);
        if (whole > 0) await program(region.imageOffset + position - rest.length, bytes.subarray(0, whole));
        position += chunk.length;
        rest = bytes.slice(whole);
      },
      async seal(): Promise<void> {
        if (position !== imageSize) throw new RangeError(`slot ${slot} holds ${position} of ${imageSize} bytes`);
        if (rest.length > 0) await program(region.imageOffset + position - rest.length, rest);
        rest = new Uint8Array();
        await program(sealOffset, sealBytes);
      },
    };
  }

  async #parseHeader(slot: SlotName, head: Uint8Array): Promise<Header | undefined> {
    const view = new DataView(head.buffer, head.byteOffset, head.length);
    const envelopeLength = view.getUint32(4);
    const imageSize = view.getBigUint64(8);
    if (!equalBytes(head.subarray(0, 4), headerMagic)) return undefined;
    if (envelopeLength > this.envelopeCapacity || imageSize > this.imageCapacity) return undefined;
    const envelope = await this.#flash.read(this.#regions[slot].envelopeOffset + head.length, envelopeLength);
    const checksum = this.#checksum(head.subarray(0, 16), envelope);
    if (!equalBytes(head.subarray(16, 32), checksum)) return undefined;
    return { envelope, imageSize: Number(imageSize), checksum };
  }

  #serializeHeader({ envelope, imageSize }: SlotStaging): Uint8Array {
    const start = headerStart(envelope, imageSize);
    return concatBytes(start, this.#checksum(start, envelope));
  }

  #checksum(start: Uint8Array, envelope: Uint8Array): Uint8Array {
    return this.#digest(start, envelope).subarray(0, 16);
  }

  /** Bound to the header, so that a seal left over from another image is none. */
  #seal(checksum: Uint8Array): Uint8Array {
    return this.#digest(sealMagic, checksum);
  }

  #digest(...parts: readonly Uint8Array[]): Uint8Array {
    const digest = this.#crypto.startDigest("sha-256");
    for (const part of parts) digest.update(part);
    return digest.digest();
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

function headerStart(envelope: Uint8Array, imageSize: number): Uint8Array {
  const start = new Uint8Array(16);
  start.set(headerMagic);
  const view = new DataView(start.buffer);
  view.setUint32(4, envelope.length);
  view.setBigUint64(8, BigInt(imageSize));
  return start;
}
