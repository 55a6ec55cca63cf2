import { ok } from "@sumac/cbor";
import type { Collector } from "./collected.ts";
import { isObject, malformed, objects, reportJson, textOf } from "./report-text.ts";

const severity: Readonly<Record<string, "high" | "medium" | "low" | "none">> = {
  error: "high",
  warning: "medium",
  note: "low",
  none: "none",
};

/** SARIF 2.1.0. Suppressed results do not count; a run that did not end well has failed. */
export const collectSarif: Collector = (bytes) => {
  const report = reportJson(bytes);
  if (!report.ok) return report;
  if (report.value["version"] !== "2.1.0") return malformed("not SARIF 2.1.0");
  const runs = objects(report.value["runs"]);
  if (runs.length === 0) return malformed("no run");
  const findings = runs.flatMap((run) =>
    objects(run["results"])
      .filter(
        (result) => !objects(result["suppressions"]).some((entry) => (entry["status"] ?? "accepted") === "accepted"),
      )
      .filter(
        (result) =>
          ["fail", "open", undefined].includes(result["kind"] as string | undefined) &&
          result["baselineState"] !== "absent",
      )
      .map((result) => ({
        id: textOf(result["ruleId"], "unnamed rule"),
        severity: severity[textOf(result["level"], "warning")] ?? "medium",
        text: textOf(isObject(result["message"]) ? result["message"]["text"] : undefined, "no message"),
      })),
  );
  const broken = runs.some((run) =>
    objects(run["invocations"]).some((entry) => entry["executionSuccessful"] === false),
  );
  const driver = isObject(runs[0]?.["tool"]) && isObject(runs[0]["tool"]["driver"]) ? runs[0]["tool"]["driver"] : {};
  const grave = findings.filter((finding) => finding.severity === "high").length;
  return ok({
    kind: "scan",
    tool: {
      name: textOf(driver["name"], "unnamed analyser"),
      version: textOf(driver["semanticVersion"] ?? driver["version"], "unknown"),
    },
    result: {
      outcome: broken || grave > 0 ? "failed" : "passed",
      summary: broken ? "the analyser did not end well" : `${findings.length} findings, ${grave} of them errors`,
      findings: findings.slice(0, 1000),
      figures: { findings: findings.length, errors: grave },
    },
  });
};
