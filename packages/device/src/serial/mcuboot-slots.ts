import { concatBytes, equalBytes } from "@sumac/crypto";
import { erasedByte, type Flash, type FlashGeometry, isErased } from "../flash/flash.ts";

/** The slots of a simulated MCUboot device: 0 is the primary one, which runs. */
export type McubootSlot = 0 | 1;

/** Bytes; as on the part that the recorded exchange was made with. */
const slotSize = 512 * 1024;
const sector = 4096;
const align = 8;

/** Two sectors go to the swap and the trailer. */
export const mcubootSizes: { readonly slot: number; readonly largestImage: number; readonly align: number } = {
  slot: slotSize,
  largestImage: slotSize - 2 * sector,
  align,
};

/** Both slots, and two sectors for which of them is primary and for the security counter. */
export const mcubootGeometry: FlashGeometry = {
  eraseBlock: sector,
  writeSize: align,
  size: 2 * slotSize + 2 * sector,
};

const recordAreas = [2 * slotSize, 2 * slotSize + sector] as const;
const recordLength = 16;
const recordsPerArea = sector / recordLength;

/** From the end of a slot, where fields are 8 bytes apart. */
const magicAt = slotSize - 16;
const imageOkAt = slotSize - 24;
const copyDoneAt = slotSize - 32;

const trailerMagic = Uint8Array.of(
  ...[0x77, 0xc2, 0x95, 0xf3, 0x60, 0xd2, 0xef, 0x7f],
  ...[0x35, 0x52, 0x50, 0x0f, 0x2c, 0xb6, 0x79, 0x80],
);
const setField = new Uint8Array(align).fill(erasedByte).with(0, 1);

export interface SlotTrailer {
  readonly magic: "good" | "unset" | "bad";
  readonly imageOk: "set" | "unset";
  readonly copyDone: "set" | "unset";
}

interface LoaderRecord {
  readonly sequence: number;
  /** Which half of the flash is slot 0 now: a swap turns the halves' roles round instead of moving every sector. */
  readonly primary: 0 | 1;
  readonly counter: number;
}

/**
 * Flash of a simulated MCUboot device. Trailers are those of the boot loader, byte for byte. Every operation may be cut:
 * the same call afterwards, or the next boot, brings it to its end.
 */
export class McubootSlots {
  readonly #flash: Flash;
  #record: LoaderRecord;
  /** Where the next record goes. */
  #at: { readonly area: 0 | 1; readonly index: number };

  private constructor(flash: Flash, record: LoaderRecord, at: { readonly area: 0 | 1; readonly index: number }) {
    this.#flash = flash;
    this.#record = record;
    this.#at = at;
  }

  /** The flash is laid out as `mcubootGeometry` says. */
  static async open(flash: Flash): Promise<McubootSlots> {
    let newest: LoaderRecord = { sequence: 0, primary: 0, counter: 0 };
    let at: { area: 0 | 1; index: number } = { area: 0, index: 0 };
    for (const area of [0, 1] as const) {
      const bytes = await flash.read(recordAreas[area], sector);
      for (let index = 0; index < recordsPerArea; index++) {
        const record = readRecord(bytes.subarray(index * recordLength, (index + 1) * recordLength));
        if (record === undefined || record.sequence <= newest.sequence) continue;
        newest = record;
        at = { area, index: nextFree(bytes, index) };
      }
    }
    return new McubootSlots(flash, newest, at);
  }

  /** What an image has to reach at least. */
  get securityCounter(): number {
    return this.#record.counter;
  }

  read(slot: McubootSlot, offset: number, length: number): Promise<Uint8Array> {
    return this.#flash.read(this.#start(slot) + offset, length);
  }

  async erase(slot: McubootSlot): Promise<void> {
    for (let at = 0; at < slotSize; at += sector) await this.#eraseIfUsed(this.#start(slot) + at);
  }

  /** `offset` is a multiple of the write unit; what is missing at the end of the last unit stays erased. */
  async write(slot: McubootSlot, offset: number, bytes: Uint8Array): Promise<void> {
    const rest = (align - (bytes.length % align)) % align;
    const whole = rest === 0 ? bytes : concatBytes(bytes, new Uint8Array(rest).fill(erasedByte));
    await this.#flash.write(this.#start(slot) + offset, whole);
  }

