import { ok } from "@sumac/cbor";
import type { Collector } from "./collected.ts";
import { isObject, malformed, objects, reportJson, textOf } from "./report-text.ts";

const settled: readonly string[] = ["resolved", "resolved_with_pedigree", "false_positive", "not_affected"];
const ranks = ["critical", "high", "medium", "low", "none"] as const;

/** CycloneDX JSON 1.4 to 1.7 with vulnerabilities: a scan fails on a critical or high one that has no settled analysis. */
export const collectCyclonedx: Collector = (bytes) => {
  const report = reportJson(bytes);
  if (!report.ok) return report;
  const { bomFormat, specVersion, metadata } = report.value;
  if (bomFormat !== "CycloneDX" || !/^1\.[4-7]$/.test(String(specVersion)))
    return malformed("not CycloneDX JSON 1.4 to 1.7");
  const all = objects(report.value["vulnerabilities"]).map((entry) => ({
    id: textOf(entry["id"], "unnamed"),
    severity: worst(objects(entry["ratings"]).map((rating) => textOf(rating["severity"], "high"))),
    text: textOf(entry["description"], "no description"),
    state: isObject(entry["analysis"]) ? textOf(entry["analysis"]["state"], "") : "",
  }));
  const open = all.filter(({ state }) => !settled.includes(state));
  const grave = open.filter((entry) => entry.severity === "critical" || entry.severity === "high").length;
  const date = isObject(metadata) ? /^\d{4}-\d\d-\d\d/.exec(textOf(metadata["timestamp"], ""))?.[0] : undefined;
  return ok({
    kind: "scan",
    tool: toolOf(metadata),
    result: {
      outcome: grave > 0 ? "failed" : "passed",
      summary: `${objects(report.value["components"]).length} components, ${open.length} open vulnerabilities, ${grave} of them high or critical`,
      findings: open.map(({ id, severity, text }) => ({ id, severity, text })).slice(0, 1000),
      figures: {
        components: objects(report.value["components"]).length,
        vulnerabilities: all.length,
        open: open.length,
      },
      ...(date === undefined ? {} : { database_date: date }),
    },
  });
};

/** An unrated one counts as high: nobody has said that it is less. */
const worst = (ratings: readonly string[]): (typeof ranks)[number] =>
  ranks.find((rank) => ratings.includes(rank)) ?? "high";

function toolOf(metadata: unknown): { name: string; version: string } {
  const tools = isObject(metadata) ? metadata["tools"] : undefined;
  const [tool] = isObject(tools) ? objects(tools["components"]) : objects(tools);
  return { name: textOf(tool?.["name"], "unnamed scanner"), version: textOf(tool?.["version"], "unknown") };
}
