import { freshness } from "../verification-time.ts";
import type { TimedContext } from "./refresh-context.ts";
import { note, type Steps } from "./step.ts";
import { refuseTuf } from "./verified-file.ts";

/** Unwinds if the file has expired; true if it is fresh, false (and a note) if nobody can say. */
export function* judgeFreshness(role: string, expires: bigint, { time, buildTime }: TimedContext): Steps<boolean> {
  switch (freshness(expires, time)) {
    case "fresh":
      return true;
    case "unknown":
      yield* note({ code: "freshness-not-known", role });
      return false;
    case "expired":
      // A root lives for a year. A clock that nobody vouches for and that has passed it is more likely wrong than right.
      if (role === "root" && time.source === "unconfirmed" && buildTime < expires) {
        return refuseTuf({ code: "clock-implausible", clock: time.seconds, limit: expires });
      }
      return refuseTuf({ code: "expired", role, expires, time: time.seconds });
  }
}
