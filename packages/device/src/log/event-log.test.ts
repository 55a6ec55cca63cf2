import { setImmediate } from "node:timers/promises";
import { nodeCrypto } from "@sumac/crypto/node";
import { describe, expect, test } from "vitest";
import { MemoryFlash } from "../flash/memory-flash.ts";
import { cutMoments, PowerCut, PowerCutFlash } from "../power-cut/power-cut.ts";
import { collect, namesOf, refusedEntry, testLogOptions, trustEntry } from "./event-log.contract.ts";
import { EventLog } from "./event-log.ts";
import {
  FailingFlash,
  memoryLog,
  openTestLog,
  testLogGeometry,
  testLogRegion,
  testLogStore,
} from "./log.test.support.ts";
import { verifyStoredLog } from "./verify-stored-log.ts";

const failing = async (options = {}): Promise<{ flash: FailingFlash; memory: MemoryFlash; log: EventLog }> => {
  const memory = new MemoryFlash(testLogGeometry);
  const flash = new FailingFlash(memory);
  return { flash, memory, log: await openTestLog(flash, options) };
};

describe("CR 2.10: a failed log write never blocks", () => {
  for (const kind of ["write", "halfway", "read"] as const) {
    for (const code of ["storage-failed", "storage-full"] as const) {
      test(`${code} at a ${kind}: entries wait in memory, then a gap marker says so`, async () => {
        const { flash, memory, log } = await failing();
        await log.append(refusedEntry(0));
        flash.fails = kind;
        flash.code = code;
        expect(await log.append(refusedEntry(1))).toBe("waiting");
        for (let i = 2; i < 5; i++) log.note(trustEntry(i));
        expect(log.status).toMatchObject({ state: "failing", fault: { code } });
        flash.fails = "no";
        await log.flush();
        expect(log.status).toEqual({ state: "working" });
        const records = await collect(log);
        expect(namesOf(records)).toEqual([
          "update-refused",
          "update-refused",
          "trust-changed",
          "trust-changed",
          "trust-changed",
          "log-gap",
        ]);
        expect(records.at(-1)?.record.facts).toEqual({ lost: "0", delayed: "4", because: code });
        expect(await verifyStoredLog(testLogStore(memory), nodeCrypto)).toMatchObject({ verdict: "sound", records: 6 });
      });
    }
  }

  test("what memory cannot hold is counted, and a part of it is kept for the reserved ring", async () => {
    const { flash, log } = await failing({ bufferEntries: 8 });
    flash.fails = "write";
    for (let i = 0; i < 20; i++) log.note(refusedEntry(i));
    expect(await log.append(trustEntry(1))).toBe("waiting");
    expect(log.status).toMatchObject({ state: "failing", waiting: 7, lost: 14 });
    flash.fails = "no";
    await log.flush();
    const gaps = (await collect(log)).filter(({ record }) => record.id === 702);
    expect(gaps.map(({ record }) => [record.ring, record.facts["lost"]])).toEqual([["general", "14"]]);
  });

  test.each([
    ["refuse-updates", "refused"],
    ["go-on", "allowed"],
  ] as const)("policy %s: updates are %s while it fails", async (whenFailing, expected) => {
    const { flash, log } = await failing({ whenFailing });
    expect(log.updates).toBe("allowed");
    flash.fails = "write";
    await log.append(refusedEntry(1));
    expect(log.updates).toBe(expected);
    flash.fails = "no";
    await log.flush();
    expect(log.updates).toBe("allowed");
  });

  test("note neither throws nor waits, also where the storage never answers", async () => {
    const never = new MemoryFlash(testLogGeometry);
    never.read = () => new Promise(() => undefined);
    const log = new EventLog(testLogStore(never), testLogOptions);
    const began = performance.now();
    for (let i = 0; i < 10_000; i++) log.note(refusedEntry(i));
    expect(performance.now() - began).toBeLessThan(1000);
  });

  test("a storage that fails is not asked at every event", async () => {
    const { flash, log } = await failing();
    await log.append(trustEntry(0));
    flash.fails = "write";
    await log.append(refusedEntry(1));
    const before = flash.writes;
    for (let i = 0; i < 1000; i++) {
      log.note(refusedEntry(i));
      // Time enough for a try.
      await setImmediate();
    }
    const tries = flash.writes - before;
    expect(tries).toBeGreaterThan(20);
    expect(tries).toBeLessThan(40);
  });

  test("a log that cannot be opened is one that cannot be written", async () => {
    const flash = new FailingFlash(new MemoryFlash(testLogGeometry));
    flash.fails = "read";
    const log = await openTestLog(flash);
    expect(log.status.state).toBe("failing");
    expect(await log.append(refusedEntry(1))).toBe("waiting");
    flash.fails = "no";
    await log.flush();
    expect(namesOf(await collect(log))).toEqual(["update-refused", "log-gap"]);
  });
});

