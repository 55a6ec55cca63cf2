import type { FoundTarget } from "@sumac/tuf";
import type { Operations, Rejection, VerifiedUpdate } from "@sumac/verifier";
import type { RepositoryRefusal } from "../repository/repository-refusal.ts";
import type { TrialsExhausted } from "../slots/slot-check.ts";
import type { OwnRefusal } from "../trust/trust-change.ts";
import type { TrustOffer, TrustUpdateRefusal } from "../trust/trust-update.ts";
import type { ComponentsIncomplete, InstallPlan } from "./install-plan.ts";
import type { StagingsExhausted } from "./staging-budget.ts";

/** What holds at the moment of an offer; read by the device, never by the update. */
export interface OfferConditions {
  /** Seconds since 1970 by a clock that is trusted; absent = there is none. */
  readonly now?: bigint;
  /** Absent: nobody operates here. */
  readonly operations?: Operations;
  /** A supervisor's word for one manifest (CR 2.1 RE 3): what the plant is taken to say for it, and for no other. */
  readonly override?: { readonly manifestDigest: Uint8Array; readonly operations: Operations };
  /** What the vendor's repository says of the envelope; absent: the device is not to ask one. */
  readonly listed?: FoundTarget;
}

/** An update that passed checks 1 to 9 and that this device can carry out. Only `Device.receive` makes one. */
export interface Offer {
  /** `release`: is staged, then armed. `recovery`: replaces the recovery image, which nothing has to try. */
  readonly set: "release" | "recovery";
  readonly update: VerifiedUpdate;
  readonly plan: InstallPlan;
  /** It was not earlier than this when it was judged; seconds since 1970. */
  readonly time: bigint;
}

export type Received =
  | { readonly kind: "offer"; readonly offer: Offer }
  /** A new trust record: for `applyTrust`. */
  | { readonly kind: "trust-offer"; readonly offer: TrustOffer }
  /** The very manifest that runs, confirmed, or the trust record in force: nothing to do. */
  | { readonly kind: "already-installed" };

/** A refusal of the verifier, or of what this device can do now. */
export type DeviceRefusal =
  | Rejection
  | RepositoryRefusal
  | ComponentsIncomplete
  | TrialsExhausted
  | StagingsExhausted
  | TrustUpdateRefusal
  | OwnRefusal
  /** The other slot holds the way back and is not overwritten. */
  | { readonly code: "trial-running" }
  /** The recovery image runs, and is not overwritten under itself. */
  | { readonly code: "recovery-running" };
