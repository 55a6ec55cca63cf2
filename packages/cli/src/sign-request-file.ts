import { bytesToHex, equalBytes } from "@sumac/crypto";
import { type Signer, signRequest } from "@sumac/signing";
import { type NewFile, outputExists, writeFilesAtomically } from "./atomic-file.ts";
import type { BoundRead } from "./bound-read.ts";
import type { Arguments, CommandContext } from "./command.ts";
import { type ExitCode, exitCode } from "./exit-code.ts";
import { usage } from "./failure.ts";
import { fileState } from "./file-state.ts";
import { openSigners } from "./signers.ts";
import { orFail } from "./signing-failure.ts";
import {
  asSigningRequest,
  checkedSignatures,
  readSignatures,
  requestContext,
  requestJson,
  requestStem,
  shownRequest,
  showRequest,
  showRoles,
} from "./signing-request-file.ts";

/** `release sign` of a signing request: shows what it asks for, then signs and writes one file for each key. */
export async function signRequestFile(read: BoundRead, given: Arguments, context: CommandContext): Promise<ExitCode> {
  const { io, terminal } = context;
  const name = given.operand("envelope");
  const out = given.option("out");
  if (out !== undefined && given.all("key").length + given.all("test-only-key").length > 1) {
    throw usage(
      "options-conflict",
      "--out names one file, and each key makes one",
      "leave --out out, or sign one by one",
    );
  }
  const ifExists = given.flag("replace") === "given" ? "replace" : "refuse";
  if (out !== undefined && ifExists === "refuse" && fileState(io, out) !== "absent")
    throw outputExists(out, "with --out");
  const requested = requestContext(given);
  const request = asSigningRequest(read, name, requested);
  const sent = await readSignatures(io, given.all("signature"));
  const checked = checkedSignatures(request, sent, requested);
  const before = shownRequest(request, checked, requested);
  // Before any key is opened: the question for its passphrase or PIN is the moment to say no.
  terminal.line(`${name} asks for signatures of`);
  showRequest(before, terminal);

  const signers = await openSigners(given, context);
  for (const { keyId } of signers) {
    const isThere = checked.some(({ key }) => equalBytes(key.keyId, keyId));
    if (isThere) orFail({ ok: false, error: { code: "signature-twice", keyId } });
  }
  const stem = name === "-" ? "release" : requestStem(name);
  const made: { readonly signer: Signer; readonly file: NewFile }[] = [];
  for (const signer of signers) {
    const bytes = orFail(await signRequest(request, signer, requested));
    const file = out ?? `${stem}.${bytesToHex(signer.keyId).slice(0, 8)}.signature.json`;
    made.push({ signer, file: { name: file, bytes, ifExists } });
  }
  const own = made.map(({ file }) => ({ name: file.name, bytes: file.bytes }));
  const after = shownRequest(request, checkedSignatures(request, [...sent, ...own], requested), requested);
  writeFilesAtomically(
    io,
    made.map(({ file }) => file),
  );
  terminal.json({
    request: name,
    signatures: made.map(({ signer, file }) => ({
      file: file.name,
      keyId: signer.keyId,
      algorithm: signer.algorithm.name,
    })),
    ...requestJson(after),
  });
  for (const { signer, file } of made) {
    terminal.line(`signed by ${bytesToHex(signer.keyId)} (${signer.algorithm.name}): ${file.name}`);
  }
  showRoles(after.roles, terminal);
  return exitCode.ok;
}
