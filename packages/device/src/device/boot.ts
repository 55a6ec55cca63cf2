import { equalBytes } from "@sumac/crypto";
import { type ImageSlotName, otherSlot, type SlotName } from "../slots/slot.ts";

/**
 * `idle`: as provisioned. `staged`: a verified image waits in the other slot. `armed`: the next boot tries it, once.
 * `trial`: it runs, unconfirmed. `confirmed`: the last trial was confirmed. `reverted`: the last trial failed.
 */
export type BootState = "idle" | "staged" | "armed" | "trial" | "confirmed" | "reverted";

export interface BootRecord {
  readonly state: BootState;
  /** The confirmed slot. What is staged, armed or on trial lies in the other one. */
  readonly active: ImageSlotName;
  /** Of every manifest that was tried since the last confirmation, the latest last. */
  readonly trials: readonly TrialCount[];
}

export interface TrialCount {
  readonly manifestDigest: Uint8Array;
  /** How often it ran unconfirmed. */
  readonly attempts: number;
}

/** Trials of one manifest, unless the device says otherwise. */
export const defaultMaxTrials = 3;

/** Manifests whose trials are remembered; of more, the earliest is forgotten. Each is signed and above the floor. */
const trialMemory = 8;

/** What the check of a slot found: its images are signed, meant for this device, whole, and not below the floor; or not. */
export type SlotFact =
  | { readonly usable: true; readonly sequence: bigint; readonly manifestDigest: Uint8Array }
  | { readonly usable: false };

export interface BootFacts {
  readonly floor: bigint;
  readonly maxTrials: number;
  /** Whether there is a slot for a recovery image. */
  readonly recovery: "present" | "absent";
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
  | "active-unusable"
  /** Neither slot may run: the recovery image does. */
  | "slots-unusable"
  /** No boot: only the process that looks after the image started again. */
  | "goes-on";

/** `trial`: the next boot goes back unless a confirmation comes first. `recovery`: nothing else may run. */
export type BootMode = "confirmed" | "trial" | "recovery";

export type BootDecision =
  | { readonly do: "check"; readonly slot: SlotName }
  | {
      readonly do: "run";
      readonly slot: SlotName;
      readonly mode: BootMode;
      readonly why: BootReason;
      /** Stored before the image runs: a reset must find the trial already counted. */
      readonly next: BootRecord;
      /** `raise`: the power failed between the pointer and the floor of a confirmation; finish it. */
      readonly floor: "keep" | "raise";
    }
  /** No slot may run. Nothing is changed, and nothing unverified ever runs instead. */
  | { readonly do: "recover" };

/**
 * In which order slots are considered. `other` is for an image that has trials left; one that has none runs only where
 * nothing else is left to run: it is signed and above the floor, and a device that stands still is worse.
 */
type Turn = "active" | "other" | "recovery" | "other-exhausted";

/**
 * Which slot to run (device.md 2; EDR 3.14 RE 1). Pure: call it with no facts, do the check it asks for, and call it
 * again with one fact more, until it answers `run` or `recover`.
 */
export function decideBoot(record: BootRecord, facts: BootFacts): BootDecision {
  for (const turn of turns(record, facts)) {
    const slot = slotOf(turn, record);
    const fact = facts.slots[slot];
    if (fact === undefined) return { do: "check", slot };
    if (!fact.usable) continue;
    if (turn === "active") return runActive(record, fact.sequence > facts.floor ? "raise" : "keep");
    if (turn === "recovery") return runRecovery(record);
    const exhausted = trialsOf(record, fact.manifestDigest) >= facts.maxTrials;
    if (exhausted === (turn === "other-exhausted")) return runOther(record, fact.manifestDigest, facts.maxTrials);
  }
  return { do: "recover" };
}

function turns(record: BootRecord, { recovery }: BootFacts): readonly Turn[] {
  return [
    ...(record.state === "armed" ? (["other", "active"] as const) : (["active", "other"] as const)),
    ...(recovery === "present" ? (["recovery"] as const) : []),
    "other-exhausted",
  ];
}

function slotOf(turn: Turn, { active }: BootRecord): SlotName {
  if (turn === "recovery") return "recovery";
  return turn === "active" ? active : otherSlot(active);
}

function runActive(record: BootRecord, floor: "keep" | "raise"): BootDecision {
  const run = { do: "run", slot: record.active, mode: "confirmed", floor } as const;
  const reverted = { ...record, state: "reverted" } as const;
  if (record.state === "trial") return { ...run, why: "trial-not-confirmed", next: reverted };
  if (record.state === "armed") return { ...run, why: "staging-unusable", next: reverted };
  return { ...run, why: "active", next: record };
}

/** Never confirmed by booting alone, and so never a reason to raise the floor. */
function runOther(record: BootRecord, manifestDigest: Uint8Array, maxTrials: number): BootDecision {
  return {
    do: "run",
    slot: otherSlot(record.active),
    mode: "trial",
    floor: "keep",
    why: record.state === "armed" ? "trial-begins" : "active-unusable",
    next: countTrial(record, manifestDigest, maxTrials),
  };
}

/** Leaves the record alone: the storage may be what is broken. */
const runRecovery = (record: BootRecord): BootDecision => ({
  do: "run",
  slot: "recovery",
  mode: "recovery",
  floor: "keep",
  why: "slots-unusable",
  next: record,
});

/** How often the manifest was tried since the last confirmation. */
export function trialsOf({ trials }: BootRecord, manifestDigest: Uint8Array): number {
  return trials.find((count) => equalBytes(count.manifestDigest, manifestDigest))?.attempts ?? 0;
}

/** One trial more. A count that has reached its end stays there, so that a last resort does not wear the state out. */
function countTrial(record: BootRecord, manifestDigest: Uint8Array, maxTrials: number): BootRecord {
  const attempts = Math.min(trialsOf(record, manifestDigest) + 1, maxTrials);
  if (record.state === "trial" && attempts === trialsOf(record, manifestDigest)) return record;
  const others = record.trials.filter((count) => !equalBytes(count.manifestDigest, manifestDigest));
  const trials = [...others, { manifestDigest, attempts }].slice(-trialMemory);
  return { state: "trial", active: record.active, trials };
}
