import type { Arguments } from "../command.ts";
import { fileState } from "../file-state.ts";
import type { Io } from "../io.ts";

/** Where the signed gate report of an envelope lies: as `--gate-report` says, or beside it, if there is one. */
export function gateReportFile(io: Io, envelope: string, given: Arguments): string | undefined {
  const named = given.option("gate-report");
  if (named !== undefined || envelope === "-") return named;
  const beside = `${envelope}.gate.dsse.json`;
  return fileState(io, beside) === "file" ? beside : undefined;
}
