import type { ExitCode } from "./exit-code.ts";
import { nodeIo } from "./node-io.ts";
import { runCommand } from "./run-command.ts";
import { catchStrayErrors } from "./stray-error.ts";

/** Any command on the real world; a part of its own of the built command, loaded unless the quick start is enough. */
export function startFully(words: readonly string[]): Promise<ExitCode> {
  const io = nodeIo();
  catchStrayErrors(io);
  return runCommand(words, io);
}
