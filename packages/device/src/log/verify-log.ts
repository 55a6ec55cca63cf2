import { equalBytes } from "@sumac/crypto";
import type { LogEnds } from "./event-log.ts";
import type { ChainPlace, LogRecord } from "./log-record.ts";
import { type LogRing, logRings, logTypeById } from "./log-type.ts";

/** A record by its place in its ring. */
export interface RecordPlace {
  readonly ring: LogRing;
  readonly index: number;
}

/** The first place where a log is not what the device wrote (CR 3.9). */
export type LogProblem =
  /** The record does not have the digest that the next one, the signed head, or its own line names. */
  | ({ readonly code: "log-record-altered" } & RecordPlace)
  /** There was a record here. */
  | ({ readonly code: "log-record-missing" } & RecordPlace)
  /** The record stands before or behind its place, or twice. */
  | ({ readonly code: "log-record-out-of-order" } & RecordPlace)
  /** From this record on it is another log than before: nothing signed says which of the two is the device's. */
  | ({ readonly code: "log-chain-broken" } & RecordPlace)
  /** Where the record should be lies something that cannot be read. */
  | ({ readonly code: "log-record-unreadable" } & RecordPlace)
  /** Behind the end that the device signed. */
  | ({ readonly code: "log-record-unsigned" } & RecordPlace)
  /** The chain is whole and ends otherwise than the device signed: it was written anew, from the start or from somewhere. */
  | ({ readonly code: "log-rewritten" } & RecordPlace);

export interface LogGap {
  readonly place: RecordPlace;
  /** Records that the device could not keep. */
  readonly lost: number;
}

export interface SoundLog {
  readonly records: number;
  /** What the log itself says is missing. */
  readonly gaps: readonly LogGap[];
  /** The first record of each ring that is still there; older ones were dropped or cleared. */
  readonly from: Readonly<Record<LogRing, number>>;
  /** `unknown`: no signed head was there to compare with, so that whoever wrote the log may have written all of it. */
  readonly end: "as-signed" | "unknown";
  /** The last write was cut short, or its record was destroyed. */
  readonly torn: readonly LogRing[];
}

export type LogVerdict =
  | ({ readonly verdict: "sound" } & SoundLog)
  | { readonly verdict: "altered"; readonly problem: LogProblem };

interface Chain {
  next: ChainPlace | undefined;
  from: number | undefined;
  /** The record that did not follow the one before. */
  broken: RecordPlace | undefined;
  damage: "none" | "damaged";
}

/**
 * Compares a log with itself and with its ends, one record at a time in the order in which it is told. Constant memory
 * but for the gaps.
 */
export class LogVerifier {
  readonly #ends: LogEnds | undefined;
  readonly #chains: Record<LogRing, Chain> = { general: newChain(), reserved: newChain() };
  readonly #gaps: LogGap[] = [];
  #records = 0;
  #counter = -1;
  #problem: LogProblem | undefined;

  /** `ends` come from a signed head; without one only the chain itself is checked. */
  constructor(ends?: LogEnds) {
    this.#ends = ends;
    for (const ring of logRings) {
      const anchor = ends?.[ring].anchor;
      if (anchor !== undefined) this.#begin(ring, anchor);
    }
  }

  /** Where a ring begins, as the storage says; a signed head knows better. */
  anchor(ring: LogRing, place: ChainPlace): void {
    if (this.#ends === undefined && this.#chains[ring].next === undefined) this.#begin(ring, place);
  }

  /** `claimed`: the digest that stands beside the record. Records of both rings come in the order of their counter. */
  record(record: LogRecord, digest: Uint8Array, claimed?: Uint8Array): void {
    this.#records++;
    if (this.#problem !== undefined) {
      this.#lookForHole(record);
      return;
    }
    const { ring, index } = record;
    const chain = this.#chains[ring];
    const expected = chain.next ?? { index, previous: record.previous };
    const isForged = claimed !== undefined && !equalBytes(claimed, digest);
    this.#problem = isForged ? { code: "log-record-altered", ring, index } : this.#misplaced(record, expected.index);
    if (this.#problem !== undefined) return;
    if (!equalBytes(record.previous, expected.previous)) chain.broken ??= { ring, index };
    this.#counter = record.counter;
    chain.from ??= index;
    chain.next = { index: index + 1, previous: digest };
    chain.damage = "none";
    if (logTypeById(record.id) === "log-gap") {
      this.#gaps.push({ place: { ring, index }, lost: Number(record.facts["lost"] ?? 0) });
    }
  }

  #misplaced({ ring, index, counter }: LogRecord, expected: number): LogProblem | undefined {
    if (index > expected) {
      const isDamaged = this.#chains[ring].damage === "damaged";
      return { code: isDamaged ? "log-record-unreadable" : "log-record-missing", ring, index: expected };
    }
    const isInOrder = index === expected && counter > this.#counter;
    return isInOrder ? undefined : { code: "log-record-out-of-order", ring, index };
  }

  damage(ring: LogRing): void {
    this.#chains[ring].damage = "damaged";
  }

  verdict(): LogVerdict {
    for (const ring of logRings) {
      if (this.#problem !== undefined) break;
      this.#judgeEnd(ring);
    }
    if (this.#problem !== undefined) return { verdict: "altered", problem: this.#problem };
    const from = (ring: LogRing): number => this.#chains[ring].from ?? this.#chains[ring].next?.index ?? 0;
    return {
      verdict: "sound",
      records: this.#records,
      gaps: this.#gaps,
      from: { general: from("general"), reserved: from("reserved") },
      end: this.#ends === undefined ? "unknown" : "as-signed",
      torn: logRings.filter((ring) => this.#chains[ring].damage === "damaged"),
    };
  }

  #begin(ring: LogRing, place: ChainPlace): void {
    this.#chains[ring].next = place;
    this.#chains[ring].from = place.index;
  }

  /** A record that turns up later was not deleted but moved. */
  #lookForHole({ ring, index }: LogRecord): void {
    const missing = this.#problem;
    if (missing?.code === "log-record-missing" && missing.ring === ring && missing.index === index) {
      this.#problem = { code: "log-record-out-of-order", ring, index };
    }
  }

  /**
   * Which side of a break is the device's own: the one that leads to the end it signed. So the record before the break was
   * altered if the rest still fits, and everything from the break on is foreign if it does not.
   */
  #judgeEnd(ring: LogRing): void {
    const { next, broken, damage } = this.#chains[ring];
    const end = this.#ends?.[ring].next;
    if (end === undefined) {
      if (broken !== undefined) this.#fail("log-chain-broken", broken);
      return;
    }
    const reached = next ?? { index: 0, previous: end.previous };
    const fits = reached.index === end.index && equalBytes(reached.previous, end.previous);
    if (broken !== undefined) {
      if (fits && broken.index > 0) this.#fail("log-record-altered", { ring, index: broken.index - 1 });
      else this.#fail("log-chain-broken", broken);
    } else if (reached.index < end.index) {
      this.#fail(damage === "damaged" ? "log-record-unreadable" : "log-record-missing", { ring, index: reached.index });
    } else if (reached.index > end.index) this.#fail("log-record-unsigned", { ring, index: end.index });
    else if (!fits) this.#fail("log-rewritten", { ring, index: Math.max(0, end.index - 1) });
  }

  #fail(code: LogProblem["code"], place: RecordPlace): void {
    this.#problem ??= { code, ...place };
  }
}

const newChain = (): Chain => ({
  next: undefined,
  from: undefined,
  broken: undefined,
  damage: "none",
});
