import { describe, expect, test } from "vitest";
import { cvssClass } from "./cvss.ts";
import { deadlinesOf, timelinessOf } from "./issue-clock.ts";
import type { Issue } from "./model/defect.ts";
import type { Policy } from "./model/policy.ts";
import { newIssue } from "./new-files.ts";

const policy = {
  triage_within: "7d",
  mitigation_within: "72h",
  timeliness: { exploited: "14d", critical: "30d", high: "60d", medium: "180d", low: "365d" },
} as Policy;
const issue = (differs: Partial<Issue>): Issue => ({
  ...newIssue("I-1", "t", "internal", "2026-01-31T10:00:00Z"),
  ...differs,
});
const clock = (given: Issue, now: string) =>
  Object.fromEntries(
    deadlinesOf(given, policy, Date.parse(now)).map(({ duty, due, state }) => [
      duty,
      `${new Date(due).toISOString().slice(0, 16)} ${state}`,
    ]),
  );

describe("deadlines", () => {
  test("an exploited vulnerability: 24 h, 72 h, and 14 days after a fix is there, not after awareness", () => {
    expect(clock(issue({ exploited: "yes" }), "2026-02-01T09:00:00Z")).toEqual({
      triage: "2026-02-07T10:00 open",
      "cra-early-warning": "2026-02-01T10:00 open",
      "cra-notification": "2026-02-03T10:00 open",
      mitigation: "2026-02-03T10:00 open",
      release: "2026-02-14T10:00 open",
    });
    const fixed = issue({
      exploited: "yes",
      fix_ready_at: "2026-03-01T00:00:00Z",
      reports: { early_warning_at: "2026-02-01T10:00:01Z" },
    });
    expect(clock(fixed, "2026-03-02T00:00:00Z")).toMatchObject({
      "cra-early-warning": "2026-02-01T10:00 late",
      "cra-notification": "2026-02-03T10:00 missed",
      "cra-final-report": "2026-03-15T00:00 open",
    });
  });

  test("a severe incident: the last report within one month after the second, at the end of a short month too", () => {
    const sent = issue({ severe_incident: "yes", reports: { notification_at: "2026-01-31T12:00:00Z" } });
    expect(clock(sent, "2026-02-01T00:00:00Z")).toMatchObject({ "cra-final-report": "2026-02-28T12:00 open" });
    expect(clock(issue({ severe_incident: "yes" }), "2026-02-01T00:00:00Z")).toMatchObject({
      "cra-final-report": "2026-03-03T10:00 open",
    });
  });

  test("users are told after a release; a rejected issue has no release to wait for", () => {
    expect(
      clock(issue({ severity: "high", released_at: "2026-02-10T00:00:00Z" }), "2026-02-20T00:00:00Z"),
    ).toMatchObject({ release: "2026-04-01T10:00 met", "tell-users": "2026-02-13T00:00 missed" });
    expect(Object.keys(clock(issue({ state: "rejected", severity: "high" }), "2026-02-20T00:00:00Z"))).toEqual([
      "triage",
    ]);
  });

  test("an exploited issue is exploited, whatever its score", () => {
    const metrics = timelinessOf(
      [
        issue({ severity: "low", exploited: "yes", released_at: "2026-02-20T10:00:00Z" }),
        issue({ severity: "high", released_at: "2026-02-10T10:00:00Z" }),
      ],
      policy,
      Date.parse("2026-03-01T00:00:00Z"),
    );
    expect(metrics).toEqual([
      { class: "exploited", issues: 1, inTime: 0, missed: 1, median: 20, p90: 20 },
      { class: "high", issues: 1, inTime: 1, missed: 0, median: 10, p90: 10 },
    ]);
  });
});

describe("CVSS 4.0", () => {
  test.each([
    ["CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", { score: 9.3, class: "critical" }],
    ["CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N", { score: 0, class: "low" }],
    ["CVSS:4.0/AV:N", undefined],
    ["CVSS:4.0/AV:Q/AC:L", undefined],
    ["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", undefined],
    ["", undefined],
  ])("%s", (vector, expected) => {
    expect(cvssClass(vector)).toEqual(expected);
  });
});
