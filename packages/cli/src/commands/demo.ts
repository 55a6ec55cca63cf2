import type { AgentEvent } from "@sumac/device";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { runDemo } from "../demo/run-demo.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import type { Terminal } from "../terminal.ts";

export const demo: Command = {
  name: "demo",
  summary: "the whole way from key to confirmed boot, and attacks on it",
  operands: [],
  options: [],
  notes: [
    "Runs a real server on loopback and a device on simulated flash, in a temporary folder that is removed at the end.",
    "Exit code 0 only if every step held.",
  ],
  // Between two steps, so that the server is closed and the folder removed.
  onInterrupt: "finish",
  run,
};

async function run(_given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  let failure: { readonly step: string; readonly error: unknown } | undefined;
  const report = await runDemo(io, {
    step({ name, ok, ms }, detail) {
      terminal.line(
        `${ok ? "ok  " : "FAIL"} ${name.padEnd(48)} ${String(ms).padStart(5)} ms  ${detail}`,
        ok ? "green" : "red",
      );
    },
    device: (event) => tell(event, terminal),
    failed: (step, error) => {
      failure = { step, error };
    },
  });
  terminal.json(report);
  if (failure !== undefined) {
    const reason = failure.error instanceof Error ? failure.error.message : String(failure.error);
    terminal.failure({
      code: "demo-failed",
      problem: `the step "${failure.step}" did not hold: ${reason}`,
      remedy: "this is a mistake in sumac or in this machine's set-up; report it with the lines above",
      exit: exitCode.bug,
    });
    return exitCode.bug;
  }
  const { booted, refused, powerCuts } = report;
  terminal.line("");
  terminal.line(
    `runs ${booted}, confirmed; ${refused.length} attacks refused; ${powerCuts.tried} power cuts, ${powerCuts.bricked} bricked`,
    "green",
  );
  return exitCode.ok;
}

/** What the device itself prints: which image runs. */
function tell(event: AgentEvent, terminal: Terminal): void {
  if (event.event !== "booted") return;
  if (event.outcome.kind !== "running") {
    terminal.line(`     device: ${event.outcome.kind}`);
    return;
  }
  const { booted, mode, why } = event.outcome;
  terminal.line(
    `     device: booting ${booted.version} (sequence ${booted.sequence}) from slot ${booted.slot}, ${mode} (${why})`,
  );
}
