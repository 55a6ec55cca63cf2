import { expect, test } from "vitest";
import { RefusalMemory } from "./refusal-memory.ts";

const countUntilLookedAt = (memory: RefusalMemory, key: string): number => {
  let passed = 0;
  while (memory.passOver(key)) passed++;
  return passed;
};

test("passes over once, three times, seven times, … and at the most 1024 times", () => {
  const memory = new RefusalMemory();
  const passed = Array.from({ length: 13 }, () => {
    memory.add("a");
    return countUntilLookedAt(memory, "a");
  });
  expect(passed).toEqual([1, 3, 7, 15, 31, 63, 127, 255, 511, 1023, 1024, 1024, 1024]);
});

test("knows each name by itself, and an unknown one is not passed over", () => {
  const memory = new RefusalMemory();
  memory.add("a");
  expect(memory.passOver("b")).toBe(false);
  expect(memory.passOver("a")).toBe(true);
});

test("forgets the oldest when a sender thinks up names", () => {
  const memory = new RefusalMemory();
  memory.add("first");
  for (let i = 0; i < 31; i++) memory.add(`made up ${i}`);
  memory.add("first");
  for (let i = 0; i < 31; i++) memory.add(`more ${i}`);
  expect(countUntilLookedAt(memory, "first")).toBe(3);
  for (let i = 0; i < 32; i++) memory.add(`still more ${i}`);
  expect(memory.passOver("first")).toBe(false);
});
