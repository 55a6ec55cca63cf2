import type { Passphrase } from "@sumac/signing";
import { askOnTerminal, type PassphraseSource, readPassphrase } from "@sumac/signing/node";
import type { CommandContext } from "./command.ts";
import { failWhenInterrupted } from "./interruption.ts";
import { locate } from "./location.ts";
import { requireSecretFile } from "./secret-file.ts";
import { noteWarnings, orFail } from "./signing-failure.ts";

/** The only places besides a file and a prompt: an argument would show the secret to every user of the machine. */
const passphraseVariable = "SUMAC_PASSPHRASE";

export interface PassphraseRequest {
  /** From --passphrase-file. */
  readonly file: string | undefined;
  readonly question: string;
  /** A new key asks twice: a typing mistake would lock it for ever. */
  readonly purpose: "open" | "create";
}

/** Reads a passphrase: from the file if one is named, else from the environment, else from a person. The caller wipes it. */
export async function obtainPassphrase(
  request: PassphraseRequest,
  { io, terminal }: CommandContext,
): Promise<Passphrase> {
  const reading = readPassphrase(chooseSource(request, io));
  const read = orFail(await Promise.race([reading, failWhenInterrupted(io.interrupted)]));
  noteWarnings(read.warnings, terminal);
  return read.passphrase;
}

function chooseSource({ file, question, purpose }: PassphraseRequest, io: CommandContext["io"]): PassphraseSource {
  if (file !== undefined) {
    requireSecretFile(io, "passphrase-file", file, "passphrase-file-not-found");
    return { from: "file", path: locate(io, file) };
  }
  const value = io.environment[passphraseVariable];
  if (value !== undefined) return { from: "environment", variable: passphraseVariable, value };
  const ask = io.askPassphrase ?? askOnTerminal();
  if (purpose === "open") return { from: "prompt", ask, question };
  return { from: "prompt-twice", ask, question, repeatQuestion: "the same passphrase again: " };
}
