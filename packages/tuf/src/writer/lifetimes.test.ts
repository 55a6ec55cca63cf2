import { describe, expect, test } from "vitest";
import { parseUtcTime } from "../utc-time.ts";
import { defaultLifetimes, expiryAfter, lifetimeBounds, lifetimeClass, standingOf } from "./lifetimes.ts";

const now = parseUtcTime("2026-11-23T12:00:00Z") ?? 0n;

describe("lifetimes", () => {
  test("the defaults are within the bounds", () => {
    for (const [name, { least, most }] of Object.entries(lifetimeBounds)) {
      const lifetime = defaultLifetimes[name as keyof typeof defaultLifetimes];
      expect(lifetime, name).toBeGreaterThanOrEqual(least);
      expect(lifetime, name).toBeLessThanOrEqual(most);
    }
  });

  test("an expiry is written in the one form there is", () => {
    expect(expiryAfter(now, defaultLifetimes.timestamp)).toBe("2026-11-24T12:00:00Z");
  });

  test.each([
    ["2026-11-24T12:00:00Z", "valid"],
    ["2026-11-24T00:00:01Z", "valid"],
    ["2026-11-24T00:00:00Z", "renewal-due"],
    ["2026-11-23T12:00:01Z", "renewal-due"],
    ["2026-11-23T12:00:00Z", "expired"],
    ["not a time", "expired"],
  ])("with a day to live, what expires at %s is %s", (expires, standing) => {
    expect(standingOf(expires, 86_400, now)).toBe(standing);
  });

  test("a delegated role has a line's lifetime", () => {
    expect(["root", "line-drives", "timestamp"].map(lifetimeClass)).toEqual(["root", "line", "timestamp"]);
  });
});
