import type { Crypto } from "@sumac/crypto";
import type { TrustParts } from "@sumac/verifier";
import { type ImageSlotName, otherSlot, type SlotName } from "../slots/slot.ts";
import { bootJudge, checkSlot, type SlotImage, type SlotProblem } from "../slots/slot-check.ts";
import type { Slots } from "../slots/slots.ts";
import type { StartPointer } from "../slots/start-pointer.ts";
import type { DeviceState } from "../state/state.ts";
import { fitted } from "../state/state-room.ts";
import type { StateProblem, StateStore } from "../state/state-store.ts";
import { trustInForce, type UnusableTrustRecord } from "../trust/trust-in-force.ts";
import { Unavailable } from "../unavailable.ts";
import {
  type BootDecision,
  type BootMode,
  type BootReason,
  decideBoot,
  defaultMaxTrials,
  type SlotFact,
  trialsOf,
} from "./boot.ts";
import { type ComponentsMisfit, misfit } from "./components-misfit.ts";
import type { DeviceEvent } from "./device-event.ts";
import type { StagingBudget } from "./staging-budget.ts";
import type { TimeRules } from "./trusted-time.ts";

export interface DeviceParts {
  readonly slots: Slots;
  readonly state: StateStore;
  readonly crypto: Crypto;
  /** How often one manifest may be tried without a confirmation; at least 1, default `defaultMaxTrials`. */
  readonly maxTrials?: number;
  /** How far a clock is believed; default `defaultTimeRules`. */
  readonly timeRules?: TimeRules;
  /** How often a delivery may erase a slot; absent = nobody counts. Whoever lets a server decide what is delivered needs one. */
  readonly stagings?: Pick<StagingBudget, "take" | "keep" | "forgive">;
  /** Follows what is decided and stored; absent = whoever starts images asks this device. */
  readonly pointer?: StartPointer;
  /** Hears of everything, in order and at once; must neither throw nor call the device. */
  observe?(event: DeviceEvent): void;
}

export type BootOutcome =
  | {
      readonly kind: "running";
      readonly booted: SlotImage;
      readonly mode: BootMode;
      readonly why: BootReason;
      readonly events: readonly BootEvent[];
    }
  /** Nothing runs, because nothing that is there may. */
  | { readonly kind: "recovery-needed"; readonly why: RecoveryReason; readonly events: readonly BootEvent[] }
  | { readonly kind: "not-provisioned" };

export type RecoveryReason =
  | StateProblem
  | ComponentsMisfit
  | UnusableTrustRecord
  | { readonly code: "no-usable-slot"; readonly slots: SlotProblems };

/** `recovery` is absent where the device has no slot for it. */
export type SlotProblems = Readonly<Record<ImageSlotName, SlotProblem>> & { readonly recovery?: SlotProblem };

export type BootEvent =
  | { readonly event: "slot-refused"; readonly slot: SlotName; readonly problem: SlotProblem }
  /** A power cut, or wear, had left one of the two copies of the state behind. */
  | { readonly event: "state-copy-repaired" }
  /** One of the two copies cannot be written any more. What is confirmed still runs; updates need both. */
  | { readonly event: "state-copy-lost" }
  | { readonly event: "state-not-written"; readonly fault: Unavailable }
  /** The trial that now begins, of `limit`. */
  | { readonly event: "trial-counted"; readonly attempt: number; readonly limit: number }
  /** The power had failed between the two steps of a confirmation. */
  | { readonly event: "floor-raised"; readonly from: bigint; readonly to: bigint };

/** What holds while an image runs. */
export interface Session {
  readonly state: DeviceState;
  readonly trust: TrustParts;
  readonly running: SlotImage;
  readonly mode: BootMode;
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
  const misfitting = misfit(reading.state.identity, parts.slots);
  if (misfitting !== undefined) return recoveryNeeded(misfitting, events);
  const trust = trustInForce(reading.state.trust, parts.crypto);
  if (!trust.ok) return recoveryNeeded(trust.error, events);

