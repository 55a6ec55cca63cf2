import { memoryLinks } from "@sumac/smp";
import { describe, expect, test } from "vitest";
import { faultyLink, MishapWatch, parseFaults } from "./line-fault.ts";

describe("faults of a simulated device", () => {
  test("by name", () => {
    expect(parseFaults(["lost-answers=3", "chatter", "unplug-at=5", "unplug-at=9", "reset-at=7"])).toEqual({
      lostAnswers: 3,
      chatter: "some",
      unplugAt: [5, 9],
      resetAt: [7],
      silent: "no",
      selfTest: "passes",
    });
  });

  test.each(["lost-answers", "lost-answers=0", "unplug-at=-1", "fire", "silent=2", ""])("%s is none", (fault) => {
    expect(() => parseFaults([fault])).toThrow(/is not known/);
  });

  test("every third answer is lost", async () => {
    const [near, far] = memoryLinks();
    const faulty = faultyLink(far, parseFaults(["lost-answers=3"]));
    for (let i = 1; i <= 6; i++) await faulty.write(Uint8Array.of(i));
    await far.close();
    const heard: number[] = [];
    for await (const chunk of near.read()) heard.push(...chunk);
    expect(heard).toEqual([1, 2, 4, 5]);
  });

  test("mishaps come once each, in their order, when so much of a payload was taken", async () => {
    const happened: string[] = [];
    const watch = new MishapWatch(
      { handle: async () => ({}) },
      parseFaults(["reset-at=200", "unplug-at=100"]),
      [{ group: 1, id: 1 }],
      async (mishap) => void happened.push(mishap),
    );
    const call = (id: number, off: number) =>
      watch.handle({ operation: "write", group: 1, id, version: 2, body: { off, data: new Uint8Array(50) } });
    await call(0, 1000);
    for (const off of [0, 49, 50, 50, 149, 150, 150]) await call(1, off);
    expect(happened).toEqual(["unplugged", "reset"]);
  });
});
