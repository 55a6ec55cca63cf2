import { exitCode } from "./exit-code.ts";
import { explainFault } from "./explain-fault.ts";
import type { Io } from "./io.ts";
import { Terminal } from "./terminal.ts";

/** An error that nothing waited for ends the process as a bug, with the two lines instead of a stack. */
export function catchStrayErrors(io: Io): void {
  process.on("uncaughtException", (thrown) => {
    new Terminal(io, "text").failure(explainFault(thrown, io));
    process.exit(exitCode.bug);
  });
}
