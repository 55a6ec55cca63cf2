import { explain, judgeGate, rowRules } from "@sumac/sdl";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { usage } from "../failure.ts";
import { atOption, gateInput, productOption, releaseOption } from "../sdl/product-folder.ts";

export const sdlStatus: Command = {
  name: "sdl status",
  summary: "show every row of the practices with its state and what it still needs",
  operands: [],
  options: [
    productOption,
    releaseOption,
    atOption,
    { name: "row", value: "id", summary: "one row in full: what counts, who may sign, what is there" },
  ],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const input = await gateInput(given, io, "regular");
  const report = judgeGate(input);
  const wanted = given.option("row");
  if (wanted !== undefined) return showRow(wanted);
  terminal.json({ product: report.product, release: report.release, practices: report.practices, rows: report.rows });
  for (const { practice, rows, passed, practised } of report.practices) {
    terminal.line(
      `${practice}: ${passed} of ${rows} rows pass, ${practised} practised`,
      passed === rows ? "green" : "yellow",
    );
    for (const row of report.rows) {
      const known = input.catalogue.processRows.get(row.id);
      if (known?.practice !== practice) continue;
      terminal.line(
        `  ${row.id.padEnd(6)} ${row.state.padEnd(7)} ${known.title}${row.rule === undefined ? "" : `  [${row.rule}] ${row.about}`}`,
        row.state === "pass" ? "green" : "red",
      );
    }
  }
  return exitCode.ok;

  function showRow(id: string): ExitCode {
    const row = report.rows.find((entry) => entry.id === id);
    const known = input.catalogue.processRows.get(id) ?? input.catalogue.componentRows.get(id);
    if (row === undefined || known === undefined)
      throw usage("bad-value", `--row ${id} is not in the catalogue`, "give an id such as SVV-3 or CR 3.4");
    const rule = rowRules[id];
    const findings = report.findings.filter((finding) => finding.row === id);
    terminal.json({
      ...row,
      title: known.title,
      intent: known.intent,
      auditorEvidence: known.evidence,
      ...(rule === undefined ? {} : { counts: rule }),
      findings,
    });
    terminal.line(`${id}: ${known.title}`);
    terminal.line(`  ${known.intent}`);
    terminal.line(`  state: ${row.state}${row.maturity === undefined ? "" : `, ${row.maturity}`}`);
    for (const evidence of known.evidence) terminal.line(`  an assessor looks for: ${evidence}`);
    if (rule !== undefined) {
      terminal.line(
        `  counts: ${rule.kinds.join(", ")}; shows practice: ${rule.practised.join(", ")}; bound to: ${rule.scope}`,
      );
      terminal.line(`  signed by: ${rule.roles.join(", ")}; independence: ${rule.independence}`);
      if (rule.documents.length > 0) terminal.line(`  must cover: ${rule.documents.join(", ")}`);
    }
    for (const digest of row.records) terminal.line(`  record ${digest}`);
    for (const finding of findings) {
      const { problem, remedy } = explain(finding);
      terminal.line(`  [${finding.rule}] ${problem}`, "red");
      terminal.line(`    hint: ${remedy}`);
    }
    return exitCode.ok;
  }
}
