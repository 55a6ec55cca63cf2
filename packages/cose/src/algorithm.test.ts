import { describe, expect, test } from "vitest";
import { algorithmById, algorithmForScheme, algorithms } from "./algorithm.ts";

test("the registry gives each id once", () => {
  expect(new Set(algorithms.map(({ id }) => id)).size).toBe(algorithms.length);
});

describe("by id", () => {
  test.each([
    { id: -7, name: "ES256", scheme: "ecdsa-p256-sha256", status: "legacy" },
    { id: -8, name: "EdDSA", scheme: "ed25519", status: "legacy" },
    { id: -9, name: "ESP256", scheme: "ecdsa-p256-sha256", status: "current" },
    { id: -19, name: "Ed25519", scheme: "ed25519", status: "current" },
  ])("$id is $name", (algorithm) => {
    expect(algorithmById(algorithm.id)).toEqual(algorithm);
  });

  test.each([0, 7, -48, 5, -(2n ** 60n)])("%s is unknown", (id) => {
    expect(algorithmById(id)).toBeUndefined();
  });
});

test("a scheme is written with its fully specified algorithm (RFC 9864)", () => {
  expect(algorithmForScheme("ed25519").id).toBe(-19);
  expect(algorithmForScheme("ecdsa-p256-sha256").id).toBe(-9);
});
