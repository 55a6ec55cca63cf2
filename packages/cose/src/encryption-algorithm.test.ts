import { cipherShapes } from "@sumac/crypto";
import { expect, test } from "vitest";
import { a128gcm, a128kw, a256kw, contentAlgorithms, ecdhEsA128kw, keyDistributions } from "./encryption-algorithm.ts";

test("the registries give each id and each cipher once", () => {
  const ids = [...contentAlgorithms, ...keyDistributions].map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(contentAlgorithms.map(({ cipher }) => cipher).sort()).toEqual(Object.keys(cipherShapes).sort());
});

test.each([
  [1, "A128GCM"],
  [-65534, "A128CTR"],
  [-65532, "A256CTR"],
])("content algorithm %i is %s", (id, name) => {
  expect(contentAlgorithms.find((row) => row.id === id)?.name).toBe(name);
});

test("key distribution, by the numbers of the IANA registry", () => {
  expect([a128kw, a256kw, ecdhEsA128kw].map(({ id }) => id)).toEqual([-3, -5, -29]);
  expect([a128kw, a256kw, ecdhEsA128kw].map(({ keyLength }) => keyLength)).toEqual([16, 32, 16]);
});

test("what is written authenticates", () => {
  expect(cipherShapes[a128gcm.cipher].tagLength).toBe(16);
});
