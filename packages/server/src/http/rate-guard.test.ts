import { expect, test } from "vitest";
import { RateGuard } from "./rate-guard.ts";

const admitted = (guard: RateGuard, address: string, now: number, tries: number): number =>
  Array.from({ length: tries }, () => guard.admit(address, now)).filter((answer) => answer === "admitted").length;

test("a burst of twice the rate passes, then the rate", () => {
  const guard = new RateGuard(10);
  expect(admitted(guard, "a", 0, 100)).toBe(20);
  expect(admitted(guard, "a", 100, 100)).toBe(1);
  expect(admitted(guard, "a", 1100, 100)).toBe(10);
});

test("one address does not use up another's", () => {
  const guard = new RateGuard(1);
  admitted(guard, "a", 0, 100);
  expect(guard.admit("b", 0)).toBe("admitted");
});

test("a clock that goes back gives nothing away and breaks nothing", () => {
  const guard = new RateGuard(10);
  expect(admitted(guard, "a", 10_000, 100)).toBe(20);
  expect(admitted(guard, "a", 0, 100)).toBe(0);
  expect(admitted(guard, "a", 1000, 100)).toBe(10);
});

test("more addresses than fit are forgotten again", () => {
  const guard = new RateGuard(1);
  for (let i = 0; i < 20_000; i++) guard.admit(`10.0.${i >> 8}.${i & 255}`, 0);
  for (let i = 0; i < 20_000; i++) guard.admit(`10.1.${i >> 8}.${i & 255}`, 3000);
  expect(guard.remembered).toBeLessThanOrEqual(10_000);
});
