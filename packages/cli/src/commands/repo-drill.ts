import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { Failure } from "../failure.ts";
import { interrupted } from "../interruption.ts";
import { parseChoice } from "../option-values.ts";
import { runDrillCommand } from "../repo/drill-commands.ts";
import type { DrillStep } from "../repo/drill-report.ts";
import { DrillFailed, DrillStage } from "../repo/drill-stage.ts";
import { drills } from "../repo/drills.ts";

export const repoDrill: Command = {
  name: "repo drill",
  summary: "play a key loss or theft through on throw-away keys",
  operands: [{ name: "name", summary: `${drills.map(({ name }) => name).join(", ")}, or all` }],
  options: [],
  notes: [
    ...drills.map(({ name, summary }) => `${name}: ${summary}`),
    "Each step is a command that you would type; nothing outside a temporary folder is touched.",
  ],
  onInterrupt: "finish",
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const name = parseChoice("name", given.operand("name"), ["all", ...drills.map((drill) => drill.name)]);
  const report: { drill: string; outcome: "done" | "failed"; steps: DrillStep[] }[] = [];
  for (const drill of drills.filter((each) => name === "all" || each.name === name)) {
    const steps: DrillStep[] = [];
    const stage = new DrillStage(io, runDrillCommand, (step) => {
      if (io.interrupted.aborted) throw interrupted();
      steps.push(step);
      terminal.line(`${step.why}${outcomeWords(step)}`, step.command === undefined ? "cyan" : undefined);
      if (step.command !== undefined) terminal.line(`  $ ${step.command}`);
    });
    terminal.line(`drill ${drill.name}: ${drill.summary}`, "green");
    try {
      await drill.play(stage);
      report.push({ drill: drill.name, outcome: "done", steps });
    } catch (thrown) {
      if (!(thrown instanceof DrillFailed)) throw thrown;
      report.push({ drill: drill.name, outcome: "failed", steps });
      terminal.json({ drills: report });
      throw new Failure({
        code: "drill-failed",
        problem: `${drill.name} went otherwise than its playbook at: ${thrown.step.why} (${thrown.step.outcome})`,
        remedy: thrown.step.said.trim().split("\n").at(-1) || "run it again",
        exit: exitCode.refused,
      });
    } finally {
      stage.remove();
    }
  }
  terminal.json({ drills: report });
  terminal.line(`${report.length} ${report.length === 1 ? "drill" : "drills"} done`, "green");
  return exitCode.ok;
}

const outcomeWords = ({ outcome }: DrillStep): string =>
  outcome === "told" ? "" : outcome === "ok" ? ": ok" : `: refused, ${outcome}`;
