import { bytesToHex, type PublicKey } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { explainDossierFault, isMalformed, verifyDossier } from "@sumac/sdl";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { Failure } from "../failure.ts";
import { fileChunks } from "../file-chunks.ts";
import { fileSize } from "../file-state.ts";
import { readPublicKey } from "../public-key-file.ts";
import { dossierFolder, readDossierFolder } from "../sdl/read-dossier-folder.ts";

export const sdlVerify: Command = {
  name: "sdl verify",
  summary: "check every digest and signature of a dossier, with no network",
  operands: [{ name: "dossier", summary: "the folder that sumac sdl dossier wrote" }],
  options: [
    {
      name: "signer",
      value: "file",
      use: "repeatable",
      summary: "public key (PEM) that you got from the vendor by another way; each must have signed",
    },
    { name: "image", value: "file", use: "repeatable", summary: "image at hand; it must be one of this release" },
  ],
  notes: [
    "Exit code 0: nothing was altered; the verdict of the gate is printed beside. 3: refused. 4: no dossier.",
    "Without --signer it only says who signed: compare the key ids with those you got by another way.",
  ],
  run,
};

async function run(given: Arguments, context: CommandContext): Promise<ExitCode> {
  const { io, terminal } = context;
  const folder = given.operand("dossier");
  const signers: PublicKey[] = [];
  for (const name of given.all("signer")) signers.push(await readPublicKey(io, name));
  const images = [];
  for (const file of given.all("image")) images.push({ file, sha256: await digestOf(file, context) });
  const files = await readDossierFolder(io, folder);
  const verified = verifyDossier(dossierFolder(files), { crypto: nodeCrypto, signers, images });
  if (!verified.ok) {
    const exit = isMalformed(verified.error) ? exitCode.malformed : exitCode.refused;
    throw new Failure({ code: verified.error.code, ...explainDossierFault(verified.error), exit });
  }
  const { product, release, edition, verdict, evidence, keptBack, signedBy, notBelieved } = verified.value;
  terminal.json({ dossier: folder, ...verified.value });
  terminal.line(`${folder}: nothing was altered`, "green");
  terminal.line(`${product} ${release}, ${edition} edition: ${files.size} files, ${evidence} records`);
  if (keptBack > 0) terminal.line(`kept back by the vendor, known by digest: ${keptBack}`);
  if (notBelieved.length > 0) terminal.line(`records that counted for nothing: ${notBelieved.join(", ")}`);
  terminal.line(`release gate: ${verdict}`, verdict === "fail" ? "red" : verdict === "pass" ? "green" : "yellow");
  if (signedBy.length === 0) terminal.line("nobody signed it: it only proves that its parts belong together", "yellow");
  for (const kid of signedBy) terminal.line(`signed by ${kid}`);
  return exitCode.ok;
}

async function digestOf(file: string, { io, terminal }: CommandContext): Promise<string> {
  const progress = terminal.progress(`hashing ${file}`, fileSize(io, file));
  const digest = nodeCrypto.startDigest("sha-256");
  for await (const chunk of fileChunks(io, file, progress)) digest.update(chunk);
  progress.clear();
  return bytesToHex(digest.digest());
}
