import { exitCode } from "./exit-code.ts";
import type { FailureFacts } from "./failure.ts";
import type { Io } from "./io.ts";
import { fileFailure, isSystemError } from "./system-failure.ts";

/** What a person is told of a thrown system error, or of anything nobody foresaw: a bug. */
export function explainFault(thrown: unknown, io: Io): FailureFacts {
  if (isSystemError(thrown)) return fileFailure(thrown, thrown.path ?? "the operation").facts;
  const wanted = io.environment["SUMAC_DEBUG"] === "1";
  if (wanted) io.stderr.write(`${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}\n`);
  return {
    code: "bug",
    problem: `sumac made a mistake: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
    remedy: wanted ? "report it with the lines above" : "report it; SUMAC_DEBUG=1 shows where it happened",
    exit: exitCode.bug,
  };
}
