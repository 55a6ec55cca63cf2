import { type Crypto, concatBytes, equalBytes } from "@sumac/crypto";
import type { FileSystem } from "../files/file-system.ts";
import { readPrivateFile, takeName, writePrivateFile } from "../files/private-file.ts";
import { sha256 } from "../sha256.ts";
import { Unavailable } from "../unavailable.ts";
import { type DeviceState, parseState, serializeState } from "./state.ts";
import type { StateReading, StateStore } from "./state-store.ts";

const magic = Uint8Array.of(0x53, 0x6d, 0x53, 0x46); // "SmSF"
/** magic 4, sequence 8; a SHA-256 over head and content follows them. */
const headLength = 12;
const digestLength = 32;
const usualCapacity = 65536;

const copies = ["first", "second"] as const;
type Copy = (typeof copies)[number];

const recordName = (sequence: number, copy: Copy): string => `state.${sequence}.${copy}`;
const unnamed = (copy: Copy): string => `state.next.${copy}`;
/** Says that there was a state once. */
const mark = "state.written";

/** The newest record that the folder names, and what can be read of it. */
interface Newest {
  readonly sequence: number;
  readonly content: Uint8Array | undefined;
  /** Copies that are missing or not whole. */
  readonly behind: readonly Copy[];
  readonly isOnlyOne: boolean;
}

/**
 * The state in a folder, twice: `state.17.first` and `state.17.second`; the next write makes `state.18.*`. Both copies are
 * safe under other names before either gets its own, and the old ones go when both have theirs. So no name is that of
 * half a record, and the highest number among the names says which record is the newest, also when no copy of it can be
 * read: then the state is damaged, and an older one is not believed.
 */
export class FileState implements StateStore {
  readonly capacity: number;
  readonly #files: FileSystem;
  readonly #folder: string;
  readonly #crypto: Crypto;

  /** The folder is there. `capacity`: bytes of a serialized state; default 64 KiB. */
  constructor(files: FileSystem, folder: string, crypto: Crypto, capacity: number = usualCapacity) {
    this.#files = files;
    this.#folder = folder;
    this.#crypto = crypto;
    this.capacity = capacity;
  }

  async read(): Promise<StateReading> {
    const names = await this.#files.names(this.#folder);
    const newest = await this.#newest(names);
    if (newest?.content === undefined) {
      // All records gone is a loss as well: a device that counted as new would start with a floor of somebody's choice.
      if (newest === undefined && !names.includes(mark)) return { kind: "blank" };
      const because = newest === undefined || newest.isOnlyOne ? "no-valid-copy" : "newest-copy-damaged";
      return { kind: "damaged", problem: { code: "state-unreadable", because } };
    }
    const state = parseState(newest.content);
    if (!state.ok) return { kind: "damaged", problem: { code: "state-malformed", problem: state.error } };
    return { kind: "present", state: state.value, repaired: await this.#repair(newest, newest.content) };
  }

  async write(state: DeviceState): Promise<void> {
    const content = serializeState(state);
    if (content.length > this.capacity) {
      throw new RangeError(`a state of ${content.length} bytes is longer than ${this.capacity}`);
    }
    const names = await this.#files.names(this.#folder);
    const newest = await this.#newest(names);
    // Two copies of the newest record before there is a newer one: else one damaged file could lose both.
    if (newest?.content !== undefined) await this.#place(newest.sequence, newest.content, newest.behind);
    const sequence = (newest?.sequence ?? 0) + 1;
    await this.#place(sequence, content, copies);
    if (!names.includes(mark)) await this.#setMark();
    await this.#removeBefore(sequence);
  }

  /** A copy that can no longer be written must not stop a boot: the other one says what runs. */
  async #repair(newest: Newest, content: Uint8Array): Promise<"nothing" | "copy" | "failed"> {
    if (newest.behind.length === 0) return "nothing";
    try {
      await this.#place(newest.sequence, content, newest.behind);
      return "copy";
    } catch (fault) {
      if (fault instanceof Unavailable) return "failed";
      throw fault;
    }
  }

  async #newest(names: readonly string[]): Promise<Newest | undefined> {
    const sequences = names.flatMap(sequenceIn);
    if (sequences.length === 0) return undefined;
    const sequence = Math.max(...sequences);
    const readings = await Promise.all(copies.map((copy) => this.#readCopy(sequence, copy)));
    const content = readings.find((reading) => reading instanceof Uint8Array);
    // Not damage as long as nobody could look: a later try may read it.
    const fault = readings.find((reading) => reading instanceof Unavailable);
    if (content === undefined && fault !== undefined) throw fault;
    return {
      sequence,
      content,
      behind: copies.filter((_, i) => !(readings[i] instanceof Uint8Array)),
      isOnlyOne: sequences.every((other) => other === sequence),
    };
  }

  async #readCopy(sequence: number, copy: Copy): Promise<Uint8Array | Unavailable | undefined> {
    try {
      const limit = headLength + this.capacity + digestLength;
      const bytes = await readPrivateFile(this.#files, this.#path(recordName(sequence, copy)), limit);
      if (bytes === undefined || bytes.length < headLength + digestLength) return undefined;
      const content = bytes.slice(headLength, -digestLength);
      return equalBytes(bytes, this.#serialize(sequence, content)) ? content : undefined;
    } catch (fault) {
      if (fault instanceof Unavailable) return fault;
      throw fault;
    }
  }

  /** Either copy is safe before one of them takes its name. */
  async #place(sequence: number, content: Uint8Array, which: readonly Copy[]): Promise<void> {
    if (which.length === 0) return;
    const record = this.#serialize(sequence, content);
    for (const copy of which) await writePrivateFile(this.#files, this.#path(unnamed(copy)), record);
    for (const copy of which) {
      await takeName(this.#files, this.#path(unnamed(copy)), this.#path(recordName(sequence, copy)));
    }
    await this.#files.syncFolder(this.#folder);
  }

  async #setMark(): Promise<void> {
    await writePrivateFile(this.#files, this.#path(mark), new Uint8Array());
    await this.#files.syncFolder(this.#folder);
  }

  /** If the power fails here they are found by the next write: their numbers are lower for ever. */
  async #removeBefore(sequence: number): Promise<void> {
    for (const name of await this.#files.names(this.#folder)) {
      const [number] = sequenceIn(name);
      if (number !== undefined && number < sequence) await this.#files.remove(this.#path(name));
    }
  }

  /** The digest is against decay, not against people: whoever can write the folder can write this too. */
  #serialize(sequence: number, content: Uint8Array): Uint8Array {
    const head = new Uint8Array(headLength);
    head.set(magic);
    new DataView(head.buffer).setBigUint64(4, BigInt(sequence));
    return concatBytes(head, content, sha256(this.#crypto, head, content));
  }

  #path(name: string): string {
    return `${this.#folder}/${name}`;
  }
}

function sequenceIn(name: string): number[] {
  const digits = /^state\.([1-9]\d{0,14})\.(?:first|second)$/.exec(name)?.[1];
  return digits === undefined ? [] : [Number(digits)];
}
