import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { type SignedEnvelope, signEnvelope } from "@sumac/signing";
import { defaultLimits } from "@sumac/suit";
import { outputExists, writeFilesAtomically } from "../atomic-file.ts";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { encryptionLimits } from "../encrypted-payload.ts";
import { asEnvelope } from "../envelope-file.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { usage } from "../failure.ts";
import { fileState } from "../file-state.ts";
import { keySourceNote } from "../key-source.ts";
import { gateOptions, requireGate } from "../sdl/require-gate.ts";
import { signRequestFile } from "../sign-request-file.ts";
import { openSigners, passphraseNote, signingOptions } from "../signers.ts";
import { orFail } from "../signing-failure.ts";
import { encryptedOption, looksLikeRequest, readSignable, signatureOption } from "../signing-request-file.ts";

export const releaseSign: Command = {
  name: "release sign",
  summary: "add a signature to an envelope, or sign a signing request",
  operands: [{ name: "envelope", summary: "the envelope (.suit) to sign, or a request of `sumac release prepare`" }],
  options: [
    ...signingOptions,
    encryptedOption,
    { ...signatureOption, summary: "of a request: signature file of somebody else, to show who is missing" },
    ...gateOptions,
    { name: "out", value: "file", summary: "write here instead of into the envelope itself" },
    { name: "replace", summary: "overwrite --out if it is there" },
  ],
  notes: [
    "Signing again with another key countersigns: the manifest and the signatures that are there do not change.",
    "Of a request a signature file is made, NAME.KEYID.signature.json, after it was shown what is asked and who has signed.",
    keySourceNote,
    "With --product the gate report goes to ENVELOPE.gate.dsse.json, signed with the same keys; its digest is printed.",
    passphraseNote,
  ],
  run,
};

async function run(given: Arguments, context: CommandContext): Promise<ExitCode> {
  const { io, terminal } = context;
  const name = given.operand("envelope");
  if (given.all("key").length + given.all("test-only-key").length === 0) {
    throw usage("missing-option", "no --key to sign with", "give a private key: --key keys/vendor.pem.age");
  }
  const signable = await readSignable(io, name);
  if (looksLikeRequest(signable)) return signRequestFile(signable, given, context);
  if (given.all("signature").length > 0) {
    throw usage(
      "options-conflict",
      "--signature goes with a signing request only",
      "leave it out: an envelope bears its signatures",
    );
  }
  const out = given.option("out") ?? name;
  if (out === "-") throw usage("bad-value", "the envelope has to go to a file", "give one with --out");
  const ifExists = out === name || given.flag("replace") === "given" ? "replace" : "refuse";
  if (ifExists === "refuse" && fileState(io, out) !== "absent") throw outputExists(out, "with --out");
  const bytes = asEnvelope(signable, name);
  const added: { keyId: Uint8Array; algorithm: string; outcome: SignedEnvelope["outcome"] }[] = [];
  const limits = given.flag("encrypted") === "given" ? encryptionLimits : defaultLimits;
  let envelope = bytes;
  let manifestDigest: Uint8Array | undefined;
  const signers = await openSigners(given, context);
  const gate = await requireGate(bytes, out, signers, given, io);
  for (const signer of signers) {
    const signed = orFail(await signEnvelope(envelope, signer, { crypto: nodeCrypto, limits }));
    added.push({ keyId: signer.keyId, algorithm: signer.algorithm.name, outcome: signed.outcome });
    envelope = signed.envelope;
    manifestDigest = signed.manifestDigest.bytes;
  }
  const written = envelope !== bytes || out !== name ? [{ name: out, bytes: envelope, ifExists } as const] : [];
  writeFilesAtomically(io, gate === undefined ? written : [...written, gate.file]);
  const judged =
    gate === undefined
      ? undefined
      : { verdict: gate.report.verdict, release: gate.report.release, report: gate.file.name, sha256: gate.sha256 };
  terminal.json({ envelope: out, manifestDigest, signers: added, gate: judged });
  for (const { keyId, algorithm, outcome } of added) {
    const verb = outcome === "signed" ? "signed by" : "was signed already by";
    terminal.line(`${out} ${verb} ${bytesToHex(keyId)} (${algorithm})`);
  }
  if (judged !== undefined)
    terminal.line(`gate ${judged.verdict} for ${judged.release}: ${judged.report}, sha256 ${judged.sha256}`);
  return exitCode.ok;
}
