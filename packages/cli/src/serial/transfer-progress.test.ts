import { expect, test } from "vitest";
import { progressLine } from "../terminal.ts";
import { remarkOf } from "./transfer-progress.ts";

test.each([
  [0, 1000, 0, ""],
  [8192, 8192 * 83, 0, "8.0 KiB/s, 1:23 left"],
  [500, 1, 1, "500 B/s, 0:01 left, 1 retry"],
  [0, 1000, 3, "3 retries"],
])("%i bytes a second, %i left, %i retries", (rate, left, retries, remark) => {
  expect(remarkOf(rate, left, retries)).toBe(remark);
});

test("the bar holds them within the width of the terminal", () => {
  const line = progressLine("sending", 512, 1024, 80, remarkOf(8192, 8192 * 83, 2));
  expect(line).toMatch(/^sending \[#+-+\] {2}50 % of 1\.0 KiB, 8\.0 KiB\/s, 1:23 left, 2 retries$/);
  expect(line.length).toBeLessThanOrEqual(80);
});
