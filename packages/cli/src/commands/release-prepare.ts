import { prepareSigning } from "@sumac/signing";
import { parseEnvelope } from "@sumac/suit";
import { outputExists, writeFileAtomically } from "../atomic-file.ts";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { readEnvelopeFile } from "../envelope-file.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { usage } from "../failure.ts";
import { fileState } from "../file-state.ts";
import { requestedRoles, requestedRolesOptions } from "../requested-roles.ts";
import { orFail } from "../signing-failure.ts";
import { encryptedOption, requestContext, requestJson, shownRequest, showRequest } from "../signing-request-file.ts";

export const releasePrepare: Command = {
  name: "release prepare",
  summary: "write a request to sign a release, for people who sign on their own machines",
  operands: [{ name: "envelope", summary: "the envelope (.suit) to be signed; signatures in it count" }],
  options: [
    ...requestedRolesOptions,
    encryptedOption,
    { name: "out", value: "file", summary: "default: beside the envelope, NAME.request.json" },
    { name: "replace", summary: "overwrite a request that is there" },
  ],
  notes: [
    "Send the request to everybody who is asked; each runs `sumac release sign NAME.request.json --key ...`.",
    "Then put it together: `sumac release combine NAME.request.json --signature FILE --signature FILE`.",
  ],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const name = given.operand("envelope");
  const out = given.option("out") ?? `${name === "-" ? "release" : name.replace(/\.suit$/, "")}.request.json`;
  if (out === "-") throw usage("bad-value", "the request has to go to a file", "give one with --out");
  const ifExists = given.flag("replace") === "given" ? "replace" : "refuse";
  if (ifExists === "refuse" && fileState(io, out) !== "absent") throw outputExists(out, "with --out");
  const bytes = await readEnvelopeFile(io, name);
  const context = requestContext(given);
  const envelope = orFail(parseEnvelope(bytes, context.limits));
  const request = orFail(prepareSigning(bytes, await requestedRoles(given, envelope, io), context));
  writeFileAtomically(io, { name: out, bytes: request.file, ifExists });
  const shown = shownRequest(request, [], context);
  terminal.json({ request: out, ...requestJson(shown) });
  terminal.line(`wrote ${out}, which asks for signatures of`);
  showRequest(shown, terminal);
  return exitCode.ok;
}
