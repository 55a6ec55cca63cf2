import { expect, test } from "vitest";
import type { Action } from "./action.ts";
import { decideCancel, decideCancelFeedback, decideGiveUp } from "./decide-cancel.ts";
import type { Feedback } from "./feedback.ts";

const unseen: Action = {
  profile: "signed-report",
  state: "approved",
  link: "open",
  cancel: "none",
  attempts: 0,
  fetched: "nothing",
  integrated: false,
  retrieved: false,
  started: false,
  unproven: false,
  reason: null,
  knownBy: null,
};
const seen: Action = { ...unseen, retrieved: true };
const running: Action = { ...seen, state: "downloading", started: true, attempts: 1, fetched: "payload" };
const installed: Action = { ...running, state: "installed-pending-restart" };

test.each([
  [
    "what no device has seen is withdrawn",
    unseen,
    { ok: true, value: { ...unseen, state: "cancelled", link: "closed", reason: "cancelled-by-operator" } },
  ],
  ["what a device has read can only be asked to stop", seen, { ok: true, value: { ...seen, cancel: "requested" } }],
  ["a download is asked to stop", running, { ok: true, value: { ...running, cancel: "requested" } }],
  [
    "a device that refused is asked again",
    { ...running, cancel: "refused" },
    { ok: true, value: { ...running, cancel: "requested" } },
  ],
  ["never after installed (server.md 4 rule 4)", installed, { ok: false, error: { code: "already-installed" } }],
  [
    "what has ended has ended",
    { ...running, state: "failed", link: "closed" },
    { ok: false, error: { code: "action-closed", state: "failed" } },
  ],
] as const)("%s", (_name, action, decided) => {
  expect(decideCancel(action)).toEqual(decided);
});

test("cancelling what is cancelled is no error", () => {
  const cancelled = { ...unseen, state: "cancelled", link: "closed" } as const;
  expect(decideCancel(cancelled)).toEqual({ ok: true, value: cancelled });
});

const answer = (execution: Feedback["execution"], finished: Feedback["finished"] = "success"): Feedback => ({
  execution,
  finished,
  details: [],
});
const asked: Action = { ...running, cancel: "requested" };

test.each([
  ["closed/success acknowledges", asked, answer("closed"), { state: "cancelled", link: "closed" }],
  ["closed/none acknowledges", asked, answer("closed", "none"), { state: "cancelled", link: "closed" }],
  ["closed/failure is an error", asked, answer("closed", "failure"), { state: "failed", reason: "cancel-failed" }],
  ["rejected lets it run on", asked, answer("rejected"), { state: "downloading", link: "open", cancel: "refused" }],
  ["canceled is only a warning here", asked, answer("canceled"), { state: "downloading", cancel: "requested" }],
  ["proceeding changes nothing", asked, answer("proceeding"), { state: "downloading", cancel: "requested" }],
  [
    "an acknowledgement after installation is too late",
    { ...installed, cancel: "requested" },
    answer("closed"),
    { state: "installed-pending-restart", link: "open", cancel: "refused" },
  ],
  ["nobody asked", running, answer("closed"), { state: "downloading", link: "open", cancel: "none" }],
] as const)("%s", (_name, action, feedback, after) => {
  expect(decideCancelFeedback(action, feedback)).toMatchObject(after);
});

test("the Sumac agent takes an installed image out again", () => {
  const feedback: Feedback = { execution: "closed", finished: "success", details: ["cancelled"] };
  const waiting: Action = { ...installed, cancel: "requested" };
  expect(decideCancelFeedback(waiting, feedback)).toMatchObject({ state: "cancelled", link: "closed" });
  const swupdate: Action = { ...waiting, profile: "closes-after-restart" };
  expect(decideCancelFeedback(swupdate, feedback)).toMatchObject({
    state: "installed-pending-restart",
    cancel: "refused",
  });
});

test.each([unseen, running, installed, { ...installed, link: "closed" }] as const)(
  "an operator can give up waiting",
  (action) => {
    expect(decideGiveUp(action)).toMatchObject({
      ok: true,
      value: { state: "failed", link: "closed", reason: "given-up-by-operator" },
    });
  },
);

test("what has ended cannot be given up", () => {
  expect(decideGiveUp({ ...installed, state: "running-verified", link: "closed" })).toMatchObject({
    ok: false,
    error: { code: "action-closed" },
  });
});
