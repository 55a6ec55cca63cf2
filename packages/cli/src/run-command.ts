import type { CommandEntry } from "./command-index.ts";
import { commandIndex } from "./command-index.ts";
import { answering, execute } from "./execute.ts";
import { type ExitCode, exitCode } from "./exit-code.ts";
import type { Io } from "./io.ts";
import { closeTokens } from "./opened-tokens.ts";
import { Terminal } from "./terminal.ts";

/** Runs `sumac WORDS` to its end and answers with the exit code. Never throws. */
export function runCommand(words: readonly string[], io: Io): Promise<ExitCode> {
  const terminal = new Terminal(io, words.includes("--json") ? "json" : "text");
  const explain = async (thrown: unknown) => (await import("./explain.ts")).explainThrown(thrown, io);
  return answering(terminal, explain, () => dispatch(words, io, terminal)).finally(() => {
    // Cut short by a signal, a signature may still be on its way; then the end of the process closes the token.
    if (!io.interrupted.aborted) closeTokens();
  });
}

async function dispatch(line: readonly string[], io: Io, terminal: Terminal): Promise<ExitCode> {
  // `sumac --json keys list` and `sumac keys --json list` are as clear as `sumac keys list --json`.
  const early = line.slice(0, 2).indexOf("--json");
  const words = early < 0 ? line : [...line.toSpliced(early, 1), "--json"];
  const entry = named(words, 3) ?? named(words, 2) ?? named(words, 1);
  if (entry === undefined) {
    const { answerGeneralQuestion } = await import("./general-help.ts");
    return answerGeneralQuestion(words, terminal);
  }
  const [command, { parseWithCommander }] = await Promise.all([entry.load(), import("./commander-parser.ts")]);
  const parsed = parseWithCommander(command, words.slice(entry.name.split(" ").length));
  if ("arguments" in parsed) return execute(command, parsed.arguments, io, terminal);
  terminal.page(parsed.page);
  return exitCode.ok;
}

const named = (words: readonly string[], depth: number): CommandEntry | undefined => {
  const name = words.slice(0, depth).join(" ");
  return commandIndex.find((entry) => entry.name === name);
};
