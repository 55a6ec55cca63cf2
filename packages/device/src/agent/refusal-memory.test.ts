import { expect, test } from "vitest";
import { RefusalMemory } from "./refusal-memory.ts";

const minute = 60_000;

function memoryAt(start = 0): { memory: RefusalMemory; clock: { ms: number } } {
  const clock = { ms: start };
  return { memory: new RefusalMemory(() => clock.ms), clock };
}

test("what was refused rests for 1, 2, 4, ... minutes, and for a day at the most", () => {
  const { memory, clock } = memoryAt(1000);
  const rested = Array.from({ length: 14 }, () => {
    memory.add("a");
    const since = clock.ms;
    while (memory.isPaused("a")) clock.ms += minute;
    return (clock.ms - since) / minute;
  });
  expect(rested).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1440, 1440, 1440]);
});

test("knows each name by itself, and an unknown one is looked at", () => {
  const { memory } = memoryAt();
  memory.add("a");
  expect(memory.look("b")).toBe("look");
  expect(memory.look("a")).toBe("pass-over");
});

test("a pause lasts as long as was asked for, and a day at the most", () => {
  const { memory, clock } = memoryAt();
  memory.pause("a", 10 * minute);
  memory.pause("b", Number.MAX_SAFE_INTEGER);
  clock.ms = 10 * minute - 1;
  expect(memory.isPaused("a")).toBe(true);
  clock.ms = 10 * minute;
  expect(memory.isPaused("a")).toBe(false);
  clock.ms = 1440 * minute;
  expect(memory.isPaused("b")).toBe(false);
});

test("T-UPT-DENIAL: a clock that stands still or goes back gives nothing away", () => {
  const { memory, clock } = memoryAt(100 * minute);
  for (let i = 0; i < 32; i++) expect(memory.look(`name ${i}`)).toBe("look");
  clock.ms = 0;
  expect(memory.look("next")).toBe("pass-over");
  clock.ms = 101 * minute;
  expect(memory.look("next")).toBe("pass-over");
  clock.ms = 102 * minute;
  expect(memory.look("next")).toBe("look");
});

test("T-UPT-DENIAL: a name that was refused often is not pushed out by many that were refused once", () => {
  const { memory, clock } = memoryAt();
  for (let i = 0; i < 63; i++) memory.add(`earlier ${i}`);
  for (let i = 0; i < 5; i++) memory.add("bad");
  for (let i = 0; i < 10_000; i++) memory.add(`made up ${i}`);
  clock.ms = 15 * minute;
  expect(memory.isPaused("bad")).toBe(true);
  expect(memory.isPaused("made up 9999")).toBe(false);
});

test("T-UPT-DENIAL: ever new names are looked at 32 times, then once in two minutes", () => {
  const { memory, clock } = memoryAt();
  let looked = 0;
  const day = 24 * 3_600_000;
  for (let poll = 0; clock.ms < day; poll++, clock.ms += 1000) {
    if (memory.look(`action ${poll}`) === "pass-over") continue;
    memory.add(`action ${poll}`);
    looked++;
  }
  expect(looked).toBeGreaterThanOrEqual(31 + day / (2 * minute));
  expect(looked).toBeLessThanOrEqual(33 + day / (2 * minute));
});
