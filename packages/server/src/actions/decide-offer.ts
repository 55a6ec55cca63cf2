import type { Action } from "./action.ts";

/** A release that fits a device: same vendor and class, newer than what it runs. */
export interface Candidate {
  readonly releaseId: number;
}

/** What the device did with this candidate before, not counting what an operator forgave. */
export interface History {
  readonly attempts: number;
  /** The newest closed action of this release, if any. */
  readonly last?: { readonly state: Action["state"]; readonly closedAt: number };
}

export interface OfferFacts {
  readonly open?: { readonly releaseId: number; readonly action: Action };
  readonly candidate?: Candidate;
  readonly history: History;
  readonly now: number;
  readonly maxAttempts: number;
  readonly sleepMs: number;
}

export type OfferDecision = "keep" | "nothing" | "create" | "supersede-and-create";

/**
 * What a device is offered at a poll. One action at a time: an open one stays, unless a newer release is out and the
 * device has not begun (server.md 4 rule 2: never withdraw later).
 */
export function decideOffer(facts: OfferFacts): OfferDecision {
  const { open, candidate } = facts;
  if (candidate === undefined || candidate.releaseId === open?.releaseId)
    return open === undefined ? "nothing" : "keep";
  if (open !== undefined && (open.action.started || open.action.cancel === "requested")) return "keep";
  if (!mayTry(facts)) return open === undefined ? "nothing" : "keep";
  return open === undefined ? "create" : "supersede-and-create";
}

function mayTry({ history, now, maxAttempts, sleepMs }: OfferFacts): boolean {
  if (history.attempts >= maxAttempts) return false;
  if (history.last === undefined) return true;
  // An operator stopped it; only an operator starts it again. And what waits for its restart is not tried twice.
  if (history.last.state === "cancelled" || history.last.state === "installed-pending-restart") return false;
  // The poll interval is the first pause; each further failure doubles it.
  const pauseMs = history.attempts < 2 ? 0 : sleepMs * 2 ** (history.attempts - 2);
  return now >= history.last.closedAt + pauseMs;
}
