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
    { id: -49, name: "ML-DSA-65", scheme: "ml-dsa-65", status: "current" },
    { id: -50, name: "ML-DSA-87", scheme: "ml-dsa-87", status: "current" },
    { id: -51, name: "ESP384", scheme: "ecdsa-p384-sha384", status: "current" },
  ])("$id is $name", (algorithm) => {
    expect(algorithmById(algorithm.id)).toEqual(algorithm);
  });

  test.each([0, 7, -35, -48, -52, 5, -(2n ** 60n)])("%s is unknown", (id) => {
    expect(algorithmById(id)).toBeUndefined();
  });
});

test.each([
  ["ed25519", -19],
  ["ecdsa-p256-sha256", -9],
  ["ecdsa-p384-sha384", -51],
  ["ml-dsa-65", -49],
  ["ml-dsa-87", -50],
] as const)("%s is written with its fully specified algorithm (RFC 9864), %i", (scheme, id) => {
  expect(algorithmForScheme(scheme).id).toBe(id);
});
