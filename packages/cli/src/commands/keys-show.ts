import { publicKeyPem } from "@sumac/cose";
import { bytesToHex } from "@sumac/crypto";
import { type PublicKeyFile, privateKeySuffix, publicKeySuffix, readPublicKey } from "@sumac/signing/node";
import { outputExists, writeFileAtomically } from "../atomic-file.ts";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { fileState } from "../file-state.ts";
import { algorithmName } from "../key-algorithm.ts";
import { keySource, keySourceNote } from "../key-source.ts";
import { locate } from "../location.ts";
import { requireKeyFile } from "../secret-file.ts";
import { openSource } from "../signers.ts";
import { orFail } from "../signing-failure.ts";

export const keysShow: Command = {
  name: "keys show",
  summary: "show id, algorithm and public half of a key",
  operands: [
    {
      name: "key",
      summary: "a public key, a private key file with its public half beside it, pkcs11:URI or command:PROGRAM",
    },
  ],
  options: [
    { name: "pin-file", value: "file", summary: "PIN of the token" },
    { name: "out", value: "file", summary: "write the public half here too (NAME.pub.pem)" },
    { name: "replace", summary: "overwrite --out if it is there" },
  ],
  notes: ["A private key file is never opened: no passphrase is needed. A token wants its PIN.", keySourceNote],
  run,
};

async function run(given: Arguments, context: CommandContext): Promise<ExitCode> {
  const { io, terminal } = context;
  const out = given.option("out");
  const ifExists = given.flag("replace") === "given" ? "replace" : "refuse";
  if (out !== undefined && ifExists === "refuse" && fileState(io, out) !== "absent")
    throw outputExists(out, "with --out");
  const source = keySource(given.operand("key"));
  const file = source.kind === "file" ? publicFile(source.path) : undefined;
  const { publicKey, keyId } =
    file === undefined
      ? await openSource(source, { passphrase: undefined, pin: given.option("pin-file") }, context)
      : await readKeyFile(file, context);
  const algorithm = algorithmName(publicKey);
  const pem = publicKeyPem(publicKey);
  if (out !== undefined) writeFileAtomically(io, { name: out, bytes: new TextEncoder().encode(pem), ifExists });
  terminal.json({ file: file ?? out, keyId, algorithm, publicKey: pem });
  terminal.line(`key id     ${bytesToHex(keyId)}`);
  terminal.line(`algorithm  ${algorithm}`);
  for (const line of pem.trimEnd().split("\n")) terminal.line(line);
  if (out !== undefined) terminal.line(`written to ${out}`);
  return exitCode.ok;
}

const publicFile = (name: string): string =>
  name.endsWith(privateKeySuffix) ? name.slice(0, -privateKeySuffix.length) + publicKeySuffix : name;

async function readKeyFile(file: string, { io }: CommandContext): Promise<PublicKeyFile> {
  requireKeyFile(io, file);
  return orFail(await readPublicKey(locate(io, file)));
}
