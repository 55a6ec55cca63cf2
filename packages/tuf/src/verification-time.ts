import { err, ok, type Result } from "@sumac/cbor";
import type { TufRefusal } from "./refusal.ts";

/** What a device's clock says, and whether anybody vouches for it (an operator, NTS, GNSS). Seconds since 1970. */
export interface ClockReading {
  readonly seconds: bigint;
  readonly source: "trusted" | "unconfirmed";
}

/** The time of one verification, fixed once at its start (tuf.md 9). */
export interface VerificationTime {
  readonly seconds: bigint;
  /** `now`, or only a bound: it is this late or later. */
  readonly meaning: "now" | "not-before";
  readonly source: "trusted" | "unconfirmed" | "floor";
}

/** Software is replaced long before; a clock beyond this is wrong. */
const longestUseSeconds = 10n * 31_556_952n;

/** `floors`: build time of the verifier, stored time, attested time. The latest is the bound that is known. */
export function verificationTime(
  buildTime: bigint,
  floors: readonly (bigint | undefined)[],
  clock: ClockReading | undefined,
  unconfirmedClock: "is-no-proof" | "proves-freshness",
): Result<VerificationTime, TufRefusal> {
  let floor = buildTime;
  for (const seconds of floors) if (seconds !== undefined && seconds > floor) floor = seconds;
  const bound: VerificationTime = { seconds: floor, meaning: "not-before", source: "floor" };
  if (clock === undefined || (clock.source === "unconfirmed" && unconfirmedClock === "is-no-proof")) return ok(bound);
  const limit = buildTime + longestUseSeconds;
  if (clock.seconds > limit) return err({ code: "clock-implausible", clock: clock.seconds, limit });
  // A clock behind what is known is wrong, whoever vouches for it.
  if (clock.seconds < floor) return ok(bound);
  return ok({ seconds: clock.seconds, meaning: "now", source: clock.source });
}

export type Freshness = "fresh" | "expired" | "unknown";

/** `expires` is the first second in which a file is no longer valid. */
export function freshness(expires: bigint, time: VerificationTime): Freshness {
  if (time.seconds >= expires) return "expired";
  return time.meaning === "now" ? "fresh" : "unknown";
}
