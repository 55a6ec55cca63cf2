import { readText } from "./bound-read.ts";
import type { CommandContext } from "./command.ts";
import { malformedInput } from "./failure.ts";

const maxTokenFileBytes = 1024;

/** Reads a token. It is never taken from the command line, where every user of the machine could see it. */
export async function readToken(name: string, { io }: CommandContext): Promise<string> {
  const token = (await readText(io, name, "a token", maxTokenFileBytes)).trim();
  if (/^[A-Za-z0-9._~+/=-]{16,128}$/.test(token)) return token;
  // The content stays out of the message: it may be a secret all the same.
  throw malformedInput(
    "token-invalid",
    `${name} holds no token`,
    "give the file that `sumac serve` wrote the token to",
  );
}
