import type { Series } from "../releases/series.ts";
import { type Action, advance, close, isDelivered } from "./action.ts";
import type { Feedback } from "./feedback.ts";

/** What a report leads to: the action afterwards, and whether the device is told that the action is gone. */
export interface FeedbackDecision {
  readonly action: Action;
  readonly answer: "accepted" | "gone";
}

export interface FeedbackFacts {
  readonly maxAttempts: number;
  /** Whether the device's attributes name the manifest of this release as the running one. */
  readonly reported: "this-release" | "another";
  /** What is updated apart from what runs is told by no attribute and needs no restart: the device's word is all there is. */
  readonly series: Series;
}

/** The words of the three clients (server.md 7), and those of the Sumac agent. */
const staged: readonly string[] = ["staged", "downloaded", "File checksum OK."];
const installed: readonly string[] = ["installed", "All Chunks Installed."];
const verified = "running-verified";
const alreadyInstalled = "already-installed";
const rolledBack = "rolled-back";
const skipped = "Skipped Update.";

/** A report on a deployment. Pure: the same action and report always lead to the same outcome. */
export function decideFeedback(action: Action, feedback: Feedback, facts: FeedbackFacts): FeedbackDecision {
  if (action.link === "closed") return { action, answer: repeats(action, feedback) ? "accepted" : "gone" };
  return { action: follow({ ...action, started: true }, feedback, facts), answer: "accepted" };
}

function follow(action: Action, feedback: Feedback, facts: FeedbackFacts): Action {
  switch (feedback.execution) {
    case "closed":
      return feedback.finished === "failure" ? fail(action, feedback) : succeed(action, feedback, facts);
    case "canceled":
      return action.state === "installed-pending-restart" ? action : close(action, "cancelled", "cancelled-by-device");
    case "download":
      return advance(action, "downloading");
    case "downloaded":
      return advance(action, "staged");
    case "proceeding":
    case "scheduled":
    case "resumed":
      return progressed(action, feedback);
    case "rejected":
    case "unknown":
      return action;
  }
}

function progressed(action: Action, feedback: Feedback): Action {
  // A device that fetched nothing cannot have installed anything, whatever it says.
  if (!isDelivered(action)) return action;
  if (says(feedback, installed)) return advance(action, "installed-pending-restart");
  return says(feedback, staged) ? advance(action, "staged") : action;
}

function fail(action: Action, feedback: Feedback): Action {
  // The report of the installation may have been lost on the way.
  const wentBack = says(feedback, [rolledBack]) && isDelivered(action);
  const state = wentBack || action.state === "installed-pending-restart" ? "rolled-back" : "failed";
  return close(action, state, refusalCode(feedback));
}

function succeed(action: Action, feedback: Feedback, facts: FeedbackFacts): Action {
  const claims = says(feedback, [verified, alreadyInstalled]);
  if (claims && facts.reported === "this-release") return verify(action, "attribute");
  if (!isDelivered(action)) return notInstalled(action, facts);
  if (facts.series !== "release") return verify(action, "claimed");
  switch (action.profile) {
    case "signed-report":
      return says(feedback, [verified]) ? verify(action, "claimed") : pendingUnproven(action);
    case "closes-after-restart":
      return action.state === "installed-pending-restart" && !says(feedback, [skipped])
        ? verify(action, "claimed")
        : pendingUnproven(action);
    case "closes-at-install":
      return { ...advance(action, "installed-pending-restart"), link: "closed" };
  }
}

const verify = (action: Action, knownBy: "claimed" | "attribute"): Action => ({
  ...close(action, "running-verified", null),
  knownBy,
  unproven: false,
});

/** Success without proof: installed at best. The link stays, with `update: skip`, until an attribute tells. */
const pendingUnproven = (action: Action): Action => ({
  ...advance(action, "installed-pending-restart"),
  unproven: true,
});

/** `update: skip` and a closed window make clients close as success without installing (server.md 1 fact 2). */
function notInstalled(action: Action, facts: FeedbackFacts): Action {
  const attempts = action.fetched === "nothing" ? action.attempts + 1 : action.attempts;
  if (attempts >= facts.maxAttempts) return { ...close(action, "failed", "not-installed"), attempts };
  return {
    ...action,
    state: "approved",
    attempts,
    fetched: "nothing",
    started: false,
    retrieved: false,
    reason: "not-installed",
  };
}

/** Devices repeat a final report whose answer was lost, often with another time in it: that is no news. */
function repeats(action: Action, feedback: Feedback): boolean {
  if (feedback.execution === "canceled") return action.state === "cancelled";
  if (feedback.execution !== "closed") return false;
  if (feedback.finished === "failure") return action.state === "failed" || action.state === "rolled-back";
  return action.state === "running-verified" || action.state === "installed-pending-restart";
}

const says = ({ details }: Feedback, words: readonly string[]): boolean =>
  details.some((detail) => words.includes(detail));

/** The first detail that has the form of a code and says why, not what; other text stays in the event. */
function refusalCode({ details }: Feedback): string {
  const codes = details.filter((text) => text.length <= 64 && /^[a-z][a-z0-9]*(?:-[a-z0-9]+){0,7}$/.test(text));
  return codes.find((code) => code !== rolledBack) ?? codes[0] ?? "unexplained";
}

/**
 * The device's attributes name this release as the running one. That settles an action which is waiting for it, and
 * makes one that was not begun pointless.
 */
export function decideAttributes(action: Action): Action {
  if (action.state === "installed-pending-restart") return verify(action, "attribute");
  if (action.link === "closed") return action;
  if (!action.started) return close(action, "superseded", "already-installed");
  return isDelivered(action) ? verify(action, "attribute") : action;
}
