import type { ChainPlace } from "./log-record.ts";
import type { LogRing } from "./log-type.ts";

/** What a ring goes on with. */
export interface RingTail extends ChainPlace {
  /** Over both rings: no record of the ring has it or a higher one. */
  readonly counter: number;
}

/** A piece of a ring as it lies there, oldest first. `at` is for people: a byte of the storage. */
export type StoredPiece =
  | { readonly kind: "record"; readonly bytes: Uint8Array; readonly at: number }
  /** Neither a record nor erased: torn, worn, or altered. */
  | { readonly kind: "damage"; readonly at: number; readonly length: number }
  /** A segment begins. The first of a ring says where its chain goes on from; the records before it were dropped. */
  | { readonly kind: "anchor"; readonly place: RingTail; readonly because: "full" | "cleared" };

/**
 * Where the records of both rings lie: a bounded place that drops the oldest segment of a ring to make room. Records are
 * bytes here. Faults of the storage are thrown as `Unavailable`; a record whose append has returned survives a power cut,
 * one whose append was cut is there whole or is damage.
 */
export interface LogStore {
  /** Finds where to go on; again after a fault. */
  open(): Promise<void>;
  /** Bytes of records a ring holds before it drops any. */
  capacity(ring: LogRing): number;
  /** Of that, what a record of so many bytes takes. */
  cost(length: number): number;
  /** `tail` is where the record stands. Bounded work: at most one segment is erased. */
  append(ring: LogRing, record: Uint8Array, tail: RingTail): Promise<void>;
  /** Drops all records of a ring; its chain goes on at `tail`. */
  restart(ring: LogRing, tail: RingTail): Promise<void>;
  /** Reads one segment at a time. */
  pieces(ring: LogRing): AsyncIterable<StoredPiece>;
}
