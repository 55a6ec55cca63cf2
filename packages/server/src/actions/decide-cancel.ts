import { err, ok, type Result } from "@sumac/cbor";
import type { Refusal } from "../refusal.ts";
import { type Action, close } from "./action.ts";
import type { Feedback } from "./feedback.ts";

export type CancelRefusal = Extract<Refusal, { code: "action-closed" | "already-installed" }>;

/**
 * An operator asks to stop an action. What the device has not seen is simply withdrawn; after that only the device can
 * stop. Never after "installed": the answer would be a lie (server.md 4 rule 4).
 */
export function decideCancel(action: Action): Result<Action, CancelRefusal> {
  if (action.state === "cancelled") return ok(action);
  if (action.state === "installed-pending-restart") return err({ code: "already-installed" });
  if (action.link === "closed") return err({ code: "action-closed", state: action.state });
  if (!action.retrieved && !action.started) return ok(close(action, "cancelled", "cancelled-by-operator"));
  return ok({ ...action, cancel: "requested" });
}

/** The device's answer on `cancelAction`; DDI reads its words differently there (server.md 2). */
export function decideCancelFeedback(action: Action, feedback: Feedback): Action {
  if (action.link === "closed" || action.cancel !== "requested") return action;
  if (feedback.execution === "rejected") return { ...action, cancel: "refused" };
  if (feedback.execution !== "closed") return action;
  // Acknowledged too late: the new image is in place and boots next time (server.md 4, "cancel after installation").
  // Only the Sumac agent takes it out again, and says so.
  const takenOut = action.profile === "signed-report" && feedback.details.includes("cancelled");
  if (action.state === "installed-pending-restart" && !takenOut) return { ...action, cancel: "refused" };
  return feedback.finished === "failure"
    ? close(action, "failed", "cancel-failed")
    : close(action, "cancelled", "cancelled-by-operator");
}

/** An operator no longer waits for a device: what it may still report is kept, and changes nothing. */
export function decideGiveUp(action: Action): Result<Action, CancelRefusal> {
  if (action.link === "closed" && action.state !== "installed-pending-restart") {
    return err({ code: "action-closed", state: action.state });
  }
  return ok(close(action, "failed", "given-up-by-operator"));
}
