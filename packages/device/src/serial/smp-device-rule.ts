import type { SumacAction, SumacState } from "@sumac/smp";
import type { BootState } from "../device/boot.ts";

/**
 * Of the update in hand; `none`: nothing is, and the boot record speaks. `done`: it was in force at once, or before, as a
 * trust record is. Lost with a restart.
 */
export const updatePhases = ["none", "refused", "waiting", "wants-payload", "done"] as const;
export type UpdatePhase = (typeof updatePhases)[number];

export type DeviceAct =
  /** Forget the update in hand, what is staged or armed, and what arrived of a payload. */
  | "abandon"
  | "arm-and-restart"
  | "restart"
  | "confirm"
  /** It was done before: said again, it is no mistake. */
  | "nothing"
  | "refuse-not-now"
  | "refuse-not-expected";

type Acts = Readonly<Record<SumacAction, DeviceAct>>;

const cancelled = { restart: "restart", confirm: "refuse-not-expected", cancel: "abandon" } as const;

const withNothingInHand: Readonly<Record<BootState, Acts>> = {
  idle: { restart: "restart", confirm: "refuse-not-expected", cancel: "nothing" },
  staged: { restart: "arm-and-restart", confirm: "refuse-not-expected", cancel: "abandon" },
  armed: { restart: "restart", confirm: "refuse-not-expected", cancel: "abandon" },
  // What is on trial ends by a confirmation or by a restart; the other slot is the way back and stays.
  trial: { restart: "restart", confirm: "confirm", cancel: "refuse-not-now" },
  confirmed: { restart: "restart", confirm: "nothing", cancel: "nothing" },
  reverted: { restart: "restart", confirm: "refuse-not-expected", cancel: "nothing" },
};

/** A refusal that is told, or an update that waits or was done at once, takes nothing away from an image on trial. */
const besideARefusal: Readonly<Record<BootState, Acts>> = {
  idle: cancelled,
  // Only what was given last may be armed by a restart, and that was refused.
  staged: cancelled,
  armed: cancelled,
  trial: withNothingInHand.trial,
  confirmed: cancelled,
  reverted: cancelled,
};

/** What an act does, by the update in hand and the stored boot state. Whole: there is a cell for everything. */
export const deviceActs: Readonly<Record<UpdatePhase, Readonly<Record<BootState, Acts>>>> = {
  none: withNothingInHand,
  refused: besideARefusal,
  waiting: besideARefusal,
  done: besideARefusal,
  // A restart in the middle of a payload keeps what has arrived: the same envelope goes on there.
  "wants-payload": { ...besideARefusal, trial: { ...cancelled, cancel: "refuse-not-now" } },
};

/** What the device says of itself: the update in hand comes first, because whoever gave it waits for an answer. */
export const saidState = (phase: UpdatePhase, boot: BootState): Exclude<SumacState, "receiving"> =>
  phase === "none" ? boot : phase === "done" ? "confirmed" : phase;
