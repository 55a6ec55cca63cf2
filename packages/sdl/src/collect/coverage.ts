import { ok, type Result } from "@sumac/cbor";
import type { Collected, Collector, CollectRefusal } from "./collected.ts";
import { empty, isObject, malformed, reportJson, reportText } from "./report-text.ts";
import { xmlElements } from "./xml-elements.ts";

/** lcov text, Cobertura XML, or the summary JSON of istanbul. It is told apart by its first character. */
export const collectCoverage: Collector = (bytes) => {
  const text = reportText(bytes);
  if (!text.ok) return text;
  const start = text.value.trimStart();
  if (start.startsWith("<")) return cobertura(start);
  if (start.startsWith("{")) return istanbul(bytes);
  return lcov(text.value);
};

function lcov(text: string): Result<Collected, CollectRefusal> {
  const sums = { LF: 0, LH: 0, BRF: 0, BRH: 0 };
  let files = 0;
  for (const line of text.split(/\r?\n/)) {
    if (line === "end_of_record") files++;
    const count = /^(LF|LH|BRF|BRH):(\d{1,9})$/.exec(line);
    if (count !== null) sums[count[1] as keyof typeof sums] += Number(count[2]);
  }
  if (files === 0) return malformed("neither lcov nor Cobertura nor istanbul");
  return covered("lcov", { lines: sums.LF, covered: sums.LH, branches: sums.BRF, branches_covered: sums.BRH });
}

function cobertura(text: string): Result<Collected, CollectRefusal> {
  // The file names its DTD; we read none.
  const root = xmlElements(text.replace(/<!DOCTYPE\s+coverage\s+SYSTEM\s+(?:"[^"]*"|'[^']*')\s*>/, ""))?.[0];
  if (root?.name !== "coverage") return malformed("not Cobertura");
  const figure = (name: string): number => {
    const value = root.attributes.get(name) ?? "";
    return /^\d{1,9}$/.test(value) ? Number(value) : 0;
  };
  return covered("cobertura", {
    lines: figure("lines-valid"),
    covered: figure("lines-covered"),
    branches: figure("branches-valid"),
    branches_covered: figure("branches-covered"),
  });
}

function istanbul(bytes: Uint8Array): Result<Collected, CollectRefusal> {
  const report = reportJson(bytes);
  if (!report.ok) return report;
  const total = report.value["total"];
  if (!isObject(total)) return malformed("no total in the summary");
  const figure = (group: string, name: string): number => {
    const entry = total[group];
    const value = isObject(entry) ? entry[name] : undefined;
    return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : 0;
  };
  return covered("istanbul", {
    lines: figure("lines", "total"),
    covered: figure("lines", "covered"),
    branches: figure("branches", "total"),
    branches_covered: figure("branches", "covered"),
  });
}

function covered(
  tool: string,
  figures: Readonly<Record<"lines" | "covered" | "branches" | "branches_covered", number>>,
): Result<Collected, CollectRefusal> {
  if (figures.lines === 0) return empty("no line was counted");
  if (figures.covered > figures.lines || figures.branches_covered > figures.branches)
    return malformed("more covered than there is");
  const percent = Math.floor((figures.covered / figures.lines) * 1000) / 10;
  return ok({
    kind: "test",
    tool: { name: tool, version: "unknown" },
    // How much is enough is for the policy of the project; a figure alone neither passes nor fails.
    result: { outcome: "recorded", summary: `${percent} % of ${figures.lines} lines`, figures: { ...figures } },
  });
}
