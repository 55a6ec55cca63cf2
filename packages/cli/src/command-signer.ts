import type { Signer } from "@sumac/signing";
import { openCommandSigner } from "@sumac/signing/node";
import type { CommandContext } from "./command.ts";
import { passphraseVariable } from "./passphrase.ts";
import { obtainPin, pinVariable } from "./pin.ts";
import { orFail } from "./signing-failure.ts";

/** The signer behind an external command. It sees this environment but for our own secrets; a PIN goes to its input. */
export async function openExternalSigner(
  words: readonly string[],
  pinFile: string | undefined,
  context: CommandContext,
): Promise<Signer> {
  const { io, terminal } = context;
  const { [passphraseVariable]: _passphrase, [pinVariable]: _pin, ...environment } = io.environment;
  const [program = ""] = words;
  return orFail(
    await openCommandSigner({
      words,
      environment,
      workingFolder: io.workingFolder,
      obtainPin: () => obtainPin({ file: pinFile, question: `PIN for ${program}: ` }, context),
      onNotice: (line) => terminal.note(`${program}: ${line}`),
      signal: io.interrupted,
    }),
  );
}
