/** What is known of the time; seconds since 1970. */
export interface KnownTime {
  /** By a clock that is trusted. Absent: there is none. */
  readonly now?: bigint | undefined;
  /** It is not earlier than this, whatever a clock says: time that was seen or attested before (trust.md 4). */
  readonly atLeast?: bigint | undefined;
}

/** `unknown`: it may be over or not, which is never taken for either. */
export type Freshness = "fresh" | "expired" | "unknown";

/**
 * Whether something that ends at `useBefore` may still be used; at that very second it is over. A clock that was set
 * back brings nothing to life, since `atLeast` alone can say that it is over. Only a trusted clock says that it is not.
 */
export function freshnessOf(useBefore: bigint, { now, atLeast }: KnownTime): Freshness {
  if (latest({ now, atLeast }) >= useBefore) return "expired";
  return now === undefined ? "unknown" : "fresh";
}

/** The latest time that is known to have come; 0 = none. */
export const latest = ({ now = 0n, atLeast = 0n }: KnownTime): bigint => (now > atLeast ? now : atLeast);
