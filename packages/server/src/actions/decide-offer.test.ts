import { expect, test } from "vitest";
import type { Action } from "./action.ts";
import { decideOffer, type OfferFacts } from "./decide-offer.ts";

const action: Action = {
  profile: "signed-report",
  state: "approved",
  link: "open",
  cancel: "none",
  attempts: 0,
  fetched: "nothing",
  integrated: false,
  retrieved: true,
  started: false,
  unproven: false,
  reason: null,
  knownBy: null,
};
const base = { history: { attempts: 0 }, now: 100_000, maxAttempts: 3, sleepMs: 10_000 } as const;
const one = { releaseId: 1 };
const two = { releaseId: 2 };
const tried = (attempts: number, state: Action["state"], closedAt: number) => ({ attempts, last: { state, closedAt } });

test.each([
  ["nothing to offer", {}, "nothing"],
  ["a release nobody tried", { candidate: one }, "create"],
  ["the same one is on offer", { candidate: one, open: { releaseId: 1, action } }, "keep"],
  ["nothing newer any more, but one is open", { open: { releaseId: 1, action } }, "keep"],
  ["a newer one, the old one not begun", { candidate: two, open: { releaseId: 1, action } }, "supersede-and-create"],
  [
    "a newer one, the old one begun",
    { candidate: two, open: { releaseId: 1, action: { ...action, started: true } } },
    "keep",
  ],
  [
    "a newer one, the old one being cancelled",
    { candidate: two, open: { releaseId: 1, action: { ...action, cancel: "requested" } } },
    "keep",
  ],
  ["failed once: again at the next poll", { candidate: one, history: tried(1, "failed", 99_999) }, "create"],
  ["failed twice: after a pause", { candidate: one, history: tried(2, "failed", 90_001) }, "nothing"],
  ["failed twice: the pause is over", { candidate: one, history: tried(2, "failed", 90_000) }, "create"],
  ["failed three times: never again", { candidate: one, history: tried(3, "failed", 0) }, "nothing"],
  ["rolled back counts the same", { candidate: one, history: tried(3, "rolled-back", 0) }, "nothing"],
  [
    "cancelled by an operator: only an operator starts it again",
    { candidate: one, history: tried(0, "cancelled", 0) },
    "nothing",
  ],
  ["waiting for its restart", { candidate: one, history: tried(1, "installed-pending-restart", 0) }, "nothing"],
  [
    "a newer one used up: the old one stays",
    { candidate: two, open: { releaseId: 1, action }, history: tried(3, "failed", 0) },
    "keep",
  ],
] as const satisfies readonly (readonly [string, Partial<OfferFacts>, string])[])("%s", (_name, facts, decision) => {
  expect(decideOffer({ ...base, ...facts })).toBe(decision);
});
