import { nodeCrypto } from "@sumac/crypto/node";
import { describe, expect, test } from "vitest";
import { EventLog, type EventLogOptions, type LoggedRecord, type LogView } from "./event-log.ts";
import type { LogEntry } from "./log-record.ts";
import type { LogStore } from "./log-store.ts";
import { logTypeById } from "./log-type.ts";

export interface OpenedStore {
  readonly store: LogStore;
  /** The same place, by another process. */
  reopen(): LogStore | Promise<LogStore>;
  close?(): Promise<void>;
}

export const testLogOptions: EventLogOptions = {
  crypto: nodeCrypto,
  now: () => 1_800_000_000n,
  whenFailing: "go-on",
  warnAt: 101,
};

export const refusedEntry = (n: number): LogEntry => ({
  type: "update-refused",
  source: "device",
  result: "refused",
  facts: { code: "rollback", offered: String(n) },
});

export const trustEntry = (n: number): LogEntry => ({
  type: "trust-changed",
  source: "device",
  result: "success",
  facts: { part: "vendor", sequence: String(n) },
});

export async function collect(log: LogView): Promise<LoggedRecord[]> {
  const records: LoggedRecord[] = [];
  for await (const record of log.records()) records.push(record);
  return records;
}

export const namesOf = (records: readonly LoggedRecord[]): (string | undefined)[] =>
  records.map(({ record }) => logTypeById(record.id));

/** What an event log promises over any store. `open` gives a new, empty one. */
export function eventLogContract(name: string, open: () => Promise<OpenedStore>): void {
  describe(`event log contract: ${name}`, () => {
    const opened = async (use: (log: EventLog, place: OpenedStore) => Promise<void>): Promise<void> => {
      const place = await open();
      try {
        await use(await EventLog.open(place.store, testLogOptions), place);
      } finally {
        await place.close?.();
      }
    };

    test("starts empty", () => opened(async (log) => expect(await collect(log)).toEqual([])));

    test("keeps records in order, over both rings, with all their fields", () =>
      opened(async (log) => {
        expect(await log.append(refusedEntry(1))).toBe("stored");
        expect(await log.append(trustEntry(2))).toBe("stored");
        expect(await log.append(refusedEntry(3))).toBe("stored");
        const records = await collect(log);
        expect(records.map(({ record }) => [record.counter, record.ring, record.index])).toEqual([
          [0, "general", 0],
          [1, "reserved", 0],
          [2, "general", 1],
        ]);
        expect(records[2]?.record).toEqual({
          ring: "general",
          index: 1,
          counter: 2,
          time: 1_800_000_000n,
          source: "device",
          category: "update",
          id: 103,
          result: "refused",
          facts: { code: "rollback", offered: "3" },
          previous: records[0]?.digest,
        });
      }));

    test("goes on where another process stopped", () =>
      opened(async (log, place) => {
        for (let i = 0; i < 5; i++) await log.append(refusedEntry(i));
        const again = await EventLog.open(await place.reopen(), testLogOptions);
        await again.append(trustEntry(5));
        const records = await collect(again);
        expect(records.map(({ record }) => record.counter)).toEqual([0, 1, 2, 3, 4, 5]);
        expect(await collect(again)).toEqual(records);
      }));

    test("CR 2.9: a flood of what an outsider can cause drops its own oldest and nothing of the reserved share", () =>
      opened(async (log, place) => {
        await log.append(trustEntry(1));
        const flood = Math.ceil(log.capacity.general / 60);
        for (let i = 0; i < flood; i++) await log.append(refusedEntry(i));
        const again = await EventLog.open(await place.reopen(), testLogOptions);
        const records = await collect(again);
        expect(namesOf(records)[0]).toBe("trust-changed");
        const general = records.slice(1).map(({ record }) => record.counter);
        expect(general.length).toBeLessThan(flood);
        expect(general.at(-1)).toBe(flood);
        // What is left is a run without a hole.
        expect(general).toEqual(general.map((_, i) => flood - general.length + 1 + i));
        const { anchor, next } = (await again.ends()).general;
        expect(anchor.index).toBeGreaterThan(0);
        expect(next.index).toBe(flood);
      }));

    test("cleared, it says so in its first record and its chains go on", () =>
      opened(async (log, place) => {
        for (let i = 0; i < 4; i++) await log.append(i % 2 === 0 ? trustEntry(i) : refusedEntry(i));
        await log.clear("operator");
        await log.append(refusedEntry(9));
        const again = await EventLog.open(await place.reopen(), testLogOptions);
        const records = await collect(again);
        expect(namesOf(records)).toEqual(["log-cleared", "update-refused"]);
        expect(records.map(({ record }) => [record.counter, record.index])).toEqual([
          [4, 2],
          [5, 2],
        ]);
        expect(records[0]?.record.facts).toEqual({ by: "operator" });
      }));

    test("what a server sends as text is stored as it is, and bounded", () =>
      opened(async (log) => {
        const wild = `\u0000\n"]\\\ud800${"x".repeat(5000)}`;
        await log.append({
          ...refusedEntry(1),
          facts: Object.fromEntries([..."abcdefghijklmnop"].map((n) => [n, wild])),
        });
        const [stored] = await collect(log);
        const values = Object.values(stored?.record.facts ?? {});
        expect(values.length).toBeGreaterThan(2);
        for (const value of values) expect(value).toBe(`\u0000\n"]\\\ufffd${"x".repeat(194)}`);
      }));
  });
}
