import { publicKeyPem } from "@sumac/cose";
import { bytesToHex } from "@sumac/crypto";
import { privateKeySuffix, publicKeySuffix, readPublicKey } from "@sumac/signing/node";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { algorithmName } from "../key-algorithm.ts";
import { locate } from "../location.ts";
import { requireKeyFile } from "../secret-file.ts";
import { orFail } from "../signing-failure.ts";

export const keysShow: Command = {
  name: "keys show",
  summary: "show id, algorithm and public half of a key file",
  operands: [{ name: "file", summary: "a public key, or a private key file with its public half beside it" }],
  options: [],
  notes: ["The private key is never opened: no passphrase is needed."],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const name = given.operand("file");
  const file = name.endsWith(privateKeySuffix) ? name.slice(0, -privateKeySuffix.length) + publicKeySuffix : name;
  requireKeyFile(io, file);
  const { publicKey, keyId } = orFail(await readPublicKey(locate(io, file)));
  const algorithm = algorithmName(publicKey);
  const pem = publicKeyPem(publicKey);
  terminal.json({ file, keyId, algorithm, publicKey: pem });
  terminal.line(`key id     ${bytesToHex(keyId)}`);
  terminal.line(`algorithm  ${algorithm}`);
  for (const line of pem.trimEnd().split("\n")) terminal.line(line);
  return exitCode.ok;
}
