import { bytesToHex, type Crypto, hexToBytes, type PublicKey } from "@sumac/crypto";
import type { StatementRefusal } from "../statement/device-statement.ts";
import type { LogEnds, LoggedRecord, LogView } from "./event-log.ts";
import { verifyLogHead } from "./log-head.ts";
import { type LogRecord, recordDigest, serializeRecord } from "./log-record.ts";
import { type LogCategory, type LogResult, logCategories, logResults, logRings, logTypeById } from "./log-type.ts";
import { type LogVerdict, LogVerifier } from "./verify-log.ts";

/** A line that does not say what an exported log says. `line` counts from 1. */
export interface LogLineMalformed {
  readonly code: "log-line-malformed";
  readonly line: number;
  /** The member that is wrong; `line` = the whole line. */
  readonly field: string;
}

/** Before the last line. */
export interface LogHeadMissing {
  readonly code: "log-head-missing";
}

export type LogExportVerdict =
  | LogVerdict
  | { readonly verdict: "refused"; readonly refusal: LogLineMalformed | LogHeadMissing | StatementRefusal };

const members = [
  "counter",
  "ring",
  "index",
  "time",
  "source",
  "category",
  "type",
  "id",
  "result",
  "facts",
  "previous",
  "digest",
] as const;

/** A record as one line of JSON (CR 6.1), without the line end. Nothing is lost: `digest` can be computed again from it. */
function recordLine({ record, digest }: LoggedRecord): string {
  const { counter, ring, index, time, source, category, id, result, facts, previous } = record;
  return JSON.stringify({
    counter,
    ring,
    index,
    time: time === undefined ? null : Number(time),
    source,
    category,
    type: logTypeById(id) ?? `unknown-${id}`,
    id,
    result,
    facts,
    previous: bytesToHex(previous),
    digest: bytesToHex(digest),
  });
}

/** The last line of an export. */
const headLine = (signedHead: Uint8Array): string => JSON.stringify({ head: bytesToHex(signedHead) });

/** The log as it is now, as lines, the head last: both ends of what was written are signed. */
export async function* exportLines(
  log: LogView,
  signHead: (ends: LogEnds) => Promise<Uint8Array | undefined>,
): AsyncGenerator<string> {
  const ends = await log.ends();
  for await (const logged of log.records()) {
    // What is written while it is read belongs into the next export.
    if (logged.record.index < ends[logged.record.ring].next.index) yield recordLine(logged);
  }
  const head = await signHead(ends);
  if (head !== undefined) yield headLine(head);
}

/** The record, or the name of the member that is wrong. Closed: a member too many could say something that nobody signed. */
function readRecord(object: Readonly<Record<string, unknown>>): LogRecord | string {
  const stranger = Object.keys(object).find((name) => !(members as readonly string[]).includes(name));
  if (stranger !== undefined) return stranger;
  const number = (name: string): number | undefined => {
    const value = object[name];
    return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  };
  const [counter, index, id] = [number("counter"), number("index"), number("id")];
  if (counter === undefined) return "counter";
  if (index === undefined) return "index";
  if (id === undefined) return "id";
  const ring = logRings.find((name) => name === object["ring"]);
  if (ring === undefined) return "ring";
  const time = object["time"] === null ? null : number("time");
  if (time === undefined) return "time";
  const { source, facts } = object;
  if (typeof source !== "string" || !source.isWellFormed()) return "source";
  const category = keyOf<LogCategory>(logCategories, object["category"]);
  if (category === undefined) return "category";
  const result = keyOf<LogResult>(logResults, object["result"]);
  if (result === undefined) return "result";
  if (object["type"] !== (logTypeById(id) ?? `unknown-${id}`)) return "type";
  if (!areFacts(facts)) return "facts";
  const previous = digestOf(object["previous"]);
  if (previous === undefined) return "previous";
  return {
    counter,
    ring,
    index,
    time: time === null ? undefined : BigInt(time),
    source,
    category,
    id,
    result,
    facts,
    previous,
  };
}

const keyOf = <Name extends string>(names: Readonly<Record<Name, number>>, value: unknown): Name | undefined =>
  typeof value === "string" && Object.hasOwn(names, value) ? (value as Name) : undefined;

const areFacts = (value: unknown): value is Readonly<Record<string, string>> =>
  isObject(value) &&
  Object.entries(value).every(([name, fact]) => typeof fact === "string" && fact.isWellFormed() && name.isWellFormed());

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const digestOf = (value: unknown): Uint8Array | undefined =>
  typeof value === "string" && /^[0-9a-f]{64}$/.test(value) ? hexToBytes(value) : undefined;

/**
 * Checks an export line by line (CR 3.9). `deviceKey` is whose log it has to be; `chain-only` compares the lines with each
 * other and believes any author. The head stands last, so the lines are read twice: `lines` begins anew each time.
 */
export async function verifyExport(
  lines: () => AsyncIterable<string>,
  trust: { readonly deviceKey: PublicKey } | "chain-only",
  crypto: Crypto,
): Promise<LogExportVerdict> {
  if (trust === "chain-only") return verifyLines(lines(), new LogVerifier(), crypto);
  const head = await readExportHead(lines());
  if (head === undefined) return { verdict: "refused", refusal: { code: "log-head-missing" } };
  const verified = verifyLogHead(head, trust.deviceKey, crypto);
  if (!verified.ok) return { verdict: "refused", refusal: verified.error };
  return verifyLines(lines(), new LogVerifier(verified.value.ends), crypto);
}

async function verifyLines(
  lines: AsyncIterable<string>,
  verifier: LogVerifier,
  crypto: Crypto,
): Promise<LogExportVerdict> {
  let line = 0;
  let ended = false;
  for await (const text of lines) {
    line++;
    const refuse = (field: string): LogExportVerdict => ({
      verdict: "refused",
      refusal: { code: "log-line-malformed", line, field },
    });
    const object = parseLine(text);
    if (object === undefined || ended) return refuse("line");
    if (Object.hasOwn(object, "head")) {
      if (readHead(object) === undefined) return refuse("head");
      ended = true;
      continue;
    }
    const claimed = digestOf(object["digest"]);
    if (claimed === undefined) return refuse("digest");
    const record = readRecord(object);
    if (typeof record === "string") return refuse(record);
    verifier.record(record, recordDigest(serializeRecord(record), crypto), claimed);
  }
  return verifier.verdict();
}

/** The signed head of an export: its last line. */
export async function readExportHead(lines: AsyncIterable<string>): Promise<Uint8Array | undefined> {
  let last: string | undefined;
  for await (const text of lines) last = text;
  const object = last === undefined ? undefined : parseLine(last);
  return object && readHead(object);
}

function readHead(object: Readonly<Record<string, unknown>>): Uint8Array | undefined {
  const { head, ...rest } = object;
  const isHead = typeof head === "string" && /^([0-9a-f]{2})+$/.test(head) && Object.keys(rest).length === 0;
  return isHead ? hexToBytes(head) : undefined;
}

function parseLine(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    // One form for one record: a member that stands twice, or a number written otherwise, hides something from a reader.
    return isObject(value) && JSON.stringify(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
}
