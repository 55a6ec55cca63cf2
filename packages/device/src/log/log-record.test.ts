import { expect, test } from "vitest";
import { chainStart, type LogFacts, type LogRecord, parseRecord, placeEntry, serializeRecord } from "./log-record.ts";

const placed = (facts: LogFacts): LogRecord =>
  placeEntry(
    { type: "update-refused", source: "device", result: "refused", facts },
    "general",
    { counter: 3, time: undefined },
    chainStart,
  );

test("a record keeps twelve facts, each cut to its length, and text that is none is mended", () => {
  const many = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`fact-${i}`, `${i}`]));
  expect(Object.keys(placed(many).facts)).toEqual(Object.keys(many).slice(0, 12));
  const long = placed({ ["n".repeat(40)]: "v".repeat(300) });
  expect(long.facts).toEqual({ ["n".repeat(32)]: "v".repeat(200) });
  const broken = placed({ text: "a\ud800b" });
  expect(broken.facts).toEqual({ text: "a\ufffdb" });
  for (const record of [placed(many), long, broken]) {
    expect(parseRecord(serializeRecord(record))).toEqual({ ok: true, value: record });
  }
});
