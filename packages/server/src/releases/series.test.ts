import { componentKey } from "@sumac/suit";
import { trustComponents } from "@sumac/verifier";
import { expect, test } from "vitest";
import { seriesOfComponents } from "./series.ts";

const named = (...segments: readonly string[]): string =>
  componentKey(segments.map((segment) => new TextEncoder().encode(segment)));

test.each([
  ["the vendor's part", componentKey(trustComponents.vendor), "trust-record"],
  ["the owner's part", named("trust-record", "owner"), "trust-record"],
  ["a recovery image", named("recovery"), "recovery"],
  ["firmware", named("firmware"), "release"],
  ["several components", [named("firmware"), named("recovery")].join(","), "release"],
  ["something that only looks like a trust record", named("trust-record"), "release"],
])("%s", (_, components, series) => expect(seriesOfComponents(components)).toBe(series));
