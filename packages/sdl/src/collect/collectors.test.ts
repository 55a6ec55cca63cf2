import { describe, expect, test } from "vitest";
import { collectors, type ReportFormat } from "./collectors.ts";

const collect = (format: ReportFormat, report: string) => {
  const read = collectors[format](new TextEncoder().encode(report));
  if (!read.ok) return read.error;
  const { kind, tool, result } = read.value;
  return { kind, tool: tool.name, outcome: result.outcome, summary: result.summary, tests: result.tests };
};

describe("reports that are taken", () => {
  test("JUnit: a case that failed once has failed", () => {
    const report = `<?xml version="1.0"?><testsuites name="unit"><testsuite name="a">
      <testcase classname="a" name="one"/><testcase classname="a" name="two &lt;2&gt;"><failure message="x"><![CDATA[<a>]]></failure></testcase>
      <testcase classname="a" name="three"><skipped/></testcase><testcase classname="a" name="two &lt;2&gt;"/></testsuite></testsuites>`;
    expect(collect("junit", report)).toMatchObject({
      kind: "test",
      tool: "unit",
      outcome: "failed",
      summary: "1 passed, 1 failed, 1 skipped",
    });
    expect(collect("junit", report)).toHaveProperty("tests", {
      "a.one": "passed",
      "a.two <2>": "failed",
      "a.three": "skipped",
    });
  });

  test("TAP: a broken-off run has failed", () => {
    expect(collect("tap", "TAP version 14\n1..2\nok 1 - starts\nok 2 - stops # SKIP no board\n")).toMatchObject({
      outcome: "passed",
      summary: "1 passed, 0 failed, 1 skipped",
    });
    expect(collect("tap", "1..3\nok 1 - a\nok 2 - b\n")).toMatchObject({ outcome: "failed" });
    expect(collect("tap", "1..1\nok 1 - a\nBail out! power\n")).toMatchObject({ outcome: "failed" });
    expect(collect("tap", "1..2\nok 1 - a\nnot ok 2 - b\n")).toMatchObject({
      outcome: "failed",
      summary: "1 passed, 1 failed, 0 skipped",
    });
  });

  test("SARIF: errors fail, suppressed results do not count, a crashed run fails", () => {
    const run = (results: object[], more: object = {}): string =>
      JSON.stringify({
        version: "2.1.0",
        runs: [{ tool: { driver: { name: "analyser", version: "3" } }, results, ...more }],
      });
    expect(collect("sarif", run([{ ruleId: "R1", level: "warning", message: { text: "m" } }]))).toMatchObject({
      kind: "scan",
      tool: "analyser",
      outcome: "passed",
    });
    expect(collect("sarif", run([{ ruleId: "R1", level: "error", message: { text: "m" } }]))).toMatchObject({
      outcome: "failed",
      summary: "1 findings, 1 of them errors",
    });
    expect(
      collect(
        "sarif",
        run([{ ruleId: "R1", level: "error", message: { text: "m" }, suppressions: [{ kind: "inSource" }] }]),
      ),
    ).toMatchObject({ outcome: "passed" });
    expect(collect("sarif", run([], { invocations: [{ executionSuccessful: false }] }))).toMatchObject({
      outcome: "failed",
    });
  });

  test("CycloneDX: an open high or unrated vulnerability fails", () => {
    const bom = (vulnerabilities: object[]): string =>
      JSON.stringify({
        bomFormat: "CycloneDX",
        specVersion: "1.6",
        metadata: { timestamp: "2026-11-20T00:00:00Z" },
        components: [{}],
        vulnerabilities,
      });
    expect(collect("cyclonedx", bom([]))).toMatchObject({ kind: "scan", outcome: "passed" });
    expect(collect("cyclonedx", bom([{ id: "CVE-2026-1", ratings: [{ severity: "high" }] }]))).toMatchObject({
      outcome: "failed",
    });
    expect(collect("cyclonedx", bom([{ id: "CVE-2026-1" }]))).toMatchObject({ outcome: "failed" });
    expect(
      collect(
        "cyclonedx",
        bom([{ id: "CVE-2026-1", ratings: [{ severity: "critical" }], analysis: { state: "not_affected" } }]),
      ),
    ).toMatchObject({ outcome: "passed" });
  });

  test("coverage of three kinds", () => {
    expect(collect("coverage", "SF:a.c\nLF:10\nLH:9\nend_of_record\n")).toMatchObject({
      outcome: "recorded",
      summary: "90 % of 10 lines",
    });
    expect(
      collect(
        "coverage",
        '<?xml version="1.0"?><!DOCTYPE coverage SYSTEM "http://x/y.dtd"><coverage lines-valid="200" lines-covered="150" branches-valid="0" branches-covered="0"></coverage>',
      ),
    ).toMatchObject({ summary: "75 % of 200 lines" });
    expect(
      collect("coverage", '{"total":{"lines":{"total":8,"covered":8},"branches":{"total":2,"covered":1}}}'),
    ).toMatchObject({ summary: "100 % of 8 lines" });
  });

  test("fuzz runs of three kinds", () => {
    expect(collect("fuzz", "execs_done        : 1000\nsaved_crashes     : 0\nsaved_hangs : 0\n")).toMatchObject({
      tool: "afl",
      outcome: "passed",
    });
    expect(collect("fuzz", "execs_done : 1000\nsaved_crashes : 2\nsaved_hangs : 0\n")).toMatchObject({
      outcome: "failed",
    });
    expect(collect("fuzz", "Done 500 runs in 3 second(s)\nstat::number_of_executed_units: 500\n")).toMatchObject({
      tool: "libfuzzer",
      outcome: "passed",
    });
    expect(collect("fuzz", '{"executions": 0, "crashes": 0}')).toMatchObject({ outcome: "failed" });
  });

  test("git reviews: one's own does not count", () => {
    const commit = "a".repeat(40);
    expect(collect("git-review", `${commit}\tp@x.example\tOther <o@x.example>\n`)).toMatchObject({
      kind: "review",
      outcome: "passed",
    });
    expect(collect("git-review", `${commit}\tp@x.example\tP <p@x.example>\n`)).toMatchObject({
      outcome: "failed",
      summary: "0 of 1 commits reviewed",
    });
  });
});

