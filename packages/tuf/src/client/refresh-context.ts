import type { Crypto } from "@sumac/crypto";
import type { FactoryMinimum, TufPolicy } from "../policy.ts";
import type { ClockReading, VerificationTime } from "../verification-time.ts";

/** What a refresh is told; everything else it asks for in steps. */
export interface RefreshContext {
  readonly crypto: Crypto;
  readonly policy: TufPolicy;
  /** The root this software came with. Used when none is stored, or the stored one is unreadable or older. */
  readonly factoryRoot: Uint8Array | undefined;
  readonly factoryMinimum?: FactoryMinimum;
  /** Seconds since 1970. No verification takes place before it. */
  readonly buildTime: bigint;
  /** Absent: there is no clock. */
  readonly clock?: ClockReading;
  /** Role files seen in the other tree of the same repository (tuf.md 8), by role name: role files share one floor. */
  readonly otherTree?: ReadonlyMap<string, Uint8Array>;
}

/** The same once the time is fixed. */
export interface TimedContext extends RefreshContext {
  readonly time: VerificationTime;
}
