import type { Passphrase } from "@sumac/signing";
import type { CommandContext } from "./command.ts";
import { obtainSecret } from "./passphrase.ts";

export interface PinRequest {
  /** From --pin-file, else from the URI of the key. */
  readonly file: string | undefined;
  readonly question: string;
}

/** Reads the PIN of a token: from the file if one is named, else from SUMAC_PIN, else from a person. */
export const obtainPin = ({ file, question }: PinRequest, context: CommandContext): Promise<Passphrase> =>
  obtainSecret({ file, option: "pin-file", variable: pinVariable, question, purpose: "open" }, context);

export const pinVariable = "SUMAC_PIN";