describe("reports that are not", () => {
  test.each<[ReportFormat, string, string]>([
    ["junit", "<testsuite><testcase></testsuite>", "report-malformed"],
    ["junit", '<!DOCTYPE x [<!ENTITY a "aaaa">]><testsuite name="&a;"/>', "report-malformed"],
    ["junit", '<testsuite name="&a;"><testcase name="x"/></testsuite>', "report-malformed"],
    ["junit", "<testsuite/>", "report-empty"],
    ["junit", "<html/>", "report-malformed"],
    ["junit", "<testsuite/><testsuite/>", "report-malformed"],
    ["tap", "hello", "report-malformed"],
    ["sarif", '{"version":"2.0.0"}', "report-malformed"],
    ["sarif", "[]", "report-malformed"],
    ["sarif", '{"version":"2.1.0","runs":[]}', "report-malformed"],
    ["cyclonedx", '{"bomFormat":"SPDX"}', "report-malformed"],
    ["coverage", "TN:\n", "report-malformed"],
    ["coverage", "LF:0\nLH:0\nend_of_record", "report-empty"],
    ["coverage", "LF:1\nLH:5\nend_of_record", "report-malformed"],
    ["fuzz", "all fine", "report-malformed"],
    ["git-review", "", "report-empty"],
    ["git-review", "abc\tx\ty", "report-malformed"],
  ])("%s %j", (format, report, code) => {
    expect(collect(format, report)).toMatchObject({ code });
  });
});
