import { formatUtcTime, parseUtcTime } from "../utc-time.ts";

/** Which lifetime belongs to a role; every delegated role is a `line`. */
export type LifetimeClass = "root" | "targets" | "line" | "snapshot" | "timestamp" | "offline";

/** Seconds from signing to expiry. `offline` is for snapshot and timestamp of the tree that goes into bundles. */
export type Lifetimes = Readonly<Record<LifetimeClass, number>>;

const day = 86_400;

/** docs/keys-and-ceremonies.md. */
export const defaultLifetimes: Lifetimes = {
  root: 365 * day,
  targets: 365 * day,
  line: 365 * day,
  snapshot: 14 * day,
  timestamp: day,
  offline: 180 * day,
};

/** The longest and shortest that are written: what never expires can never be taken back. */
export const lifetimeBounds: Readonly<Record<LifetimeClass, { readonly least: number; readonly most: number }>> = {
  root: { least: day, most: 5 * 365 * day },
  targets: { least: day, most: 2 * 365 * day },
  line: { least: day, most: 2 * 365 * day },
  snapshot: { least: 3600, most: 90 * day },
  timestamp: { least: 600, most: 7 * day },
  offline: { least: day, most: 365 * day },
};

export function lifetimeClass(role: string): LifetimeClass {
  return role === "root" || role === "targets" || role === "snapshot" || role === "timestamp" ? role : "line";
}

export const expiryAfter = (now: bigint, lifetime: number): string => formatUtcTime(now + BigInt(lifetime));

export type Standing = "valid" | "renewal-due" | "expired";

/**
 * Renewal is due when half of the lifetime is gone, so that a missed day is no outage. `lifetime` is the policy's: files
 * do not say when they were signed.
 */
export function standingOf(expires: string, lifetime: number, now: bigint): Standing {
  const end = parseUtcTime(expires);
  if (end === undefined || now >= end) return "expired";
  return end - now <= BigInt(Math.floor(lifetime / 2)) ? "renewal-due" : "valid";
}
