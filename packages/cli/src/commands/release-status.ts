import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import {
  asSigningRequest,
  checkedSignatures,
  encryptedOption,
  readSignable,
  readSignatures,
  requestContext,
  requestJson,
  shownRequest,
  showRequest,
  signatureOption,
} from "../signing-request-file.ts";

export const releaseStatus: Command = {
  name: "release status",
  summary: "show what a signing request asks for, who has signed and who still must",
  operands: [{ name: "request", summary: "the file that `sumac release prepare` wrote" }],
  options: [signatureOption, encryptedOption],
  notes: ["Exit code 0 whether or not enough have signed; with --json `complete` tells."],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const name = given.operand("request");
  const context = requestContext(given);
  const request = asSigningRequest(await readSignable(io, name), name, context);
  const files = await readSignatures(io, given.all("signature"));
  const shown = shownRequest(request, checkedSignatures(request, files, context), context);
  terminal.json({ request: name, ...requestJson(shown) });
  terminal.line(`${name} asks for signatures of`);
  showRequest(shown, terminal);
  return exitCode.ok;
}
