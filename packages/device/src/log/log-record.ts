import {
  type CborArray,
  type CborItem,
  type CborValue,
  decode,
  encode,
  expectArray,
  type Malformed,
  type Result,
} from "@sumac/cbor";
import type { Crypto } from "@sumac/crypto";
import { sha256 } from "../sha256.ts";
import { bytesOf, count, named, readItem, textOf, Unreadable, unlessNull } from "../state/item-reader.ts";
import {
  type LogCategory,
  type LogResult,
  type LogRing,
  type LogTypeName,
  logCategories,
  logResults,
  logTypes,
} from "./log-type.ts";

/** What happened, before the log gives it a place. */
export interface LogEntry {
  readonly type: LogTypeName;
  /** The part of the device that says so: `device`, `boot`, `agent`, `integrity`, `log`. */
  readonly source: string;
  readonly result: LogResult;
  readonly facts?: LogFacts;
}

/** Texts only, so that every export is as exact as the record. */
export type LogFacts = Readonly<Record<string, string>>;

/** One event in its place (CR 2.8). */
export interface LogRecord {
  readonly ring: LogRing;
  /** Within its ring, without a hole. */
  readonly index: number;
  /** Over both rings, without a hole (CR 2.11); what was lost is counted by gap markers. */
  readonly counter: number;
  /** Seconds since 1970 by the device's trusted time; undefined = it had none. */
  readonly time: bigint | undefined;
  readonly source: string;
  readonly category: LogCategory;
  /** Of `logTypes`; a number this version does not know is kept. */
  readonly id: number;
  readonly result: LogResult;
  readonly facts: LogFacts;
  /** SHA-256 of the record before it in its ring. */
  readonly previous: Uint8Array;
}

/** Where a chain goes on: the index of the next record, and the digest that it holds of the one before. */
export interface ChainPlace {
  readonly index: number;
  readonly previous: Uint8Array;
}

/** Before the very first record. */
export const chainStart: ChainPlace = { index: 0, previous: new Uint8Array(32) };

/** Bytes. What does not fit loses facts, never the event. */
export const maxRecordBytes = 1000;

const version = 1;
const [maxFacts, maxNameLength, maxValueLength] = [12, 32, 200];
const ringNumber: Readonly<Record<LogRing, number>> = { general: 0, reserved: 1 };
const numbers = {
  ring: (name: LogRing): number => ringNumber[name],
  category: (name: LogCategory): number => logCategories[name],
  result: (name: LogResult): number => logResults[name],
};

export function placeEntry(
  entry: LogEntry,
  ring: LogRing,
  { counter, time }: Pick<LogRecord, "counter" | "time">,
  place: ChainPlace,
): LogRecord {
  const { id, category } = logTypes[entry.type];
  const record = { ring, counter, time, source: cut(entry.source, maxNameLength), category, id, result: entry.result };
  const facts = Object.entries(entry.facts ?? {}).map(([name, value]): [string, string] => [
    cut(name, maxNameLength),
    cut(value, maxValueLength),
  ]);
  for (let kept = Math.min(facts.length, maxFacts); ; kept--) {
    const placed = { ...record, ...place, facts: Object.fromEntries(facts.slice(0, kept)) };
    if (kept === 0 || serializeRecord(placed).length <= maxRecordBytes) return placed;
  }
}

/** Text from a server may be anything: CBOR has no lone surrogates, and a record is bounded. */
const cut = (text: string, length: number): string => text.slice(0, length).toWellFormed();

export function serializeRecord(record: LogRecord): Uint8Array {
  const { ring, index, counter, time, source, category, id, result, facts, previous } = record;
  const value: CborValue = [
    version,
    numbers.ring(ring),
    index,
    counter,
    time ?? null,
    source,
    numbers.category(category),
    id,
    numbers.result(result),
    new Map(Object.entries(facts)),
    previous,
  ];
  return encode(value);
}

/** What the next record of the ring holds of this one, and what a signed head names. */
export const recordDigest = (encoded: Uint8Array, crypto: Crypto): Uint8Array => sha256(crypto, encoded);

/** The inverse of `serializeRecord`; refuses everything it does not write. */
export function parseRecord(bytes: Uint8Array): Result<LogRecord, Malformed> {
  const decoded = decode(bytes, { field: "record" });
  if (!decoded.ok) return decoded;
  const array = expectArray(decoded.value, "record");
  if (!array.ok) return array;
  return readItem("record", () => readRecord(array.value));
}

function readRecord(array: CborArray): LogRecord {
  const [form, ring, index, counter, time, source, category, id, result, facts, previous, ...rest] = array.items;
  if (!form || !ring || !index || !counter || !time || !source || !category || !id || !result || !facts || !previous) {
    throw new Unreadable("wrong-length", "", array);
  }
  if (rest.length > 0) throw new Unreadable("wrong-length", "", array);
  if (count(form, "version") !== version) throw new Unreadable("wrong-value", "version", form);
  return {
    ring: named(ring, "ring", ringNumber),
    index: count(index, "index"),
    counter: count(counter, "counter"),
    time: unlessNull(time, (seconds) => BigInt(count(seconds, "time"))),
    source: textOf(source, "source"),
    category: named(category, "category", logCategories),
    id: count(id, "id"),
    result: named(result, "result", logResults),
    facts: readFacts(facts),
    previous: bytesOf(previous, "previous", 32),
  };
}

function readFacts(item: CborItem): LogFacts {
  if (item.kind !== "map") throw new Unreadable("wrong-type", "facts", item);
  return Object.fromEntries(item.entries.map(({ key, value }) => [textOf(key, "facts"), textOf(value, "facts")]));
}
