import { expect, test } from "vitest";
import { RoundTrip } from "./round-trip.ts";

test("waits the longest until an answer was timed, and doubles within its limits", () => {
  const roundTrip = new RoundTrip(100, 2000);
  expect([0, 1, 5].map((attempt) => roundTrip.timeout(attempt))).toEqual([2000, 2000, 2000]);
  roundTrip.measured(20);
  expect([0, 1, 2, 9].map((attempt) => roundTrip.timeout(attempt))).toEqual([120, 240, 480, 2000]);
});

test("follows answers that come later and later, and those that vary", () => {
  const roundTrip = new RoundTrip(100, 10_000);
  for (let i = 0; i < 50; i++) roundTrip.measured(800);
  expect(roundTrip.timeout(0)).toBeCloseTo(900, 0);
  for (let i = 0; i < 20; i++) roundTrip.measured(i % 2 === 0 ? 200 : 1400);
  expect(roundTrip.timeout(0)).toBeGreaterThan(2000);
});
