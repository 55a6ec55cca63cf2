import { Unavailable } from "../unavailable.ts";
import type { Command, CommandEnd } from "./command-runner.ts";

/** The fault that an end stands for. */
export function commandFault({ argv }: Command, end: CommandEnd): Unavailable {
  const how =
    end.timing === "timed-out"
      ? "took too long"
      : (end.notStarted ?? (end.signal === undefined ? `exit code ${end.exitCode}` : `ended by ${end.signal}`));
  const last = lastLine(end.output);
  const detail = `${argv[0]}: ${how}${last === "" ? "" : `: ${last}`}`;
  return new Unavailable(end.timing === "timed-out" ? "installer-timed-out" : "installer-failed", {
    retryable: false,
    detail,
  });
}

/** Made safe for one line of a log. */
function lastLine(output: Uint8Array): string {
  const lines = new TextDecoder().decode(output.subarray(-1000)).split("\n");
  const last = lines.findLast((line) => line.trim() !== "") ?? "";
  return last
    .replace(/[^\x20-\x7e]+/g, " ")
    .trim()
    .slice(-200);
}
