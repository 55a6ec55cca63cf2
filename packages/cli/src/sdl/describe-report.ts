import { explain, type Finding, type GateReport, gateNames, type LevelVector } from "@sumac/sdl";
import type { Terminal } from "../terminal.ts";

const place = ({ file, line, column }: Finding): string => `${file}:${line}:${column}`;

export function printFinding(terminal: Terminal, finding: Finding): void {
  const { problem, remedy } = explain(finding);
  terminal.line(`${place(finding)} ${finding.rule}: ${problem}`);
  terminal.line(`  hint: ${remedy}`);
}

export const vectorText = (vector: LevelVector): string =>
  Object.entries(vector)
    .map(([fr, level]) => `${fr} ${level}`)
    .join(", ");

/** A gate report for a person: verdict first, then what is red, then SL-C. */
export function printReport(terminal: Terminal, report: GateReport): void {
  const colour = report.verdict === "fail" ? "red" : report.verdict === "waived" ? "yellow" : "green";
  const what = [report.product, report.release].filter((name) => name !== "").join(" ") || "no product";
  terminal.line(`gate ${report.verdict}: ${what}, judged for ${report.judgedAt}`, colour);
  if (report.catalogue.origin === "product")
    terminal.line(`  by a catalogue of the product's own: ${report.edition}, ${report.catalogue.sha256}`, "yellow");
  if (report.keys === "test-only")
    terminal.line("  test keys were allowed to sign: this is an example, not a product", "yellow");
  for (const row of report.rows.filter(({ id }) => id in gateNames)) {
    terminal.line(
      `  ${row.id.padEnd(3)} ${gateNames[row.id]?.padEnd(12)} ${row.state}${row.rule === undefined ? "" : `  ${row.rule}`}`,
      row.state === "pass" ? "green" : "red",
    );
  }
  for (const finding of report.findings.slice(0, 50)) printFinding(terminal, finding);
  if (report.findings.length > 50) terminal.line(`and ${report.findings.length - 50} more: see --json`);
  if (report.waivers.length > 0) terminal.line(`waivers in use: ${report.waivers.join(", ")}`, "yellow");
  if (report.emergency !== undefined)
    terminal.line(
      `emergency: ${report.emergency.reason}; ${report.emergency.rows.join(", ")} due ${report.emergency.due}`,
      "yellow",
    );
  terminal.line(`SL-C by the component: ${vectorText(report.slC.component)}`);
  terminal.line(`SL-C with the measures of the guide: ${vectorText(report.slC.integrated)}`);
  if (report.slC.unconfirmed.length > 0)
    terminal.line(`levels in doubt until confirmed: ${report.slC.unconfirmed.join(", ")}`);
}
