import { describe, expect, test } from "vitest";
import { isOpen, isTimeZone, parseTimeOfDay } from "./maintenance-window.ts";

const at = (text: string): number => Date.parse(text);

describe("a window", () => {
  const night = { days: ["sat"], from: 22 * 60, to: 4 * 60, zone: "UTC" } as const;

  test.each([
    ["2026-11-21T21:59:59Z", false],
    ["2026-11-21T22:00:00Z", true],
    ["2026-11-22T03:59:59Z", true],
    ["2026-11-22T04:00:00Z", false],
    ["2026-11-22T22:30:00Z", false],
    ["2026-11-21T03:00:00Z", false],
  ])("over midnight belongs to the day it begins on: %s", (time, open) => {
    expect(isOpen([night], at(time))).toBe(open);
  });

  test("is of the wall clock of its zone, also when that is put forward and back", () => {
    const morning = { days: ["sun"], from: 3 * 60, to: 4 * 60, zone: "Europe/Vienna" } as const;
    // 29 March 2026: at 02:00 the clock is put to 03:00, which is 01:00 UTC.
    expect(isOpen([morning], at("2026-03-29T00:59:59Z"))).toBe(false);
    expect(isOpen([morning], at("2026-03-29T01:00:00Z"))).toBe(true);
    expect(isOpen([morning], at("2026-03-29T02:00:00Z"))).toBe(false);
    // 25 October 2026: 02:00 to 03:00 comes twice.
    const twice = { ...morning, from: 2 * 60, to: 3 * 60 };
    expect(isOpen([twice], at("2026-10-25T00:30:00Z"))).toBe(true);
    expect(isOpen([twice], at("2026-10-25T01:30:00Z"))).toBe(true);
    expect(isOpen([twice], at("2026-10-25T02:30:00Z"))).toBe(false);
  });

  test("one that is open is enough, none is never", () => {
    expect(isOpen([], at("2026-11-21T22:00:00Z"))).toBe(false);
    expect(isOpen([{ ...night, days: ["mon"] }, night], at("2026-11-21T22:00:00Z"))).toBe(true);
  });

  test("a whole day is from 00:00 to 24:00", () => {
    const [from, to] = [parseTimeOfDay("00:00"), parseTimeOfDay("24:00")];
    const day = { days: ["sat"], from: from ?? -1, to: to ?? -1, zone: "UTC" } as const;
    expect(isOpen([day], at("2026-11-21T00:00:00Z"))).toBe(true);
    expect(isOpen([day], at("2026-11-21T23:59:59Z"))).toBe(true);
    expect(isOpen([day], at("2026-11-22T00:00:00Z"))).toBe(false);
  });
});

test.each([["7:00"], ["07:60"], ["24:01"], ["25:00"], ["0700"], [""]])("%j is no time of the day", (text) => {
  expect(parseTimeOfDay(text)).toBeUndefined();
});

test("zones are those of the system", () => {
  expect(isTimeZone("Europe/Vienna")).toBe(true);
  expect(isTimeZone("Mars/Base")).toBe(false);
});
