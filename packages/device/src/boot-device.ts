import type { Crypto } from "@sumac/crypto";
import { parseTrustRecord, type TrustRecord, type TrustRecordRefusal } from "@sumac/verifier";
import { type BootDecision, type BootReason, decideBoot, type SlotFact } from "./boot.ts";
import type { SlotName } from "./slot.ts";
import { checkSlot, type SlotImage, type SlotProblem } from "./slot-check.ts";
import type { Slots } from "./slots.ts";
import type { DeviceState } from "./state.ts";
import type { StateProblem, StateStore } from "./state-store.ts";
import { Unavailable } from "./unavailable.ts";

export interface DeviceParts {
  readonly slots: Slots;
  readonly state: StateStore;
  readonly crypto: Crypto;
}

export type BootOutcome =
  | {
      readonly kind: "running";
      readonly booted: SlotImage;
      /** `trial`: the next boot goes back unless `confirm` comes first. */
      readonly mode: "confirmed" | "trial";
      readonly why: BootReason;
      readonly events: readonly BootEvent[];
    }
  /** Nothing runs, because nothing that is there may. */
  | { readonly kind: "recovery-needed"; readonly why: RecoveryReason; readonly events: readonly BootEvent[] }
  | { readonly kind: "not-provisioned" };

export type RecoveryReason =
  | StateProblem
  | { readonly code: "trust-record-refused"; readonly problem: TrustRecordRefusal }
  | { readonly code: "no-usable-slot"; readonly slots: Readonly<Record<SlotName, SlotProblem>> };

export type BootEvent =
  | { readonly event: "slot-refused"; readonly slot: SlotName; readonly problem: SlotProblem }
  /** A power cut, or wear, had left one of the two copies of the state behind. */
  | { readonly event: "state-copy-repaired" }
  /** One of the two copies cannot be written any more. What is confirmed still runs; updates need both. */
  | { readonly event: "state-copy-lost" }
  | { readonly event: "state-not-written"; readonly fault: Unavailable }
  /** The power had failed between the two steps of a confirmation. */
  | { readonly event: "floor-raised"; readonly from: bigint; readonly to: bigint };

/** What holds while an image runs. */
export interface Session {
  readonly state: DeviceState;
  readonly trust: TrustRecord;
  readonly running: SlotImage;
  readonly mode: "confirmed" | "trial";
}

export interface Booted {
  readonly outcome: BootOutcome;
  /** Absent unless an image runs. */
  readonly session?: Session;
}

/**
 * Power on: runs the image that `decideBoot` names, and nothing else. What lies in the slots is judged, never thrown
 * over; storage that cannot be read at all is `Unavailable`.
 */
export async function bootDevice(parts: DeviceParts): Promise<Booted> {
  const reading = await parts.state.read();
  if (reading.kind === "blank") return { outcome: { kind: "not-provisioned" } };
  if (reading.kind === "damaged") return recoveryNeeded(reading.problem, []);
  const events: BootEvent[] = [];
  if (reading.repaired === "copy") events.push({ event: "state-copy-repaired" });
  if (reading.repaired === "failed") events.push({ event: "state-copy-lost" });
  const trust = parseTrustRecord(reading.state.trustRecord, parts.crypto);
  if (!trust.ok) return recoveryNeeded({ code: "trust-record-refused", problem: trust.error }, events);

  const slots = new SlotFindings(parts, reading.state, trust.value, events);
  for (;;) {
    const { boot, floor } = reading.state;
    const decision = decideBoot(boot, { floor: floor.sequence, slots: slots.facts() });
    if (decision.do === "check") {
      await slots.check(decision.slot);
      continue;
    }
    if (decision.do === "recover") return recoveryNeeded({ code: "no-usable-slot", slots: slots.problems() }, events);
    const running = slots.image(decision.slot);
    const state = await storeDecision(parts.state, reading.state, decision, running, events);
    if (state === undefined) {
      // A trial that cannot be counted would be tried for ever: go back to the confirmed image instead.
      slots.refuse(decision.slot, { code: "slot-unreadable", fault: "storage-failed" });
      continue;
    }
    const { mode, why } = decision;
    return {
      outcome: { kind: "running", booted: running, mode, why, events },
      session: { state, trust: trust.value, running, mode },
    };
  }
}

const recoveryNeeded = (why: RecoveryReason, events: readonly BootEvent[]): Booted => ({
  outcome: { kind: "recovery-needed", why, events },
});

/**
 * Writes what the decision changes, before the image runs. A confirmed image also runs if the storage refuses, on the
 * state that is there; undefined = a trial, which must not run uncounted.
 */
async function storeDecision(
  store: StateStore,
  stored: DeviceState,
  decision: BootDecision & { readonly do: "run" },
  running: SlotImage,
  events: BootEvent[],
): Promise<DeviceState | undefined> {
  const { floor } = stored;
  const raised = { sequence: running.sequence, manifestDigest: running.manifestDigest };
  const state = { ...stored, boot: decision.next, floor: decision.floor === "raise" ? raised : floor };
  if (state.boot === stored.boot && state.floor === floor) return stored;
  try {
    await store.write(state);
  } catch (fault) {
    if (!(fault instanceof Unavailable)) throw fault;
    events.push({ event: "state-not-written", fault });
    return decision.mode === "trial" ? undefined : stored;
  }
  if (state.floor !== floor) events.push({ event: "floor-raised", from: floor.sequence, to: raised.sequence });
  return state;
}

/** What is known of the slots so far. */
class SlotFindings {
  readonly #parts: DeviceParts;
  readonly #state: DeviceState;
  readonly #trust: TrustRecord;
  readonly #events: BootEvent[];
  readonly #images = new Map<SlotName, SlotImage>();
  readonly #problems = new Map<SlotName, SlotProblem>();

  constructor(parts: DeviceParts, state: DeviceState, trust: TrustRecord, events: BootEvent[]) {
    this.#parts = parts;
    this.#state = state;
    this.#trust = trust;
    this.#events = events;
  }

  async check(slot: SlotName): Promise<void> {
    const { slots, crypto } = this.#parts;
    const { identity, floor } = this.#state;
    const checked = await checkSlot(slots, slot, { crypto, trust: this.#trust, identity, floor });
    if (checked.ok) this.#images.set(slot, checked.value);
    else this.refuse(slot, checked.error);
  }

  refuse(slot: SlotName, problem: SlotProblem): void {
    this.#images.delete(slot);
    this.#problems.set(slot, problem);
    this.#events.push({ event: "slot-refused", slot, problem });
  }

  facts(): Partial<Record<SlotName, SlotFact>> {
    const facts: Partial<Record<SlotName, SlotFact>> = {};
    for (const slot of this.#problems.keys()) facts[slot] = { usable: false };
    for (const [slot, { sequence }] of this.#images) facts[slot] = { usable: true, sequence };
    return facts;
  }

  image(slot: SlotName): SlotImage {
    const image = this.#images.get(slot);
    if (image === undefined) throw new Error(`slot ${slot} was chosen unchecked`);
    return image;
  }

  problems(): Record<SlotName, SlotProblem> {
    const of = (slot: SlotName): SlotProblem => {
      const problem = this.#problems.get(slot);
      if (problem === undefined) throw new Error(`slot ${slot} was given up unchecked`);
      return problem;
    };
    return { a: of("a"), b: of("b") };
  }
}
