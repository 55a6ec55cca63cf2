import { expect, test } from "vitest";
import { factsText } from "./fact-text.ts";

test("facts of every shape that an answer can have, also of objects without a prototype", () => {
  const because: unknown = Object.assign(Object.create(null), { code: "threshold-not-met", have: 0n, need: 2 });
  const facts = { slot: "a", because, keyId: Uint8Array.of(1, 255), list: [1, null, { deep: true }] };
  expect(factsText(facts)).toBe(
    "slot a, because (code threshold-not-met, have 0, need 2), keyId 01ff, list [1, null, (deep true)]",
  );
  expect(factsText({})).toBe("");
});
