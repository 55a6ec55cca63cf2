import type { Passphrase } from "@sumac/signing";
import { askOnTerminal, type PassphraseSource, readPassphrase } from "@sumac/signing/node";
import type { CommandContext } from "./command.ts";
import { failWhenInterrupted } from "./interruption.ts";
import { locate } from "./location.ts";
import { requireSecretFile } from "./secret-file.ts";
import { noteWarnings, orFail } from "./signing-failure.ts";

/** The only places besides a file and a prompt: an argument would show the secret to every user of the machine. */
export const passphraseVariable = "SUMAC_PASSPHRASE";

export interface PassphraseRequest {
  /** From --passphrase-file. */
  readonly file: string | undefined;
  readonly question: string;
  /** A new key asks twice: a typing mistake would lock it for ever. */
  readonly purpose: "open" | "create";
}

interface SecretRequest extends PassphraseRequest {
  /** The option that names `file`. */
  readonly option: string;
  readonly variable: string;
}

/** Reads a passphrase: from the file if one is named, else from the environment, else from a person. The caller wipes it. */
export const obtainPassphrase = (request: PassphraseRequest, context: CommandContext): Promise<Passphrase> =>
  obtainSecret({ ...request, option: "passphrase-file", variable: passphraseVariable }, context);

/** The same for any secret that is typed. */
export async function obtainSecret(request: SecretRequest, { io, terminal }: CommandContext): Promise<Passphrase> {
  const reading = readPassphrase(chooseSource(request, io));
  const read = orFail(await Promise.race([reading, failWhenInterrupted(io.interrupted)]));
  noteWarnings(read.warnings, terminal);
  return read.passphrase;
}

function chooseSource(
  { file, option, variable, question, purpose }: SecretRequest,
  io: CommandContext["io"],
): PassphraseSource {
  if (file !== undefined) {
    requireSecretFile(io, option, file, "passphrase-file-not-found");
    return { from: "file", path: locate(io, file) };
  }
  const value = io.environment[variable];
  if (value !== undefined) return { from: "environment", variable, value };
  const ask = io.askPassphrase ?? askOnTerminal();
  if (purpose === "open") return { from: "prompt", ask, question };
  return { from: "prompt-twice", ask, question, repeatQuestion: "the same passphrase again: " };
}
