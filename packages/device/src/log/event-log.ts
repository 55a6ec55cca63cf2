import type { Crypto } from "@sumac/crypto";
import { Unavailable } from "../unavailable.ts";
import {
  type ChainPlace,
  chainStart,
  type LogEntry,
  type LogRecord,
  parseRecord,
  placeEntry,
  recordDigest,
  serializeRecord,
} from "./log-record.ts";
import type { LogStore } from "./log-store.ts";
import { type LogRing, logRings, logTypeById, logTypes } from "./log-type.ts";

export interface EventLogOptions {
  readonly crypto: Crypto;
  /** Seconds since 1970 by the device's trusted time; undefined = it has none. */
  now(): bigint | undefined;
  /** Percent of a ring, not exported yet, at which the log warns (CR 2.9 RE 1). Default 80. */
  readonly warnAt?: number;
  /** Entries that memory holds while the storage fails; then they are counted only. Default 64. */
  readonly bufferEntries?: number;
  /** What a device does about updates while its log cannot be written (CR 2.10). Control goes on in any case. */
  readonly whenFailing: "refuse-updates" | "go-on";
}

export type LogStatus =
  | { readonly state: "working" }
  /** `waiting` entries are in memory, `lost` were not kept. */
  | { readonly state: "failing"; readonly waiting: number; readonly lost: number; readonly fault: Unavailable };

/** The ends of a ring's chain, for a signed head. */
export interface RingEnds {
  readonly anchor: ChainPlace;
  readonly next: ChainPlace;
}

export type LogEnds = Readonly<Record<LogRing, RingEnds>>;

/** A record with the digest that the next one holds of it. */
export interface LoggedRecord {
  readonly record: LogRecord;
  readonly digest: Uint8Array;
}

interface Noted {
  readonly entry: LogEntry;
  readonly ring: LogRing;
  readonly time: bigint | undefined;
}

/** What a ring has lost since its last gap marker. */
interface Gap {
  lost: number;
  because: string;
}

/** What counts of a record for how full the log is. */
interface Seen {
  readonly ring: LogRing;
  readonly counter: number;
  readonly cost: number;
  /** It says that records up to here were exported. */
  readonly exported: number | undefined;
  /** It warns of this ring. */
  readonly warned: LogRing | undefined;
}

/** While the storage fails it is tried at the 1st, 2nd, 4th ... note, at least at every 64th. */
const rarestTry = 64;

export type LogView = Pick<EventLog, "records" | "ends">;

/**
 * The event log of a device: two hash chains in one bounded store. `note` takes an event at once and never throws; the
 * writing happens behind it. A storage that fails costs records, never a control cycle or an update (CR 2.10); what was
 * lost is said by a gap marker as soon as something can be written again.
 */
export class EventLog {
  readonly #store: LogStore;
  readonly #options: EventLogOptions;
  readonly #tails: Record<LogRing, ChainPlace> = { general: chainStart, reserved: chainStart };
  /** Bytes that were not exported yet. */
  readonly #used: Record<LogRing, number> = { general: 0, reserved: 0 };
  readonly #warned: Record<LogRing, "warned" | "quiet"> = { general: "quiet", reserved: "quiet" };
  readonly #gaps: Record<LogRing, Gap> = { general: { lost: 0, because: "" }, reserved: { lost: 0, because: "" } };
  readonly #queue: Noted[] = [];
  #counter = 0;
  #open: "open" | "closed" = "closed";
  #fault: Unavailable | undefined;
  #delayed = 0;
  #notesWhileFailing = 0;
  #work: Promise<void> | undefined;
  /** One at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(store: LogStore, options: EventLogOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** Finds where the log goes on. A storage that fails is tried again later, like every write. */
  static async open(store: LogStore, options: EventLogOptions): Promise<EventLog> {
    const log = new EventLog(store, options);
    await log.flush();
    return log;
  }

  /** A log to read from, that writes nothing, not even a gap marker. Throws `Unavailable` where it cannot be read. */
  static async view(store: LogStore, crypto: Crypto): Promise<LogView> {
    const log = new EventLog(store, { crypto, now: () => undefined, whenFailing: "go-on" });
    await log.#reopen();
    return log;
  }

