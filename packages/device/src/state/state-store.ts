import type { Malformed } from "@sumac/cbor";
import type { DeviceState } from "./state.ts";

/**
 * Where a device keeps its state. A write is all or nothing: whatever happens during it, a later read finds the old
 * state or the new one, never neither and never an older one. Every implementation passes `state-store.contract.ts`.
 */
export interface StateStore {
  /** Bytes of the largest state, serialized. */
  readonly capacity: number;
  /** Reads what is stored, always anew. May repair a copy that a power cut left behind. */
  read(): Promise<StateReading>;
  /** Returns when the state is safe. One that does not fit is a bug (`RangeError`). */
  write(state: DeviceState): Promise<void>;
}

export type StateReading =
  | {
      readonly kind: "present";
      readonly state: DeviceState;
      /** Whether a copy had to be written again: normal after a power cut, else a sign of wear. */
      readonly repaired: "nothing" | "copy" | "failed";
    }
  /** Never provisioned, or the power failed while it was. */
  | { readonly kind: "blank" }
  | { readonly kind: "damaged"; readonly problem: StateProblem };

/** Why a stored state is not believed. An older copy is never taken for a newer one that cannot be read: the floor would fall. */
export type StateProblem =
  | { readonly code: "state-unreadable"; readonly because: "no-valid-copy" | "newest-copy-damaged" }
  | { readonly code: "state-malformed"; readonly problem: Malformed };
