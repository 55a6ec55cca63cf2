import { otherSlot, type SlotName } from "./slot.ts";

/**
 * `idle`: as provisioned. `staged`: a verified image waits in the other slot. `armed`: the next boot tries it, once.
 * `trial`: it runs, unconfirmed. `confirmed`: the last trial was confirmed. `reverted`: the last trial failed.
 */
export type BootState = "idle" | "staged" | "armed" | "trial" | "confirmed" | "reverted";

export interface BootRecord {
  readonly state: BootState;
  /** The confirmed slot. What is staged, armed or on trial lies in the other one. */
  readonly active: SlotName;
  /** How often the other slot was tried since it was armed. */
  readonly attempts: number;
}

/** What the check of a slot found: the image is signed, meant for this device, whole, and not below the floor; or not. */
export type SlotFact = { readonly usable: true; readonly sequence: bigint } | { readonly usable: false };

export interface BootFacts {
  readonly floor: bigint;
  /** A slot that is absent was not checked yet: checking costs time, and mostly one is enough. */
  readonly slots: Readonly<Partial<Record<SlotName, SlotFact>>>;
}

export type BootReason =
  /** Nothing to decide: the confirmed image runs. */
  | "active"
  /** Armed: the other slot gets its one try. */
  | "trial-begins"
  /** A reset came before the confirmation. */
  | "trial-not-confirmed"
  /** Armed, but what lies in the other slot may not run (any more). */
  | "staging-unusable"
  /** The confirmed image may not run (any more): the other slot is tried instead. */
  | "active-unusable";

export type BootDecision =
  | { readonly do: "check"; readonly slot: SlotName }
  | {
      readonly do: "run";
      readonly slot: SlotName;
      readonly mode: "confirmed" | "trial";
      readonly why: BootReason;
      /** Stored before the image runs: a reset must find the trial already counted. */
      readonly next: BootRecord;
      /** `raise`: the power failed between the pointer and the floor of a confirmation; finish it. */
      readonly floor: "keep" | "raise";
    }
  /** Neither slot may run. Nothing is changed, and nothing unverified ever runs instead. */
  | { readonly do: "recover" };

/**
 * Which slot to run (device.md 2; EDR 3.14 RE 1). Pure: call it with no facts, do the check it asks for, and call it
 * again with one fact more, until it answers `run` or `recover`.
 */
export function decideBoot(record: BootRecord, facts: BootFacts): BootDecision {
  const staging = otherSlot(record.active);
  const order = record.state === "armed" ? [staging, record.active] : [record.active, staging];
  for (const slot of order) {
    const fact = facts.slots[slot];
    if (fact === undefined) return { do: "check", slot };
    if (!fact.usable) continue;
    return slot === staging ? runStaging(record) : runActive(record, fact.sequence > facts.floor ? "raise" : "keep");
  }
  return { do: "recover" };
}

function runActive(record: BootRecord, floor: "keep" | "raise"): BootDecision {
  const run = { do: "run", slot: record.active, mode: "confirmed", floor } as const;
  const reverted = { ...record, state: "reverted" } as const;
  if (record.state === "trial") return { ...run, why: "trial-not-confirmed", next: reverted };
  if (record.state === "armed") return { ...run, why: "staging-unusable", next: reverted };
  return { ...run, why: "active", next: record };
}

/** Never confirmed by booting alone, and so never a reason to raise the floor. */
function runStaging(record: BootRecord): BootDecision {
  return {
    do: "run",
    slot: otherSlot(record.active),
    mode: "trial",
    floor: "keep",
    why: record.state === "armed" ? "trial-begins" : "active-unusable",
    next: { state: "trial", active: record.active, attempts: record.attempts + 1 },
  };
}
