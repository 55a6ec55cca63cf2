import { type Crypto, concatBytes, equalBytes } from "@sumac/crypto";
import { type Flash, isErased } from "../flash/flash.ts";
import { sha256 } from "../sha256.ts";
import { Unavailable } from "../unavailable.ts";
import { type DeviceState, parseState, serializeState } from "./state.ts";
import type { StateReading, StateStore } from "./state-store.ts";

export interface FlashStateRegion {
  /** Where the first bank starts; the second follows it. A multiple of the erase block, like `bankSize`. */
  readonly offset: number;
  readonly bankSize: number;
  /** Bytes of one record with its head, a multiple of the write size. */
  readonly cellSize: number;
}

/** magic 4, content length 4, sequence 8, checksum 16. */
const headLength = 32;
const magic = Uint8Array.of(0x53, 0x6d, 0x53, 0x31); // "SmS1"

interface StateRecord {
  readonly sequence: number;
  readonly content: Uint8Array;
}

type Cell = "erased" | "invalid" | StateRecord;

interface Bank {
  readonly offset: number;
  readonly cells: readonly Cell[];
}

/**
 * The state in two banks of flash, each a log of whole records. A write appends the record to the first bank, then to
 * the second; a full bank is erased first, while the other holds the newest record. So at every moment at most one bank
 * is unfinished, and the other ends with the newest record and nothing after it. Where no bank ends like that, a newer
 * record existed and cannot be read: that is damage, not a power cut, and the older record is not believed.
 */
export class FlashState implements StateStore {
  readonly capacity: number;
  readonly #flash: Flash;
  readonly #region: FlashStateRegion;
  readonly #crypto: Crypto;

  constructor(flash: Flash, region: FlashStateRegion, crypto: Crypto) {
    this.#flash = flash;
    this.#region = region;
    this.#crypto = crypto;
    this.capacity = region.cellSize - headLength;
  }

  async read(): Promise<StateReading> {
    const banks = await this.#readBanks();
    const newest = newestRecord(banks);
    if (newest === undefined) {
      // Provisioning fills the first bank before the second: an untouched second bank means that it never ended.
      if (banks[1].cells.every((cell) => cell === "erased")) return { kind: "blank" };
      return { kind: "damaged", problem: { code: "state-unreadable", because: "no-valid-copy" } };
    }
    if (!banks.some((bank) => endsWith(bank, newest.sequence))) {
      return { kind: "damaged", problem: { code: "state-unreadable", because: "newest-copy-damaged" } };
    }
    const state = parseState(newest.content);
    if (!state.ok) return { kind: "damaged", problem: { code: "state-malformed", problem: state.error } };
    return { kind: "present", state: state.value, repaired: await this.#repair(banks, newest) };
  }

  async write(state: DeviceState): Promise<void> {
    const content = serializeState(state);
    if (content.length > this.capacity) {
      throw new RangeError(`a state of ${content.length} bytes does not fit a cell of ${this.#region.cellSize}`);
    }
    let banks = await this.#readBanks();
    const newest = newestRecord(banks);
    // A write that failed half-way leaves one bank behind: touching the other now could lose both.
    if (newest !== undefined && (await this.#finish(banks, newest))) banks = await this.#readBanks();
    const record = { sequence: (newest?.sequence ?? 0) + 1, content };
    for (const bank of banks) await this.#append(bank, record);
  }

  /** A bank that can no longer be written must not stop a boot: the other one says what runs. */
  async #repair(banks: readonly Bank[], newest: StateRecord): Promise<"nothing" | "copy" | "failed"> {
    try {
      return (await this.#finish(banks, newest)) ? "copy" : "nothing";
    } catch (fault) {
      if (fault instanceof Unavailable) return "failed";
      throw fault;
    }
  }

  /** Makes both banks end with the newest record. Answers whether one did not. */
  async #finish(banks: readonly Bank[], newest: StateRecord): Promise<boolean> {
    const behind = banks.filter((bank) => !endsWith(bank, newest.sequence));
    for (const bank of behind) await this.#append(bank, newest);
    return behind.length > 0;
  }

  async #readBanks(): Promise<readonly [Bank, Bank]> {
    const { offset, bankSize } = this.#region;
    return [await this.#readBank(offset), await this.#readBank(offset + bankSize)];
  }

  async #readBank(offset: number): Promise<Bank> {
    const { bankSize, cellSize } = this.#region;
    const bytes = await this.#flash.read(offset, bankSize);
    const cells: Cell[] = [];
    for (let at = 0; at + cellSize <= bankSize; at += cellSize) {
      cells.push(this.#readCell(bytes.subarray(at, at + cellSize)));
    }
    return { offset, cells };
  }

  #readCell(cell: Uint8Array): Cell {
    if (isErased(cell)) return "erased";
    const head = new DataView(cell.buffer, cell.byteOffset, cell.length);
    const length = head.getUint32(4);
    if (!equalBytes(cell.subarray(0, 4), magic) || length > cell.length - headLength) return "invalid";
    const content = cell.subarray(headLength, headLength + length);
    if (!equalBytes(cell.subarray(16, headLength), this.#checksum(cell.subarray(0, 16), content))) return "invalid";
    return { sequence: Number(head.getBigUint64(8)), content };
  }

  async #append(bank: Bank, record: StateRecord): Promise<void> {
    const { bankSize, cellSize } = this.#region;
    let cell = bank.cells.findLastIndex((content) => content !== "erased") + 1;
    if (cell === bank.cells.length) {
      const { eraseBlock } = this.#flash.geometry;
      for (let at = 0; at < bankSize; at += eraseBlock) await this.#flash.erase(bank.offset + at);
      cell = 0;
    }
    await this.#flash.write(bank.offset + cell * cellSize, this.#serializeRecord(record));
  }

  #serializeRecord({ sequence, content }: StateRecord): Uint8Array {
    const start = new Uint8Array(16);
    start.set(magic);
    const view = new DataView(start.buffer);
    view.setUint32(4, content.length);
    view.setBigUint64(8, BigInt(sequence));
    const { writeSize } = this.#flash.geometry;
    const length = Math.ceil((headLength + content.length) / writeSize) * writeSize;
    const record = new Uint8Array(length).fill(0xff);
    record.set(concatBytes(start, this.#checksum(start, content), content));
    return record;
  }

  /** Against wear and torn writes, not against people: whoever can write the flash can write this too. */
  #checksum(start: Uint8Array, content: Uint8Array): Uint8Array {
    return sha256(this.#crypto, start, content).subarray(0, 16);
  }
}

const isRecord = (cell: Cell): cell is StateRecord => cell !== "erased" && cell !== "invalid";

function newestRecord(banks: readonly Bank[]): StateRecord | undefined {
  const records = banks.flatMap(({ cells }) => cells.filter(isRecord));
  return records.reduce<StateRecord | undefined>(
    (newest, record) => (newest === undefined || record.sequence > newest.sequence ? record : newest),
    undefined,
  );
}

/** Whether the last thing in the bank is the record with this sequence number. */
function endsWith({ cells }: Bank, sequence: number): boolean {
  const last = cells.findLast((cell) => cell !== "erased");
  return last !== undefined && isRecord(last) && last.sequence === sequence;
}
