import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { profiles } from "../devices/profile.ts";
import { type Action, actionStates } from "./action.ts";
import { decideAttributes, decideFeedback, type FeedbackFacts } from "./decide-feedback.ts";
import { executions, type Feedback, finishedWords } from "./feedback.ts";

const fresh: Action = {
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
const manifestOnly: Action = { ...fresh, state: "downloading", attempts: 1, fetched: "manifest", started: true };
const delivered: Action = { ...manifestOnly, fetched: "payload" };
const pending: Action = { ...delivered, state: "installed-pending-restart" };
const facts: FeedbackFacts = { maxAttempts: 3, reported: "another", series: "release" };

const says = (execution: Feedback["execution"], finished: Feedback["finished"], ...details: string[]): Feedback => ({
  execution,
  finished,
  details,
});
const success = (...details: string[]) => says("closed", "success", ...details);
const failure = (...details: string[]) => says("closed", "failure", ...details);
const proceeding = (...details: string[]) => says("proceeding", "none", ...details);

describe("the Sumac agent (signed-report)", () => {
  test.each([
    ["downloaded", delivered, proceeding("downloaded"), { state: "staged" }],
    ["staged", delivered, proceeding("staged"), { state: "staged" }],
    ["installed", delivered, proceeding("installed"), { state: "installed-pending-restart" }],
    ["a staged that comes late", pending, proceeding("staged"), { state: "installed-pending-restart" }],
    [
      "the confirmed boot",
      pending,
      success("running-verified"),
      { state: "running-verified", link: "closed", knownBy: "claimed" },
    ],
    [
      "the confirmed boot, reports before it lost",
      delivered,
      success("running-verified"),
      { state: "running-verified", link: "closed" },
    ],
    [
      "success without the word",
      pending,
      success(),
      { state: "installed-pending-restart", link: "open", unproven: true },
    ],
    [
      "success/none counts as success",
      pending,
      says("closed", "none", "running-verified"),
      { state: "running-verified" },
    ],
    [
      "a refusal",
      manifestOnly,
      failure("signature-invalid"),
      { state: "failed", link: "closed", reason: "signature-invalid" },
    ],
    [
      "failure after installation",
      pending,
      failure("self-test-failed"),
      { state: "rolled-back", link: "closed", reason: "self-test-failed" },
    ],
    [
      "a reversion, and why",
      delivered,
      failure("rolled-back", "self-test-failed"),
      { state: "rolled-back", reason: "self-test-failed" },
    ],
    ["a reversion without a reason", pending, failure("rolled-back"), { state: "rolled-back", reason: "rolled-back" }],
    ["a reversion of what was never fetched", manifestOnly, failure("rolled-back"), { state: "failed" }],
    ["failure in prose", delivered, failure("Oops: <b>", "Again!"), { state: "failed", reason: "unexplained" }],
    ["cancelled by the device", delivered, says("canceled", "none"), { state: "cancelled", link: "closed" }],
    [
      "cancelled after installation is not possible",
      pending,
      says("canceled", "none"),
      { state: "installed-pending-restart", link: "open" },
    ],
    ["rejected leaves it open", delivered, says("rejected", "none"), { state: "downloading", link: "open" }],
    [
      "an unknown word changes nothing",
      delivered,
      says("unknown", "success", "running-verified"),
      { state: "downloading", link: "open" },
    ],
    ["downloaded as execution", delivered, says("downloaded", "none"), { state: "staged" }],
  ] as const)("%s", (_name, action, feedback, after) => {
    const decided = decideFeedback(action, feedback, facts);
    expect(decided.answer).toBe("accepted");
    expect(decided.action).toMatchObject(after);
  });

  test.each([
    ["installed, with nothing fetched", fresh, proceeding("installed")],
    ["staged, with only the manifest fetched", manifestOnly, proceeding("staged")],
  ] as const)("a claim of %s is not believed", (_name, action, feedback) => {
    expect(decideFeedback(action, feedback, facts).action.state).toBe(action.state);
  });

  test("an envelope that carries its payload is delivery enough", () => {
    const action = { ...manifestOnly, integrated: true };
    expect(decideFeedback(action, proceeding("installed"), facts).action.state).toBe("installed-pending-restart");
  });

  test.each([
    ["nothing fetched", fresh, 1],
    ["only the manifest fetched", manifestOnly, 1],
  ] as const)(
    "closed/success with %s goes back to approved and counts (server.md 4 rule 5)",
    (_name, action, attempts) => {
      const { action: after } = decideFeedback(action, success("running-verified"), facts);
      expect(after).toMatchObject({ state: "approved", link: "open", attempts, fetched: "nothing", started: false });
    },
  );

  test("not installing three times is failing", () => {
    const { action: after } = decideFeedback({ ...fresh, attempts: 2 }, success(), facts);
    expect(after).toMatchObject({ state: "failed", link: "closed", reason: "not-installed", attempts: 3 });
  });

  test.each(["running-verified", "already-installed"])(
    "%s without delivery is true if the attributes say so",
    (word) => {
      const { action: after } = decideFeedback(fresh, success(word), { ...facts, reported: "this-release" });
      expect(after).toMatchObject({ state: "running-verified", knownBy: "attribute" });
    },
  );
});

describe("swupdate (closes-after-restart)", () => {
  const swupdate = { ...delivered, profile: "closes-after-restart" } as const;
  const waiting = { ...swupdate, state: "installed-pending-restart" } as const;
  test.each([
    [
      "All Chunks Installed.",
      swupdate,
      proceeding("Installed Chunk.", "All Chunks Installed."),
      { state: "installed-pending-restart" },
    ],
    [
      "Update Installed. after the restart",
      waiting,
      success("Update Installed."),
      { state: "running-verified", knownBy: "claimed" },
    ],
    ["Update Failed. after the restart", waiting, failure("Update Failed."), { state: "rolled-back" }],
    [
      "Skipped Update. while waiting proves nothing",
      waiting,
      success("Skipped Update."),
      { state: "installed-pending-restart", link: "open", unproven: true },
    ],
    [
      "success before anything said installed",
      swupdate,
      success(),
      { state: "installed-pending-restart", unproven: true },
    ],
  ] as const)("%s", (_name, action, feedback, after) => {
    expect(decideFeedback(action, feedback, facts).action).toMatchObject(after);
  });

  test("Skipped Update. without a download is not an installation (server.md 1 fact 2)", () => {
    const { action } = decideFeedback({ ...fresh, profile: "closes-after-restart" }, success("Skipped Update."), facts);
    expect(action).toMatchObject({ state: "approved", attempts: 1 });
  });
});

describe("rauc-hawkbit-updater (closes-at-install)", () => {
  const rauc = { ...delivered, profile: "closes-at-install" } as const;
  test("closed/success is installed, not running", () => {
    const { action } = decideFeedback(rauc, success("Software bundle installed successfully."), facts);
    expect(action).toMatchObject({ state: "installed-pending-restart", link: "closed", knownBy: null });
    expect(decideAttributes(action)).toMatchObject({ state: "running-verified", knownBy: "attribute" });
  });
  test("File checksum OK. is staged", () => {
    expect(decideFeedback(rauc, proceeding("File checksum OK."), facts).action.state).toBe("staged");
  });
});

describe("after the end", () => {
  const done: Action = { ...pending, state: "running-verified", link: "closed", knownBy: "claimed" };
  const lost: Action = { ...delivered, state: "failed", link: "closed", reason: "x" };
  test.each([
    ["the final report again", done, success("running-verified"), "accepted"],
    ["failure after success", done, failure("x"), "gone"],
    ["progress after success", done, proceeding("staged"), "gone"],
    ["failure again", lost, failure("other-words"), "accepted"],
    ["success after failure", lost, success("running-verified"), "gone"],
    [
      "anything on a superseded one",
      { ...fresh, state: "superseded", link: "closed" },
      success("running-verified"),
      "gone",
    ],
    ["cancelled again", { ...fresh, state: "cancelled", link: "closed" }, says("canceled", "none"), "accepted"],
    ["success after cancelled", { ...fresh, state: "cancelled", link: "closed" }, success("running-verified"), "gone"],
  ] as const)("%s", (_name, action, feedback, answer) => {
    const decided = decideFeedback(action, feedback, { ...facts, reported: "this-release" });
    expect(decided).toEqual({ action, answer });
  });
});

describe("decideAttributes", () => {
  test.each([
    ["waiting for it", pending, { state: "running-verified", knownBy: "attribute", link: "closed" }],
    ["installed, the report lost", delivered, { state: "running-verified", knownBy: "attribute" }],
    [
      "not begun: somebody else installed it",
      { ...fresh },
      { state: "superseded", link: "closed", reason: "already-installed" },
    ],
    ["in the middle of its manifest", manifestOnly, { state: "downloading", link: "open" }],
    ["ended", { ...delivered, state: "failed", link: "closed" }, { state: "failed", link: "closed" }],
  ] as const)("%s", (_name, action, after) => {
    expect(decideAttributes(action)).toMatchObject(after);
  });
});

const anyAction: fc.Arbitrary<Action> = fc.record({
  profile: fc.constantFrom(...profiles),
  state: fc.constantFrom(...actionStates),
  link: fc.constantFrom("open", "closed"),
  cancel: fc.constantFrom("none", "requested", "refused"),
  attempts: fc.nat({ max: 4 }),
  fetched: fc.constantFrom("nothing", "manifest", "payload"),
  integrated: fc.boolean(),
  retrieved: fc.boolean(),
  started: fc.boolean(),
  unproven: fc.boolean(),
  reason: fc.constant(null),
  knownBy: fc.constant(null),
});
const anyFeedback: fc.Arbitrary<Feedback> = fc.record({
  execution: fc.constantFrom(...executions, "unknown" as const),
  finished: fc.constantFrom(...finishedWords),
  details: fc.array(fc.constantFrom("staged", "installed", "running-verified", "Skipped Update.", "x"), {
    maxLength: 3,
  }),
});

test("running-verified only after delivery or with the attributes' word, and what has ended stays ended", () => {
  fc.assert(
    fc.property(anyAction, anyFeedback, (action, feedback) => {
      const { action: after } = decideFeedback(action, feedback, facts);
      if (action.link === "closed") expect(after).toEqual(action);
      if (after.state === "running-verified" && action.state !== "running-verified") {
        expect(action.fetched === "payload" || (action.integrated && action.fetched === "manifest")).toBe(true);
        expect(feedback.finished).not.toBe("failure");
      }
      expect(after.attempts).toBeGreaterThanOrEqual(action.attempts);
    }),
  );
});

describe("a trust update or recovery image", () => {
  const aside = [...profiles].flatMap((profile) =>
    (["trust-record", "recovery"] as const).map((series) => [profile, series] as const),
  );
  test.each(aside)("is done when the device says so, whatever its profile: %s, %s", (profile, series) => {
    const action: Action = { ...delivered, profile };
    const { action: after } = decideFeedback(action, success("vendor-trust-changed"), { ...facts, series });
    expect(after).toMatchObject({ state: "running-verified", link: "closed", knownBy: "claimed" });
    const nothing = decideFeedback({ ...fresh, profile }, success("vendor-trust-changed"), { ...facts, series });
    expect(nothing.action).toMatchObject({ state: "approved", link: "open" });
  });
});
