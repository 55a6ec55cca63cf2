import { describe, expect, test } from "vitest";
import { imageSlotNames, otherSlot, type SlotName } from "../slots/slot.ts";
import { type BootDecision, type BootRecord, type BootState, decideBoot, type SlotFact, trialsOf } from "./boot.ts";

const digest = new Uint8Array(32).fill(7);
const good: SlotFact = { usable: true, sequence: 5n, manifestDigest: digest };
const above: SlotFact = { ...good, sequence: 6n };
const bad: SlotFact = { usable: false };
const floor = 5n;
const maxTrials = 3;

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

/** Asks as a device does: one check after the other, only those that are asked for. Without a fact on recovery there is no slot for it. */
function boot(
  record: BootRecord,
  facts: Partial<Record<SlotName, SlotFact>>,
): { decision: BootDecision; checked: SlotName[] } {
  const recovery = facts.recovery === undefined ? "absent" : "present";
  const checked: SlotName[] = [];
  for (;;) {
    const known = Object.fromEntries(checked.map((slot) => [slot, facts[slot]]));
    const decision = decideBoot(record, { floor, maxTrials, recovery, slots: known });
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

  for (const active of imageSlotNames) {
    for (const [state, activeFact, otherFact, runs, why, after] of table) {
      const found = `active ${activeFact.usable ? "good" : "bad"}, other ${otherFact.usable ? "good" : "bad"}`;
      test(`${state}, slot ${active} active, ${found}: runs ${runs}`, () => {
        const other = otherSlot(active);
        const record: BootRecord = { state, active, trials: [] };
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
          next: { state: after, active, trials: runs === "other" ? [{ manifestDigest: digest, attempts: 1 }] : [] },
          floor: "keep",
        });
      });
    }
  }

  test("checks only what it needs: one slot, unless that one is unusable", () => {
    const record: BootRecord = { state: "armed", active: "a", trials: [] };
    expect(boot(record, { a: good, b: good }).checked).toEqual(["b"]);
    expect(boot(record, { a: good, b: bad }).checked).toEqual(["b", "a"]);
    expect(boot({ ...record, state: "confirmed" }, { a: good, b: good }).checked).toEqual(["a"]);
  });

  for (const state of ["idle", "staged", "armed", "trial", "confirmed", "reverted"] as const) {
    test(`${state}: the floor is raised to an active image above it, and never for an image on trial`, () => {
      for (const [activeFact, otherFact] of [
        [above, bad],
        [bad, above],
      ] as const) {
        const { decision } = boot({ state, active: "a", trials: [] }, { a: activeFact, b: otherFact });
        expect(decision).toMatchObject({ do: "run", floor: activeFact.usable ? "raise" : "keep" });
      }
    });
  }

  test("T-DEV-BAD-RELEASE: a trial runs once: booting again without a confirmation goes back, and stays back", () => {
    let record: BootRecord = { state: "armed", active: "a", trials: [] };
    const ran: SlotName[] = [];
    for (let i = 0; i < 4; i++) {
      const { decision } = boot(record, { a: good, b: good });
      if (decision.do !== "run") throw new Error("nothing ran");
      ran.push(decision.slot);
      record = decision.next;
    }
    expect(ran).toEqual(["b", "a", "a", "a"]);
  });

  const tried = (attempts: number, state: BootState = "trial"): BootRecord => ({
    state,
    active: "a",
    trials: [{ manifestDigest: digest, attempts }],
  });

  test("every try of an image is counted, by its manifest", () => {
    const { decision } = boot(tried(1), { a: bad, b: good });
    expect(decision).toMatchObject({ next: tried(2) });
    const manifestDigest = new Uint8Array(32).fill(8);
    const other = boot(tried(1, "armed"), { a: good, b: { ...good, manifestDigest } }).decision;
    expect(other).toMatchObject({ do: "run", slot: "b" });
    if (other.do !== "run") return;
    expect(trialsOf(other.next, digest)).toBe(1);
    expect(trialsOf(other.next, manifestDigest)).toBe(1);
  });

  test("of many manifests the latest are remembered, and the record does not grow", () => {
    let record: BootRecord = { state: "armed", active: "a", trials: [] };
    for (let i = 0; i < 30; i++) {
      const fact: SlotFact = { ...good, manifestDigest: new Uint8Array(32).fill(i) };
      const { decision } = boot({ ...record, state: "armed" }, { a: good, b: fact });
      if (decision.do !== "run") throw new Error("nothing ran");
      record = decision.next;
    }
    expect(record.trials).toHaveLength(8);
    expect(record.trials.at(-1)).toEqual({ manifestDigest: new Uint8Array(32).fill(29), attempts: 1 });
  });

  test("armed, but tried as often as is allowed: the active image runs", () => {
    expect(boot(tried(maxTrials, "armed"), { a: good, b: good }).decision).toMatchObject({
      do: "run",
      slot: "a",
      mode: "confirmed",
      why: "staging-unusable",
      next: { state: "reverted" },
    });
  });

  for (const state of ["idle", "staged", "armed", "trial", "confirmed", "reverted"] as const) {
    test(`${state}: recovery runs when neither slot may, or the other one has no trials left; nothing is stored`, () => {
      for (const [record, other] of [
        [{ state, active: "a", trials: [] }, bad],
        [tried(maxTrials, state), good],
      ] as const) {
        expect(boot(record, { a: bad, b: other, recovery: good }).decision).toEqual({
          do: "run",
          slot: "recovery",
          mode: "recovery",
          why: "slots-unusable",
          next: record,
          floor: "keep",
        });
      }
      expect(boot({ state, active: "a", trials: [] }, { a: bad, b: bad, recovery: bad }).decision).toEqual({
        do: "recover",
      });
    });

    test(`${state}: the other slot comes before recovery while it has trials left`, () => {
      expect(boot(tried(1, state), { a: bad, b: good, recovery: good }).decision).toMatchObject({
        slot: "b",
        mode: "trial",
        next: tried(2),
      });
    });
  }

  test("an image without trials left is better than none: it runs if nothing else may, and is not written down again", () => {
    for (const recovery of [undefined, bad]) {
      const facts = { a: bad, b: good, ...(recovery && { recovery }) };
      const first = boot(tried(maxTrials, "reverted"), facts).decision;
      expect(first).toMatchObject({ do: "run", slot: "b", mode: "trial", next: tried(maxTrials) });
      const record = tried(maxTrials);
      const again = boot(record, facts).decision;
      expect(again.do === "run" && again.next).toBe(record);
    }
  });
});
