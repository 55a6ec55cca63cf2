import { expect, test } from "vitest";
import { wait } from "./node-wait.ts";

test("waits about as long as it is asked to", async () => {
  const before = performance.now();
  await wait(30);
  expect(performance.now() - before).toBeGreaterThanOrEqual(25);
});

test("ends at once when the signal is aborted, before or meanwhile", async () => {
  const before = performance.now();
  await wait(60_000, AbortSignal.abort());
  const stop = new AbortController();
  const waiting = wait(60_000, stop.signal);
  stop.abort();
  await waiting;
  expect(performance.now() - before).toBeLessThan(1000);
});
