import { bytesToHex } from "@sumac/crypto";
import {
  type Command,
  type CommandEnd,
  type CommandFacts,
  type CommandRunner,
  fillCommand,
  howItEnded,
} from "../installer/command-runner.ts";
import { Unavailable } from "../unavailable.ts";
import type { BackupRecord } from "./backup-record.ts";
import type { InstallSubject } from "./install-wait.ts";

/** How the backup before an update ended (CR 7.3). */
export interface BackupEnd {
  readonly result: "saved" | "failed" | "timed-out";
  /** Such as `exit code 3`. */
  readonly how: string;
  /** The end of what it wrote, as one line; at most 200 characters. */
  readonly output: string;
  /** What the device has signed of the file that was written; absent = no file is configured. */
  readonly record?: BackupRecord;
}

const keptCharacters = 200;

/**
 * Has a configured command save what does not lie in the slots: settings, recipes, counters. `{sequence}` and `{digest}`
 * name the update that it is made for, `more` is whatever else it may be told. Only exit code 0 in time is a backup; nothing of it is thrown.
 */
export async function runBackup(
  command: Command,
  { sequence, manifestDigest }: InstallSubject,
  runner: CommandRunner,
  more: CommandFacts = {},
): Promise<BackupEnd> {
  const facts = { ...more, sequence: String(sequence), digest: bytesToHex(manifestDigest) };
  let end: CommandEnd;
  try {
    end = await runner.run(fillCommand(command, facts));
  } catch (fault) {
    if (!(fault instanceof Unavailable)) throw fault;
    return { result: "failed", how: fault.code, output: "" };
  }
  const output = endOf(end.output);
  const how = howItEnded(end, command);
  if (end.timing === "timed-out") return { result: "timed-out", how, output };
  return { result: end.exitCode === 0 ? "saved" : "failed", how, output };
}

/** Safe for one line of a log, whatever the command wrote. */
const endOf = (output: Uint8Array): string =>
  new TextDecoder()
    .decode(output.subarray(-4 * keptCharacters))
    .replace(/[^\x20-\x7e]+/g, " ")
    .trim()
    .slice(-keptCharacters);
