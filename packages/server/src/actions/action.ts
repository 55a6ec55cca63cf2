import type { Profile } from "../devices/profile.ts";

/** server.md 7. `offered` becomes `approved` at once: nobody has to consent. */
export const actionStates = [
  "offered",
  "approved",
  "downloading",
  "staged",
  "installed-pending-restart",
  "running-verified",
  "rolled-back",
  "failed",
  "cancelled",
  "superseded",
  "expired",
] as const;

export type ActionState = (typeof actionStates)[number];

/** What an operator asked and what became of it; independent of the state, because the device has the last word. */
export type CancelState = "none" | "requested" | "refused";

/** The part of an action that decisions read and change. */
export interface Action {
  readonly profile: Profile;
  readonly state: ActionState;
  /** Whether DDI offers it. `installed-pending-restart` may be closed (profile `closes-at-install`). */
  readonly link: "open" | "closed";
  readonly cancel: CancelState;
  /** Tries, counted at the first artifact of each. */
  readonly attempts: number;
  /** What was fetched in this try. */
  readonly fetched: "nothing" | "manifest" | "payload";
  /** Whether the envelope is all that there is to fetch. */
  readonly integrated: boolean;
  /** The device asked for the deployment, or did anything about it: it cannot be taken back silently any more. */
  readonly retrieved: boolean;
  readonly started: boolean;
  /** Closed as success, with no proof that the new image runs. */
  readonly unproven: boolean;
  /** A refusal code of the device, or one of ours. */
  readonly reason: string | null;
  /** How running-verified is known; signed reports will add their own word. */
  readonly knownBy: "claimed" | "attribute" | null;
}

/** closed/success means installed only if what there was to install was fetched (server.md 4 rule 5). */
export const isDelivered = (action: Action): boolean =>
  action.fetched === "payload" || (action.integrated && action.fetched === "manifest");

const progress: readonly ActionState[] = ["approved", "downloading", "staged", "installed-pending-restart"];

/** States only move forward within a try; a late or repeated report changes nothing. */
export function advance(action: Action, to: ActionState): Action {
  return progress.indexOf(to) > progress.indexOf(action.state) ? { ...action, state: to } : action;
}

export const close = (action: Action, state: ActionState, reason: string | null): Action => ({
  ...action,
  state,
  link: "closed",
  reason,
});