  get status(): LogStatus {
    if (this.#fault === undefined) return { state: "working" };
    const lost = logRings.reduce((sum, ring) => sum + this.#gaps[ring].lost, 0);
    return { state: "failing", waiting: this.#queue.length, lost, fault: this.#fault };
  }

  /** Bytes each ring holds before it drops its oldest. */
  get capacity(): Readonly<Record<LogRing, number>> {
    return { general: this.#store.capacity("general"), reserved: this.#store.capacity("reserved") };
  }

  /** Whether the policy lets an update begin now. */
  get updates(): "allowed" | "refused" {
    return this.#fault !== undefined && this.#options.whenFailing === "refuse-updates" ? "refused" : "allowed";
  }

  /** For the control path: bounded work, no wait, no throw. */
  note(entry: LogEntry): void {
    this.#take(entry, logTypes[entry.type].ring);
    if (this.#fault !== undefined && !this.#isTry()) return;
    this.#work ??= this.#inTurn(() => this.#drain());
    this.#work.catch(() => undefined);
  }

  /** Waits until all that was noted is stored, or the storage fails. Throws only what is no fault of the storage. */
  async flush(): Promise<void> {
    await this.#work?.catch(() => undefined);
    this.#work ??= this.#inTurn(() => this.#drain());
    await this.#work;
  }

  async append(entry: LogEntry): Promise<"stored" | "waiting" | "dropped"> {
    const kept = this.#take(entry, logTypes[entry.type].ring);
    await this.flush();
    if (kept === "dropped") return "dropped";
    return this.#fault === undefined ? "stored" : "waiting";
  }

  /** Drops all records; the chains go on, and the first record says who did it. */
  async clear(by: string, reason?: string): Promise<void> {
    await this.flush();
    if (this.#fault !== undefined) throw this.#fault;
    await this.#inTurn(async () => {
      // The reserved ring first: its head says that it was cleared, should the power fail before the record is there.
      for (const ring of ["reserved", "general"] as const) {
        await this.#store.restart(ring, { ...this.#tails[ring], counter: this.#counter });
        this.#used[ring] = 0;
        this.#warned[ring] = "quiet";
        if (ring === "reserved") await this.#writeNow(cleared(by, reason), ring);
      }
    });
  }

  /** Says that records up to this counter are safe elsewhere: the log is not nearly full any more. */
  async exported(through: number, to: string): Promise<void> {
    const facts = { through: String(through), to };
    await this.append({ type: "log-exported", source: "log", result: "success", facts });
    await this.#inTurn(async () => {
      const seen: Seen[] = [];
      for (const ring of logRings) {
        for await (const { record, size } of this.#read(ring)) seen.push(seenOf(record, this.#store.cost(size)));
      }
      this.#measure(seen);
    });
  }

  /** All records that are stored, by their counter; what cannot be read is left out (`verifyStoredLog` finds it). */
  async *records(): AsyncGenerator<LoggedRecord> {
    yield* mergeByCounter(this.#read("general"), this.#read("reserved"));
  }

  async ends(): Promise<LogEnds> {
    const ends = async (ring: LogRing): Promise<RingEnds> => ({
      anchor: await this.#anchor(ring),
      next: this.#tails[ring],
    });
    return { general: await ends("general"), reserved: await ends("reserved") };
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work, work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  #take(entry: LogEntry, ring: LogRing): "kept" | "dropped" {
    const limit = this.#options.bufferEntries ?? 64;
    // Of memory, too, a part is kept for what an outsider cannot cause.
    const room = ring === "reserved" ? limit : Math.ceil((limit * 3) / 4);
    if (this.#queue.length >= room) {
      this.#gaps[ring].lost++;
      this.#gaps[ring].because = this.#fault?.code ?? "too-many-at-once";
      return "dropped";
    }
    this.#queue.push({ entry, ring, time: this.#options.now() });
    return "kept";
  }

  #isTry(): boolean {
    const notes = ++this.#notesWhileFailing;
    return notes % rarestTry === 0 || (notes & (notes - 1)) === 0;
  }

  async #drain(): Promise<void> {
    try {
      if (this.#open === "closed") await this.#reopen();
      for (let noted = this.#queue[0]; noted !== undefined; noted = this.#queue[0]) {
        await this.#write(noted);
        this.#queue.shift();
        if (this.#fault !== undefined) this.#delayed++;
        await this.#warnIfFull(noted.ring);
      }
      await this.#markGaps();
      this.#fault = undefined;
      this.#notesWhileFailing = 0;
    } catch (fault) {
      if (!(fault instanceof Unavailable)) throw fault;
      this.#fault = fault;
      this.#open = "closed";
    } finally {
      this.#work = undefined;
    }
  }

  async #reopen(): Promise<void> {
    await this.#store.open();
    const seen: Seen[] = [];
    for (const ring of logRings) {
      const last = await this.#findTail(ring, seen);
      if (last === "damage" && this.#fault === undefined) {
        this.#gaps[ring] = { lost: this.#gaps[ring].lost + 1, because: "torn-record" };
      }
      if (last === "cleared" && ring === "reserved") {
        this.#queue.unshift({ entry: cleared("unknown"), ring, time: this.#options.now() });
      }
    }
    this.#open = "open";
    this.#measure(seen);
  }

  /** Answers what lies last in the ring. */
  async #findTail(ring: LogRing, seen: Seen[]): Promise<"nothing" | "record" | "damage" | "anchor" | "cleared"> {
    let last: "nothing" | "record" | "damage" | "anchor" | "cleared" = "nothing";
    let lastBytes: Uint8Array | undefined;
    this.#tails[ring] = chainStart;
    for await (const piece of this.#store.pieces(ring)) {
      last = piece.kind;
      if (piece.kind === "anchor") {
        if (piece.because === "cleared") last = "cleared";
        const { index, previous, counter } = piece.place;
        this.#tails[ring] = { index, previous };
        this.#counter = Math.max(this.#counter, counter);
        lastBytes = undefined;
      }
      const record = piece.kind === "record" ? parseRecord(piece.bytes) : undefined;
      if (piece.kind !== "record" || !record?.ok) continue;
      const { index, counter } = record.value;
      this.#tails[ring] = { index: index + 1, previous: chainStart.previous };
      this.#counter = Math.max(this.#counter, counter + 1);
      lastBytes = piece.bytes;
      seen.push(seenOf(record.value, this.#store.cost(piece.bytes.length)));
    }
    if (lastBytes !== undefined) {
      this.#tails[ring] = { ...this.#tails[ring], previous: recordDigest(lastBytes, this.#options.crypto) };
    }
    return last;
  }

  async #write({ entry, ring, time }: Noted): Promise<void> {
    const tail = this.#tails[ring];
    const counter = this.#counter;
    const bytes = serializeRecord(placeEntry(entry, ring, { counter, time }, tail));
    await this.#store.append(ring, bytes, { ...tail, counter });
    this.#tails[ring] = { index: tail.index + 1, previous: recordDigest(bytes, this.#options.crypto) };
    this.#counter = counter + 1;
    this.#used[ring] += this.#store.cost(bytes.length);
  }

  async #writeNow(entry: LogEntry, ring: LogRing): Promise<void> {
    await this.#write({ entry, ring, time: this.#options.now() });
  }

  /** After a fault always, so that a reader of the log sees that it was out of order for a while. */
  async #markGaps(): Promise<void> {
    for (const ring of logRings) {
      const { lost, because } = this.#gaps[ring];
      const delayed = ring === "general" ? this.#delayed : 0;
      const recovered = this.#fault !== undefined && ring === "general";
      if (lost === 0 && !recovered) continue;
      const facts = { lost: String(lost), delayed: String(delayed), because: because || (this.#fault?.code ?? "") };
      await this.#writeNow({ type: "log-gap", source: "log", result: "failure", facts }, ring);
      this.#gaps[ring] = { lost: 0, because: "" };
    }
    this.#delayed = 0;
  }

  async #warnIfFull(ring: LogRing): Promise<void> {
    const percent = Math.min(100, (this.#used[ring] * 100) / this.#store.capacity(ring));
    if (this.#warned[ring] === "warned" || percent < (this.#options.warnAt ?? 80)) return;
    this.#warned[ring] = "warned";
    const facts = { ring, percent: String(Math.floor(percent)) };
    await this.#writeNow({ type: "log-nearly-full", source: "log", result: "warning", facts }, "reserved");
  }

  /** Counts what was not exported. */
  #measure(seen: readonly Seen[]): void {
    const through = Math.max(-1, ...seen.map(({ exported }) => exported ?? -1));
    for (const ring of logRings) {
      const fresh = seen.filter(({ counter }) => counter > through);
      this.#used[ring] = fresh.reduce((sum, each) => sum + (each.ring === ring ? each.cost : 0), 0);
      this.#warned[ring] = fresh.some(({ warned }) => warned === ring) ? "warned" : "quiet";
    }
  }

  async *#read(ring: LogRing): AsyncGenerator<LoggedRecord & { readonly size: number }> {
    for await (const piece of this.#store.pieces(ring)) {
      if (piece.kind !== "record") continue;
      const record = parseRecord(piece.bytes);
      const digest = recordDigest(piece.bytes, this.#options.crypto);
      if (record.ok) yield { record: record.value, digest, size: piece.bytes.length };
    }
  }

  async #anchor(ring: LogRing): Promise<ChainPlace> {
    for await (const piece of this.#store.pieces(ring)) {
      if (piece.kind === "anchor") return { index: piece.place.index, previous: piece.place.previous };
    }
    return chainStart;
  }
}

function seenOf({ ring, counter, id, facts }: LogRecord, cost: number): Seen {
  const name = logTypeById(id);
  return {
    ring,
    counter,
    cost,
    exported: name === "log-exported" ? Number(facts["through"]) : undefined,
    warned: name === "log-nearly-full" ? logRings.find((each) => each === facts["ring"]) : undefined,
  };
}

const cleared = (by: string, reason?: string): LogEntry => ({
  type: "log-cleared",
  source: "log",
  result: "success",
  facts: { by, ...(reason === undefined ? {} : { reason }) },
});

/** Both are in order themselves. */
async function* mergeByCounter<T extends LoggedRecord>(
  left: AsyncIterator<T>,
  right: AsyncIterator<T>,
): AsyncGenerator<T> {
  let [a, b] = [await left.next(), await right.next()];
  while (!(a.done && b.done)) {
    if (b.done || (!a.done && a.value.record.counter <= b.value.record.counter)) {
      if (a.done) return;
      yield a.value;
      a = await left.next();
    } else {
      yield b.value;
      b = await right.next();
    }
  }
}