describe("CR 2.9 RE 1: a warning when a ring is nearly full", () => {
  test.each([50, 80, 95])("at %i percent, once, and again after an export", async (warnAt) => {
    const { log } = await memoryLog({ warnAt });
    let stored = 0;
    const fill = async (): Promise<number> => {
      for (;;) {
        await log.append(refusedEntry(stored++));
        const warnings = (await collect(log)).filter(({ record }) => record.id === 703);
        if (warnings.length > 0) return Number(warnings.at(-1)?.record.facts["percent"]);
      }
    };
    expect(await fill()).toBeGreaterThanOrEqual(warnAt);
    for (let i = 0; i < 60; i++) await log.append(refusedEntry(i));
    const warnings = async (): Promise<number> =>
      namesOf(await collect(log)).filter((n) => n === "log-nearly-full").length;
    expect(await warnings()).toBe(1);
    const last = (await collect(log)).at(-1)?.record.counter ?? 0;
    await log.exported(last, "operator");
    expect(await warnings()).toBe(1);
    for (let i = 0; i < 60; i++) await log.append(refusedEntry(i));
    expect(await warnings()).toBe(2);
  });

  test("a new process knows what was warned about", async () => {
    const { flash, log } = await memoryLog({ warnAt: 50 });
    for (let i = 0; i < 30; i++) await log.append(refusedEntry(i));
    const again = await openTestLog(flash, { warnAt: 50 });
    for (let i = 0; i < 5; i++) await again.append(refusedEntry(i));
    expect(namesOf(await collect(again)).filter((n) => n === "log-nearly-full")).toHaveLength(1);
  });
});

describe("worn flash", () => {
  test("a place that does not keep a record is passed over", async () => {
    const memory = new MemoryFlash(testLogGeometry);
    let wear = 0;
    const write = memory.write.bind(memory);
    memory.write = async (offset, bytes) => {
      await write(offset, bytes);
      if (++wear % 5 === 0) memory.tamper(offset + 16, Uint8Array.of(0, 0));
    };
    const log = await openTestLog(memory);
    for (let i = 0; i < 40; i++) expect(await log.append(i % 4 === 0 ? trustEntry(i) : refusedEntry(i))).toBe("stored");
    expect(await verifyStoredLog(testLogStore(memory), nodeCrypto)).toMatchObject({ verdict: "sound", torn: [] });
    const counters = (await collect(await openTestLog(memory))).map(({ record }) => record.counter);
    expect(counters.at(-1)).toBe(39);
  });

  test("segments wear alike", async () => {
    const { flash, log } = await memoryLog();
    for (let i = 0; i < 600; i++) await log.append(refusedEntry(i));
    const perSegment = testLogRegion.segmentSize / testLogGeometry.eraseBlock;
    const wear = Array.from({ length: testLogRegion.segments }, (_, i) => flash.wear[i * perSegment] ?? 0);
    expect(Math.max(...wear) - Math.min(...wear)).toBeLessThanOrEqual(2);
    expect(flash.reprogrammed).toBe(0);
  });
});

test("work is bounded: an append erases at most one segment and writes at most twice", async () => {
  const { flash } = await memoryLog();
  const counting = new PowerCutFlash(flash, undefined, 0);
  const log = await openTestLog(counting);
  const perSegment = testLogRegion.segmentSize / testLogGeometry.eraseBlock;
  let most = 0;
  for (let i = 0; i < 300; i++) {
    const before = counting.operations;
    await log.append(refusedEntry(i));
    most = Math.max(most, counting.operations - before);
  }
  expect(most).toBeLessThanOrEqual(perSegment + 2);
});

test("10,000 events: memory of the log stays flat", async () => {
  const { log } = await memoryLog();
  for (let i = 0; i < 10_000; i++) await log.append(refusedEntry(i));
  const records = await collect(log);
  expect(records.at(-1)?.record.counter).toBe(9_999);
  expect(records.length).toBeLessThan(100);
});

describe("power cuts: the log verifies up to a gap marker, after every cut", () => {
  /** Enough to rotate both rings, and a clearing. */
  async function rotate(log: EventLog): Promise<void> {
    for (let i = 0; i < 26; i++) await log.append(i % 3 === 0 ? trustEntry(i) : refusedEntry(i));
    await log.clear("operator");
    for (let i = 0; i < 26; i++) await log.append(i % 3 === 0 ? trustEntry(i) : refusedEntry(i));
  }

  test("before, in the middle of and after every operation", async () => {
    const begin = await memoryLog();
    for (let i = 0; i < 30; i++) await begin.log.append(i % 3 === 0 ? trustEntry(i) : refusedEntry(i));
    const start = begin.flash.snapshot();
    const counter = new PowerCutFlash(new MemoryFlash(testLogGeometry, start), undefined, 0);
    await rotate(await openTestLog(counter));
    let torn = 0;
    for (let operation = 0; operation < counter.operations; operation++) {
      for (const moment of cutMoments) {
        const flash = new MemoryFlash(testLogGeometry, start);
        const cut = new PowerCutFlash(flash, { operation, moment }, operation);
        const log = await openTestLog(cut);
        await expect(rotate(log), `${operation} ${moment}`).rejects.toThrow(PowerCut);
        const stored = (await collect(await openTestLog(new MemoryFlash(testLogGeometry, flash.snapshot())))).length;
        expect(stored).toBeGreaterThan(0);
        const verdict = await verifyStoredLog(testLogStore(flash), nodeCrypto);
        expect(verdict, `${operation} ${moment}`).toMatchObject({ verdict: "sound" });
        const again = await openTestLog(flash);
        await again.append(trustEntry(99));
        const after = await verifyStoredLog(testLogStore(flash), nodeCrypto);
        expect(after, `${operation} ${moment}`).toMatchObject({ verdict: "sound", torn: [] });
        if (verdict.verdict === "sound" && verdict.torn.length > 0) {
          torn++;
          expect(after.verdict === "sound" && after.gaps.length).toBe(1);
        }
      }
    }
    expect(torn).toBeGreaterThan(20);
  });
});
