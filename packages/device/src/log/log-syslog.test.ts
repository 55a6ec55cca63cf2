import { describe, expect, test } from "vitest";
import { collect, refusedEntry, trustEntry } from "./event-log.contract.ts";
import type { LoggedRecord } from "./event-log.ts";
import { memoryLog } from "./log.test.support.ts";
import { exampleEnterprise, syslogLine } from "./log-syslog.ts";
import { logTypes } from "./log-type.ts";
import { readSyslog } from "./rfc5424.test.support.ts";

const options = { device: "pump-7", enterprise: exampleEnterprise };

async function logged(
  ...entries: Parameters<Awaited<ReturnType<typeof memoryLog>>["log"]["append"]>[0][]
): Promise<LoggedRecord[]> {
  const { log } = await memoryLog();
  for (const entry of entries) await log.append(entry);
  return collect(log);
}

test("CR 6.1: a record is a message of RFC 5424", async () => {
  const [record] = await logged(refusedEntry(4));
  if (record === undefined) throw new Error("no record");
  const line = syslogLine(record, options);
  expect(line).toMatch(
    /^<132>1 2027-01-15T08:00:00Z pump-7 sumac - update-refused \[sumac@32473 counter="0" ring="general" index="0" /,
  );
  const message = readSyslog(line);
  expect([message.facility, message.severity]).toEqual([16, 4]);
  expect(message.data.get("facts@32473")).toEqual(
    new Map([
      ["code", "rollback"],
      ["offered", "4"],
    ]),
  );
  expect(message.data.get("sumac@32473")?.get("id")).toBe("103");
  expect(message.data.get("meta")?.get("sequenceId")).toBe("1");
  expect(message.message).toBe("update-refused: refused");
});

test("severity and facility follow the table of types", async () => {
  const names = Object.keys(logTypes) as (keyof typeof logTypes)[];
  for (const name of names) {
    const [record] = await logged({ type: name, source: "device", result: "success" });
    if (record === undefined) throw new Error("no record");
    const { facility, severity, msgId } = readSyslog(syslogLine(record, options));
    expect(msgId).toBe(name);
    expect(severity).toBe(
      ["alert", "critical", "error", "warning", "notice", "informational"].indexOf(logTypes[name].severity) + 1,
    );
    expect(facility).toBe(
      { update: 16, boot: 16, connection: 16, trust: 10, policy: 10, time: 10, integrity: 10, log: 13 }[
        logTypes[name].category
      ],
    );
  }
});

describe("text from outside cannot leave its place", () => {
  const texts = [
    'quote " bracket ] backslash \\ equals =',
    "line\nfeed\r\n<13>1 - - - - - - forged",
    "\u001b[2J\u0000\u0085\u2028\u202e",
    ']][x@1 y="z"]',
    "ünïcödé 漢字 🙂",
    "\ud800 lone",
  ];
  test.each(texts)("%j", async (text) => {
    const [record] = await logged({ ...trustEntry(1), source: text, facts: { [text]: text } });
    if (record === undefined) throw new Error("no record");
    const line = syslogLine(record, { device: text, enterprise: exampleEnterprise });
    expect(line).not.toMatch(/[\p{Cc}\u2028\u2029\u202e]/u);
    const { data } = readSyslog(line);
    expect([...data.keys()]).toEqual(["sumac@32473", "facts@32473", "timeQuality", "meta"]);
    expect([...(data.get("facts@32473")?.values() ?? [])]).toHaveLength(1);
  });
});

test("without a trusted time the time is nil, and says so", async () => {
  const { log } = await memoryLog({ now: () => undefined });
  await log.append(refusedEntry(1));
  const [record] = await collect(log);
  if (record === undefined) throw new Error("no record");
  const message = readSyslog(syslogLine(record, options));
  expect(message.timestamp).toBeUndefined();
  expect(message.data.get("timeQuality")).toEqual(new Map([["isSynced", "0"]]));
});

test("the reader is strict", async () => {
  const [record] = await logged(refusedEntry(4));
  if (record === undefined) throw new Error("no record");
  const line = syslogLine(record, options);
  for (const [from, to] of [
    ["<132>", "<192>"],
    ["<132>1", "<0132>1"],
    ["T08", "t08"],
    ["Z ", " "],
    ['"]', '" ]'],
    ["pump-7", ""],
    ["meta", "mine"],
  ] as const) {
    expect(line).toContain(from);
    expect(() => readSyslog(line.replace(from, to)), to).toThrow();
  }
});
