import { expect, test } from "vitest";
import { backOffMs, sleepWithJitterMs } from "./back-off.ts";

const limits = { firstMs: 1000, largestMs: 60_000 };

test("doubles from the first wait to the largest, and stays there however long it lasts", () => {
  expect([1, 2, 3, 6, 7, 8, 100, 5000].map((failures) => backOffMs(failures, limits, 1))).toEqual([
    1000, 2000, 4000, 32_000, 60_000, 60_000, 60_000, 60_000,
  ]);
});

test("is spread over the upper half, so that devices part", () => {
  expect([0, 0.5, 1].map((random) => backOffMs(2, limits, random))).toEqual([1000, 1500, 2000]);
});

test("is never shorter than what the server asked for", () => {
  expect(backOffMs(1, limits, 1, 5000)).toBe(5000);
  expect(backOffMs(8, limits, 1, 5000)).toBe(60_000);
});

test("a sleep is obeyed and only ever made longer", () => {
  expect([0, 0.5, 1].map((random) => sleepWithJitterMs(1000, random))).toEqual([1000, 1050, 1100]);
});