  const slots = new SlotFindings(parts, reading.state, trust.value, events);
  for (;;) {
    const { boot, floor } = reading.state;
    const decision = decideBoot(boot, {
      floor: floor.sequence,
      maxTrials: maxTrialsOf(parts),
      recovery: parts.slots.recovery === undefined ? "absent" : "present",
      slots: slots.facts(),
    });
    if (decision.do === "check") {
      await slots.check(decision.slot);
      continue;
    }
    if (decision.do === "recover") return recoveryNeeded({ code: "no-usable-slot", slots: slots.problems() }, events);
    const running = slots.image(decision.slot);
    const state = await storeDecision(parts, reading.state, decision, running, events);
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

export function maxTrialsOf({ maxTrials = defaultMaxTrials }: DeviceParts): number {
  if (Number.isSafeInteger(maxTrials) && maxTrials >= 1) return maxTrials;
  throw new RangeError(`${maxTrials} trials are none`);
}

const recoveryNeeded = (why: RecoveryReason, events: readonly BootEvent[]): Booted => ({
  outcome: { kind: "recovery-needed", why, events },
});

/**
 * Writes what the decision changes, before the image runs. A confirmed image also runs if the storage refuses, on the
 * state that is there; undefined = a trial, which must not run uncounted.
 */
async function storeDecision(
  parts: DeviceParts,
  stored: DeviceState,
  decision: BootDecision & { readonly do: "run" },
  running: SlotImage,
  events: BootEvent[],
): Promise<DeviceState | undefined> {
  const { floor } = stored;
  const raised = { sequence: running.sequence, manifestDigest: running.manifestDigest };
  const decided = { ...stored, boot: decision.next, floor: decision.floor === "raise" ? raised : floor };
  if (decided.boot === stored.boot && decided.floor === floor) return stored;
  const state = fitted(decided, parts.state.capacity);
  try {
    await parts.state.write(state);
  } catch (fault) {
    if (!(fault instanceof Unavailable)) throw fault;
    events.push({ event: "state-not-written", fault });
    return decision.mode === "trial" ? undefined : stored;
  }
  if (decision.mode === "trial") {
    const attempt = trialsOf(decision.next, running.manifestDigest);
    events.push({ event: "trial-counted", attempt, limit: maxTrialsOf(parts) });
  }
  if (state.floor !== floor) events.push({ event: "floor-raised", from: floor.sequence, to: raised.sequence });
  return state;
}

/** What is known of the slots so far. */
class SlotFindings {
  readonly #parts: DeviceParts;
  readonly #state: DeviceState;
  readonly #trust: TrustParts;
  readonly #events: BootEvent[];
  readonly #images = new Map<SlotName, SlotImage>();
  readonly #problems = new Map<SlotName, SlotProblem>();

  constructor(parts: DeviceParts, state: DeviceState, trust: TrustParts, events: BootEvent[]) {
    this.#parts = parts;
    this.#state = state;
    this.#trust = trust;
    this.#events = events;
  }

  async check(slot: SlotName): Promise<void> {
    const { slots, crypto } = this.#parts;
    const { boot } = this.#state;
    const checked = await checkSlot(slots, slot, bootJudge(slot, this.#state, this.#trust, crypto));
    if (!checked.ok) return this.refuse(slot, checked.error);
    this.#images.set(slot, checked.value);
    if (slot !== otherSlot(boot.active)) return;
    const attempts = trialsOf(boot, checked.value.manifestDigest);
    const limit = maxTrialsOf(this.#parts);
    // It stays at hand: where nothing else is left, it runs all the same.
    if (attempts >= limit) this.#note(slot, { code: "trials-exhausted", attempts, limit });
  }

  refuse(slot: SlotName, problem: SlotProblem): void {
    this.#images.delete(slot);
    this.#note(slot, problem);
  }

  #note(slot: SlotName, problem: SlotProblem): void {
    this.#problems.set(slot, problem);
    this.#events.push({ event: "slot-refused", slot, problem });
  }

  facts(): Partial<Record<SlotName, SlotFact>> {
    const facts: Partial<Record<SlotName, SlotFact>> = {};
    for (const slot of this.#problems.keys()) facts[slot] = { usable: false };
    for (const [slot, { sequence, manifestDigest }] of this.#images) {
      facts[slot] = { usable: true, sequence, manifestDigest };
    }
    return facts;
  }

  image(slot: SlotName): SlotImage {
    const image = this.#images.get(slot);
    if (image === undefined) throw new Error(`slot ${slot} was chosen unchecked`);
    return image;
  }

  problems(): SlotProblems {
    const of = (slot: SlotName): SlotProblem => {
      const problem = this.#problems.get(slot);
      if (problem === undefined) throw new Error(`slot ${slot} was given up unchecked`);
      return problem;
    };
    return {
      a: of("a"),
      b: of("b"),
      ...(this.#parts.slots.recovery === undefined ? {} : { recovery: of("recovery") }),
    };
  }
}
