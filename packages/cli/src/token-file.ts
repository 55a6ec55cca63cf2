import { readText } from "./bound-read.ts";
import type { CommandContext } from "./command.ts";
import { malformedInput } from "./failure.ts";
import { requireSecretFile } from "./secret-file.ts";

const maxTokenFileBytes = 1024;

/** Reads the token in the file of `--option`. It is never taken from the command line, where every user of the machine could see it. */
export async function readToken(option: string, name: string, { io }: CommandContext): Promise<string> {
  requireSecretFile(io, option, name);
  const token = (await readText(io, name, "a token", maxTokenFileBytes)).trim();
  if (/^[A-Za-z0-9._~+/=-]{16,128}$/.test(token)) return token;
  // The content stays out of the message: it may be a secret all the same.
  throw malformedInput(
    "token-invalid",
    `${name} holds no token`,
    "give the file that `sumac serve` wrote the token to",
  );
}
