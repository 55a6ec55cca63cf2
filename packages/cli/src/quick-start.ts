import { verify } from "./commands/verify.ts";
import { answering, execute } from "./execute.ts";
import type { ExitCode } from "./exit-code.ts";
import { explainFault } from "./explain-fault.ts";
import type { Io } from "./io.ts";
import { parseQuickly } from "./parse-quickly.ts";
import { Terminal } from "./terminal.ts";

/**
 * Runs a correct `sumac verify ...` with nothing loaded that it does not need: CI and devices call it often, and the
 * start-up is most of its time. Any other line answers undefined and is left to `runCommand`, with the same outcome
 * for a line that both can run.
 */
export async function runQuickly(words: readonly string[], io: Io): Promise<ExitCode | undefined> {
  if (words[0] !== verify.name) return undefined;
  const given = parseQuickly(verify, words.slice(1));
  if (given === undefined) return undefined;
  // Ciphers are no part of the quick start (see bundle.ts).
  if (given.option("decryption-key") !== undefined) return undefined;
  const terminal = new Terminal(io, words.includes("--json") ? "json" : "text");
  const explain = (thrown: unknown) => explainFault(thrown, io);
  // Nothing to tidy up: without a payload a signal may simply end the process, as it does before any handler is there.
  const command = given.all("payload").length === 0 ? ({ ...verify, onInterrupt: "finish" } as const) : verify;
  return answering(terminal, explain, () => execute(command, given, io, terminal));
}
