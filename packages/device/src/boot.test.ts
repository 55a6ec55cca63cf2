import { describe, expect, test } from "vitest";
import { type BootDecision, type BootRecord, type BootState, decideBoot, type SlotFact } from "./boot.ts";
import { otherSlot, type SlotName, slotNames } from "./slot.ts";

const good: SlotFact = { usable: true, sequence: 5n };
const bad: SlotFact = { usable: false };
const floor = 5n;

type Runs = "active" | "other" | "nothing";

/** Every state with every finding: [state, active, other, what runs, why, the state afterwards]. */
const table: readonly (readonly [BootState, SlotFact, SlotFact, Runs, string, BootState])[] = [
  ["idle", good, good, "active", "active", "idle"],
  ["idle", good, bad, "active", "active", "idle"],
  ["idle", bad, good, "other", "active-unusable", "trial"],
  ["idle", bad, bad, "nothing", "", "idle"],
  ["staged", good, good, "active", "active", "staged"],
  ["staged", good, bad, "active", "active", "staged"],
  ["staged", bad, good, "other", "active-unusable", "trial"],
  ["staged", bad, bad, "nothing", "", "staged"],
  ["armed", good, good, "other", "trial-begins", "trial"],
  ["armed", good, bad, "active", "staging-unusable", "reverted"],
  ["armed", bad, good, "other", "trial-begins", "trial"],
  ["armed", bad, bad, "nothing", "", "armed"],
  ["trial", good, good, "active", "trial-not-confirmed", "reverted"],
  ["trial", good, bad, "active", "trial-not-confirmed", "reverted"],
  ["trial", bad, good, "other", "active-unusable", "trial"],
  ["trial", bad, bad, "nothing", "", "trial"],
  ["confirmed", good, good, "active", "active", "confirmed"],
  ["confirmed", good, bad, "active", "active", "confirmed"],
  ["confirmed", bad, good, "other", "active-unusable", "trial"],
  ["confirmed", bad, bad, "nothing", "", "confirmed"],
  ["reverted", good, good, "active", "active", "reverted"],
  ["reverted", good, bad, "active", "active", "reverted"],
  ["reverted", bad, good, "other", "active-unusable", "trial"],
  ["reverted", bad, bad, "nothing", "", "reverted"],
];

/** Asks as a device does: one check after the other, only those that are asked for. */
function boot(record: BootRecord, facts: Record<SlotName, SlotFact>): { decision: BootDecision; checked: SlotName[] } {
  const checked: SlotName[] = [];
  for (;;) {
    const known = Object.fromEntries(checked.map((slot) => [slot, facts[slot]]));
    const decision = decideBoot(record, { floor, slots: known });
    if (decision.do !== "check") return { decision, checked };
    expect(checked).not.toContain(decision.slot);
    checked.push(decision.slot);
  }
}

describe("decideBoot", () => {
  test("the table holds every state with every finding once", () => {
    expect(new Set(table.map(([state, active, other]) => `${state} ${active.usable} ${other.usable}`)).size).toBe(24);
    expect(table).toHaveLength(24);
  });

  for (const active of slotNames) {
    for (const [state, activeFact, otherFact, runs, why, after] of table) {
      const found = `active ${activeFact.usable ? "good" : "bad"}, other ${otherFact.usable ? "good" : "bad"}`;
      test(`${state}, slot ${active} active, ${found}: runs ${runs}`, () => {
        const other = otherSlot(active);
        const record: BootRecord = { state, active, attempts: 0 };
        const { decision } = boot(
          record,
          active === "a" ? { a: activeFact, b: otherFact } : { b: activeFact, a: otherFact },
        );
        if (runs === "nothing") {
          expect(decision).toEqual({ do: "recover" });
          return;
        }
        expect(decision).toEqual({
          do: "run",
          slot: runs === "active" ? active : other,
          mode: runs === "active" ? "confirmed" : "trial",
          why,
          next: { state: after, active, attempts: runs === "other" ? 1 : 0 },
          floor: "keep",
        });
      });
    }
  }

  test("checks only what it needs: one slot, unless that one is unusable", () => {
    const record: BootRecord = { state: "armed", active: "a", attempts: 0 };
    expect(boot(record, { a: good, b: good }).checked).toEqual(["b"]);
    expect(boot(record, { a: good, b: bad }).checked).toEqual(["b", "a"]);
    expect(boot({ ...record, state: "confirmed" }, { a: good, b: good }).checked).toEqual(["a"]);
  });

  for (const state of ["idle", "staged", "armed", "trial", "confirmed", "reverted"] as const) {
    test(`${state}: the floor is raised to an active image above it, and never for an image on trial`, () => {
      for (const [activeFact, otherFact] of [
        [{ usable: true, sequence: 6n }, bad],
        [bad, { usable: true, sequence: 6n }],
      ] as const) {
        const { decision } = boot({ state, active: "a", attempts: 0 }, { a: activeFact, b: otherFact });
        expect(decision).toMatchObject({ do: "run", floor: activeFact.usable ? "raise" : "keep" });
      }
    });
  }

  test("T-DEV-BAD-RELEASE: a trial runs once: booting again without a confirmation goes back, and stays back", () => {
    let record: BootRecord = { state: "armed", active: "a", attempts: 0 };
    const ran: SlotName[] = [];
    for (let i = 0; i < 4; i++) {
      const { decision } = boot(record, { a: good, b: good });
      if (decision.do !== "run") throw new Error("nothing ran");
      ran.push(decision.slot);
      record = decision.next;
    }
    expect(ran).toEqual(["b", "a", "a", "a"]);
  });

  test("every try of an image is counted", () => {
    const record: BootRecord = { state: "trial", active: "a", attempts: 3 };
    expect(boot(record, { a: bad, b: good }).decision).toMatchObject({ next: { state: "trial", attempts: 4 } });
  });
});
