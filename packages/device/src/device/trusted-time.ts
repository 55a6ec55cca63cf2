import { type Freshness, freshnessOf, type KnownTime, type VerifyContext } from "@sumac/verifier";

/** How far a clock is believed; all in seconds. */
export interface TimeRules {
  /** Seconds since 1970 at which this software was made: it cannot be earlier. */
  readonly buildTime: bigint;
  /**
   * A clock that is ahead of everything known by more is not believed: one bad reading would otherwise end the life of
   * everything that expires, for ever, since time never goes back. Beyond it a person decides (`Device.setTime`).
   */
  readonly maxForwardStep: bigint;
  /** A clock may be behind what is known by so much without being under suspicion: clocks drift. */
  readonly tolerance: bigint;
  /** What is known is stored when it has moved by so much: each store wears the flash. */
  readonly storeStep: bigint;
}

const day = 86_400n;

/** Ten years ahead: a device may lie in a store for long. Stored once a day at most. */
export const defaultTimeRules: TimeRules = {
  // 2026-11-01.
  buildTime: 1_793_491_200n,
  maxForwardStep: 3653n * day,
  tolerance: 300n,
  storeStep: day,
};

/** Where a time can come from; seconds since 1970. */
export interface TimeSources {
  /** The latest time that was known and stored; 0 = none. */
  readonly stored: bigint;
  /** Attested by metadata that was accepted: signed by somebody who had a clock. */
  readonly attested?: bigint | undefined;
  /** By a clock that the operator trusts. Absent: there is none. */
  readonly clock?: bigint | undefined;
}

export interface ClockDoubt {
  /** `clock-went-back`: behind what is known (CR 2.11 RE 2). `clock-implausible`: too far ahead of it. */
  readonly code: "clock-went-back" | "clock-implausible";
  readonly offered: bigint;
  readonly kept: bigint;
}

/** The operator's word for a time that is over already. */
export interface TimeRefusal {
  readonly code: "time-goes-back";
  readonly offered: bigint;
  readonly kept: bigint;
}

/** What is known of the time (trust.md 4). */
export interface TrustedTime {
  /** It is not earlier. Never falls, whatever the sources say next. */
  readonly atLeast: bigint;
  /** The time itself; absent without a clock that is believed. */
  readonly now: bigint | undefined;
  /** Why the clock is not believed. */
  readonly doubt: ClockDoubt | undefined;
}

/** T = the latest of what is known; a clock counts if it neither went back nor jumped. Pure. */
export function judgeTime(rules: TimeRules, { stored, attested = 0n, clock }: TimeSources): TrustedTime {
  const kept = [rules.buildTime, attested].reduce((a, b) => (a > b ? a : b), stored);
  const without = { atLeast: kept, now: undefined };
  if (clock === undefined) return { ...without, doubt: undefined };
  if (clock + rules.tolerance < kept) {
    return { ...without, doubt: { code: "clock-went-back", offered: clock, kept } };
  }
  if (clock > kept + rules.maxForwardStep) {
    return { ...without, doubt: { code: "clock-implausible", offered: clock, kept } };
  }
  const now = clock > kept ? clock : kept;
  return { atLeast: now, now, doubt: undefined };
}

/** Fresh, expired or unknown: `unknown` where no clock says that it is not over. */
export const freshness = (time: TrustedTime, useBefore: bigint): Freshness => freshnessOf(useBefore, time);

/** As the verifier takes it. */
export const verifyTime = ({ now, atLeast }: KnownTime): Pick<VerifyContext, "now" | "timeAtLeast"> => ({
  ...(now === undefined ? {} : { now }),
  ...(atLeast === undefined ? {} : { timeAtLeast: atLeast }),
});

/** Whether what is known has moved far enough to be worth a write; the build time is known anyway. */
export function isWorthStoring({ buildTime, storeStep }: TimeRules, time: TrustedTime, stored: bigint): boolean {
  return time.atLeast >= (stored > buildTime ? stored : buildTime) + storeStep;
}
