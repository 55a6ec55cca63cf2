import path from "node:path";
import { askOnTerminal } from "@sumac/signing/node";
import {
  type SignatureFile,
  type SigningRequest,
  serializeSignatureFile,
  signatureFileName,
  signRequest,
} from "@sumac/tuf/writer";
import { writeFileAtomically } from "../atomic-file.ts";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { Failure, usage } from "../failure.ts";
import { fileState } from "../file-state.ts";
import type { Io } from "../io.ts";
import { readRequest, readSignature } from "../repo/ceremony.ts";
import { draftJson, showDraft } from "../repo/show-draft.ts";
import { orTell, writingFailure } from "../repo/writing-failure.ts";
import { openSigners, passphraseNote, signingOptions } from "../signers.ts";

export const repoSign: Command = {
  name: "repo sign",
  summary: "read a signing request and sign it with your key",
  operands: [{ name: "request", summary: "request.json of a ceremony" }],
  options: [
    ...signingOptions,
    { name: "expect", value: "digest", summary: "refuse any other draft; 16 or more hex digits of its digest" },
    { name: "yes", summary: "do not ask; only together with --expect" },
    { name: "out", value: "file", summary: "where the signature goes (default: beside the request)" },
  ],
  notes: [
    "It needs no network and no repository: carry the request to the key and the signature back.",
    "What is signed is shown first; the question is answered with the first 8 digits of the digest.",
    passphraseNote,
  ],
  run,
};

async function run(given: Arguments, context: CommandContext): Promise<ExitCode> {
  const { io, terminal } = context;
  const name = given.operand("request");
  if (given.all("key").length + given.all("test-only-key").length === 0) {
    throw usage("missing-option", "no --key to sign with", "give a private key: --key keys/alice.pem.age");
  }
  const request = await readRequest(io, name);
  checkExpected(given, request);
  // With --json the words go nowhere, so the facts in the answer are what a program compares.
  showDraft(request, terminal);
  if (given.flag("yes") === "absent") await askConsent(request, io);
  const signed: { keyId: string; file: string; outcome: "signed" | "signed-already" }[] = [];
  const signers = await openSigners(given, context);
  if (given.option("out") !== undefined && signers.length > 1) {
    throw usage("bad-value", "--out names one file, and several keys are given", "sign with one key at a time");
  }
  for (const signer of signers) {
    const now = BigInt(Math.floor(Date.now() / 1000));
    const signature = orTell(await signRequest(request, signer, { now }));
    const file = given.option("out") ?? path.join(path.dirname(name), signatureFileName(signature.keyId));
    const outcome = (await isSigned(io, file, signature)) ? "signed-already" : "signed";
    if (outcome === "signed") {
      writeFileAtomically(io, { name: file, bytes: serializeSignatureFile(signature), ifExists: "replace" });
    }
    signed.push({ keyId: signature.keyId, file, outcome });
  }
  terminal.json({ request: name, ...draftJson(request), signed });
  for (const { keyId, file, outcome } of signed) {
    const who = request.people.get(keyId) ?? keyId.slice(0, 16);
    terminal.line(`${outcome === "signed" ? "signed" : "was signed already"} by ${who}: ${file}`);
  }
  return exitCode.ok;
}

function checkExpected(given: Arguments, { digest }: SigningRequest): void {
  const expected = given.option("expect")?.replaceAll(/\s/g, "").toLowerCase();
  if (expected === undefined) {
    if (given.flag("yes") === "absent") return;
    throw usage(
      "missing-option",
      "--yes without --expect would sign whatever the file says",
      "give the digest you have read elsewhere: --expect DIGEST",
    );
  }
  if (!/^[0-9a-f]{16,64}$/.test(expected)) {
    throw usage("bad-value", "--expect is not 16 to 64 hex digits", "give the digest, or at least its first 16 digits");
  }
  if (!digest.startsWith(expected)) throw writingFailure({ code: "digest-unexpected", expected, computed: digest });
}

/** Typed, not clicked: the digits make sure that the page was looked at. */
async function askConsent({ digest }: SigningRequest, io: Io): Promise<void> {
  const ask = io.askPassphrase ?? askOnTerminal();
  const answer = await ask("to sign, type the first 8 digits of the digest: ");
  if (!answer.ok) {
    throw usage(
      "no-terminal",
      "there is no terminal to ask at",
      "read the draft, then say --yes --expect with its digest",
    );
  }
  if (new TextDecoder().decode(answer.value).trim().toLowerCase() === digest.slice(0, 8)) return;
  throw new Failure({
    code: "not-confirmed",
    problem: "these are not the first 8 digits of the digest; nothing is signed",
    remedy: "run the command again if you mean to sign",
    exit: exitCode.refused,
  });
}

/** By the same key, for the same draft: signing again would only make another P-256 signature. */
async function isSigned(io: Io, file: string, { keyId, digest }: SignatureFile): Promise<boolean> {
  if (fileState(io, file) !== "file") return false;
  const found = await readSignature(io, file);
  return found.keyId === keyId && found.digest === digest;
}
