import { removeTemporaryFiles } from "./atomic-file.ts";
import type { Arguments, Command } from "./command.ts";
import type { ExitCode } from "./exit-code.ts";
import { Failure, type FailureFacts, usage } from "./failure.ts";
import { failWhenInterrupted } from "./interruption.ts";
import type { Io } from "./io.ts";
import type { Terminal } from "./terminal.ts";

/** Runs a command whose line was read; a signal ends the wait for it, unless it ends by itself. */
export function execute(command: Command, given: Arguments, io: Io, terminal: Terminal): Promise<ExitCode> {
  checkValues(command, given);
  const running = command.run(given, { io, terminal });
  return command.onInterrupt === "finish" ? running : Promise.race([running, failWhenInterrupted(io.interrupted)]);
}

function checkValues(command: Command, given: Arguments): void {
  // An unset variable in a script: as a path it would mean the current folder.
  const empty = command.operands.find(({ name }) => given.operand(name) === "");
  if (empty !== undefined) {
    throw usage("missing-argument", `<${empty.name}> is empty`, `see \`sumac ${command.name} --help\``);
  }
  for (const option of command.options) {
    const values = given.all(option.name);
    if (values.length > 1 && option.use !== "repeatable") {
      throw usage("option-repeated", `--${option.name} is given ${values.length} times`, "give it once");
    }
    if (option.value !== undefined && values.includes("")) {
      throw usage("missing-value", `the value of --${option.name} is empty`, `see \`sumac ${command.name} --help\``);
    }
    // `--key --json` is a forgotten value, not a file of that name.
    const swallowed = values.find((value) => value.startsWith("--"));
    if (swallowed !== undefined) {
      const remedy = `see \`sumac ${command.name} --help\``;
      // A token may begin with two dashes: only the name of an option is repeated.
      const known = ["json", "help", ...command.options.map(({ name }) => name)].includes(swallowed.slice(2));
      const problem = `--${option.name} has no value${known ? ` before ${swallowed}` : ""}`;
      throw usage("missing-value", problem, remedy);
    }
  }
}

/** Turns whatever `work` throws into the two lines and an exit code; with --json also into an object on stdout. */
export async function answering(
  terminal: Terminal,
  explain: (thrown: unknown) => FailureFacts | Promise<FailureFacts>,
  work: () => Promise<ExitCode>,
): Promise<ExitCode> {
  try {
    return await work();
  } catch (thrown) {
    const facts = thrown instanceof Failure ? thrown.facts : await explain(thrown);
    terminal.failure(facts);
    const { code, problem, remedy } = facts;
    try {
      terminal.json({ error: { code, problem, remedy } });
    } catch {
      // Standard output takes nothing more, which may be the very fault; it is told above.
    }
    return facts.exit;
  } finally {
    removeTemporaryFiles();
  }
}
