import { expect, test } from "vitest";
import { pollingSleep } from "./sleep.ts";

test.each([
  [300, 0.5, "00:05:00"],
  [300, 0, "00:04:30"],
  [300, 1, "00:05:30"],
  [1, 0, "00:00:01"],
  [1, 1, "00:00:01"],
  [3600, 0.5, "01:00:00"],
  // 24:00:00 makes a client fail the whole poll and never see a deployment (server.md 3).
  [86_399, 1, "23:59:59"],
])("%i s spread %d is %s", (seconds, spread, text) => {
  expect(pollingSleep(seconds, spread)).toBe(text);
});