  async trailer(slot: McubootSlot): Promise<SlotTrailer> {
    const bytes = await this.read(slot, copyDoneAt, slotSize - copyDoneAt);
    const magic = bytes.subarray(magicAt - copyDoneAt);
    const field = (at: number): "set" | "unset" => (bytes[at - copyDoneAt] === 1 ? "set" : "unset");
    return {
      magic: equalBytes(magic, trailerMagic) ? "good" : isErased(magic) ? "unset" : "bad",
      imageOk: field(imageOkAt),
      copyDone: field(copyDoneAt),
    };
  }

  /** The next boot tries slot 1, once or for good. */
  async setPending(how: "test" | "permanent"): Promise<void> {
    const { magic, imageOk } = await this.trailer(1);
    if (how === "permanent" && imageOk === "unset") await this.write(1, imageOkAt, setField);
    if (magic === "unset") await this.write(1, magicAt, trailerMagic);
  }

  /** The image in slot 0 stays. One that was written there directly has no trailer, and needs none. */
  async confirm(): Promise<void> {
    const { magic, imageOk } = await this.trailer(0);
    if (magic === "good" && imageOk === "unset") await this.write(0, imageOkAt, setField);
  }

  /** Slot 1 becomes slot 0. Until the record is written, the trailers say the same again. */
  async swap(): Promise<void> {
    await this.#eraseTrailer(0);
    if ((await this.trailer(1)).copyDone === "unset") await this.write(1, copyDoneAt, setField);
    await this.#append({ ...this.#record, primary: this.#record.primary === 0 ? 1 : 0 });
  }

  /** What was tried goes back into slot 1, and what ran before stays. */
  async revert(): Promise<void> {
    await this.setPending("permanent");
    await this.swap();
  }

  async raiseCounter(counter: number): Promise<void> {
    if (counter > this.#record.counter) await this.#append({ ...this.#record, counter });
  }

  #start(slot: McubootSlot): number {
    return slot === this.#record.primary ? 0 : slotSize;
  }

  async #eraseTrailer(slot: McubootSlot): Promise<void> {
    await this.#eraseIfUsed(this.#start(slot) + slotSize - sector);
  }

  async #eraseIfUsed(at: number): Promise<void> {
    if (!isErased(await this.#flash.read(at, sector))) await this.#flash.erase(at);
  }

  async #append(change: LoaderRecord): Promise<void> {
    const record = { ...change, sequence: this.#record.sequence + 1 };
    if (this.#at.index === recordsPerArea) {
      const area = this.#at.area === 0 ? 1 : 0;
      await this.#flash.erase(recordAreas[area]);
      this.#at = { area, index: 0 };
    }
    const { area, index } = this.#at;
    this.#at = { area, index: index + 1 };
    await this.#flash.write(recordAreas[area] + index * recordLength, writeRecord(record));
    this.#record = record;
  }
}

/** The first erased place behind a record; what was torn there is passed over. */
function nextFree(area: Uint8Array, after: number): number {
  for (let index = recordsPerArea - 1; index > after; index--) {
    if (!isErased(area.subarray(index * recordLength, (index + 1) * recordLength))) return index + 1;
  }
  return after + 1;
}

function writeRecord({ sequence, primary, counter }: LoaderRecord): Uint8Array {
  const bytes = new Uint8Array(recordLength);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, sequence);
  view.setUint32(4, counter);
  view.setUint32(8, primary);
  view.setUint32(12, checksum(view));
  return bytes;
}

function readRecord(bytes: Uint8Array): LoaderRecord | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const primary = view.getUint32(8);
  if (view.getUint32(12) !== checksum(view) || (primary !== 0 && primary !== 1)) return undefined;
  return { sequence: view.getUint32(0), primary, counter: view.getUint32(4) };
}

/** Tells a whole record from a torn one; nobody is kept out by it. */
const checksum = (view: DataView): number =>
  [0, 4, 8].reduce((sum, at) => Math.imul(sum ^ view.getUint32(at), 0x01000193), 0x811c9dc5) >>> 0;
