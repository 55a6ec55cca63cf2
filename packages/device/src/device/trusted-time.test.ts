import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { freshness, isWorthStoring, judgeTime, type TimeRules } from "./trusted-time.ts";

const year = 31_557_600n;
const built = 1_793_491_200n;
const rules: TimeRules = { buildTime: built, maxForwardStep: 10n * year, tolerance: 300n, storeStep: 86_400n };
const year2099 = 4_070_908_800n;

describe("CR 2.11: T is the latest of what is known, and a clock counts only while it is plausible", () => {
  test.each([
    ["nothing but the software itself", { stored: 0n }, built, undefined, undefined],
    ["a stored time", { stored: built + 5n }, built + 5n, undefined, undefined],
    ["an attested time", { stored: 0n, attested: built + 7n }, built + 7n, undefined, undefined],
    ["a clock", { stored: 0n, clock: built + 9n }, built + 9n, built + 9n, undefined],
    ["a clock that drifts", { stored: built + 300n, clock: built }, built + 300n, built + 300n, undefined],
    [
      "a clock a second too far back",
      { stored: built + 301n, clock: built },
      built + 301n,
      undefined,
      "clock-went-back",
    ],
    ["a clock of 1970", { stored: built + year, clock: 0n }, built + year, undefined, "clock-went-back"],
    ["a clock of 1970 on a new device", { stored: 0n, clock: 1n }, built, undefined, "clock-went-back"],
    [
      "the last plausible clock",
      { stored: 0n, clock: built + 10n * year },
      built + 10n * year,
      built + 10n * year,
      undefined,
    ],
    ["a clock a second further", { stored: 0n, clock: built + 10n * year + 1n }, built, undefined, "clock-implausible"],
    ["a clock of 2099", { stored: built, clock: year2099 }, built, undefined, "clock-implausible"],
  ] as const)("%s", (_name, sources, atLeast, now, code) => {
    const time = judgeTime(rules, sources);
    expect(time).toMatchObject({ atLeast, now });
    expect(time.doubt?.code).toBe(code);
  });
});

const seconds = fc.bigInt({ min: 0n, max: 5_000_000_000n });
const readings = fc.array(fc.option(seconds, { nil: undefined }), { maxLength: 20 });

test("CR 2.11: whatever clocks say, T never goes back, and what has expired never becomes fresh or unknown again", () => {
  fc.assert(
    fc.property(readings, seconds, (clocks, useBefore) => {
      let stored = 0n;
      let expired = false;
      for (const clock of clocks) {
        const time = judgeTime(rules, { stored, clock });
        expect(time.atLeast).toBeGreaterThanOrEqual(stored);
        const answer = freshness(time, useBefore);
        if (expired) expect(answer).toBe("expired");
        expired = answer === "expired";
        stored = time.atLeast;
      }
    }),
  );
});

test("CR 2.11: one clock of 2099 expires nothing, ten of them neither", () => {
  let stored = built;
  for (let i = 0; i < 10; i++) stored = judgeTime(rules, { stored, clock: year2099 }).atLeast;
  expect(freshness(judgeTime(rules, { stored, clock: built + year }), built + 2n * year)).toBe("fresh");
});

test("CR 2.11: freshness has three values", () => {
  const useBefore = built + year;
  expect(freshness(judgeTime(rules, { stored: 0n, clock: useBefore - 1n }), useBefore)).toBe("fresh");
  expect(freshness(judgeTime(rules, { stored: 0n, clock: useBefore }), useBefore)).toBe("expired");
  expect(freshness(judgeTime(rules, { stored: useBefore }), useBefore)).toBe("expired");
  expect(freshness(judgeTime(rules, { stored: useBefore - 1n }), useBefore)).toBe("unknown");
  // Set back by ten years: proven wrong, so it cannot vouch for anything either.
  expect(freshness(judgeTime(rules, { stored: useBefore - 1n, clock: built - 9n * year }), useBefore)).toBe("unknown");
});

test("it is stored once a day, not with every reading", () => {
  let stored = 0n;
  let writes = 0;
  for (let clock = built; clock < built + 10n * 86_400n; clock += 600n) {
    const time = judgeTime(rules, { stored, clock });
    if (!isWorthStoring(rules, time, stored)) continue;
    stored = time.atLeast;
    writes++;
  }
  expect(writes).toBe(9);
});
