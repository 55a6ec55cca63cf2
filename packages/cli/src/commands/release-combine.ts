import { combineSignatures } from "@sumac/signing";
import { outputExists, writeFileAtomically } from "../atomic-file.ts";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { usage } from "../failure.ts";
import { fileState, isSameFile } from "../file-state.ts";
import { orFail } from "../signing-failure.ts";
import {
  asSigningRequest,
  checkedSignatures,
  encryptedOption,
  readSignable,
  readSignatures,
  requestContext,
  requestJson,
  requestStem,
  shownRequest,
  showRoles,
  signatureOption,
} from "../signing-request-file.ts";

export const releaseCombine: Command = {
  name: "release combine",
  summary: "make the signed envelope from a signing request and its signature files",
  operands: [{ name: "request", summary: "the file that `sumac release prepare` wrote" }],
  options: [
    signatureOption,
    encryptedOption,
    { name: "out", value: "file", summary: "default: beside the request, NAME.signed.suit" },
    { name: "replace", summary: "overwrite an envelope that is there" },
  ],
  notes: [
    "The envelope is the one that signing directly gives; while signatures are missing none is written.",
    "One file that is not right stops it: leave that out, or have it made again.",
  ],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const name = given.operand("request");
  const out = given.option("out") ?? `${name === "-" ? "release" : requestStem(name)}.signed.suit`;
  if (out === "-") throw usage("bad-value", "the envelope has to go to a file", "give one with --out");
  const inputs = [name, ...given.all("signature")];
  if (inputs.some((input) => isSameFile(io, input, out))) {
    throw usage("output-is-input", `${out} is one of the files to combine`, "name another file with --out");
  }
  const ifExists = given.flag("replace") === "given" ? "replace" : "refuse";
  if (ifExists === "refuse" && fileState(io, out) !== "absent") throw outputExists(out, "with --out");
  const context = requestContext(given);
  const request = asSigningRequest(await readSignable(io, name), name, context);
  const files = await readSignatures(io, given.all("signature"));
  const envelope = orFail(combineSignatures(request, files, context));
  writeFileAtomically(io, { name: out, bytes: envelope, ifExists });
  const shown = shownRequest(request, checkedSignatures(request, files, context), context);
  terminal.json({ envelope: out, ...requestJson(shown) });
  terminal.line(`wrote ${out}, signed`);
  showRoles(shown.roles, terminal);
  return exitCode.ok;
}
