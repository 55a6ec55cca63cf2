import { bytesToHex } from "@sumac/crypto";
import { createKey, type KeyAlgorithm, keyPaths } from "@sumac/signing/node";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { locate } from "../location.ts";
import { parseChoice } from "../option-values.ts";
import { obtainPassphrase } from "../passphrase.ts";
import { passphraseNote } from "../signers.ts";
import { orFail } from "../signing-failure.ts";

export const keysNew: Command = {
  name: "keys new",
  summary: "make a signing key in an encrypted file",
  operands: [{ name: "name", summary: "name of the key: NAME.pem.age and NAME.pub.pem are made" }],
  options: [
    { name: "algorithm", value: "name", summary: "ed25519 (default), esp256, esp384, ml-dsa-65 or ml-dsa-87" },
    { name: "dir", value: "folder", summary: "where the files go (default keys)" },
    { name: "passphrase-file", value: "file", summary: "file that holds the passphrase" },
  ],
  notes: [
    passphraseNote,
    "An existing key is never overwritten.",
    "ML-DSA keys resist quantum computers. Devices take them where their trust record says hybrid or cnsa2 (--profile).",
  ],
  // The two files are one step: a signal is heeded at the prompt, not between them.
  onInterrupt: "finish",
  run,
};

const keyAlgorithms: readonly KeyAlgorithm[] = ["ed25519", "esp256", "esp384", "ml-dsa-65", "ml-dsa-87"];

async function run(given: Arguments, context: CommandContext): Promise<ExitCode> {
  const { io, terminal } = context;
  const name = given.operand("name");
  const algorithm = parseChoice("algorithm", given.option("algorithm") ?? "ed25519", keyAlgorithms);
  const folder = given.option("dir") ?? "keys";
  const passphrase = await obtainPassphrase(
    { file: given.option("passphrase-file"), question: `passphrase for the new key ${name}: `, purpose: "create" },
    context,
  );
  try {
    const directory = locate(io, folder);
    const { keyId } = orFail(await createKey({ directory, name, algorithm, passphrase }));
    const { privateKeyPath, publicKeyPath } = keyPaths(folder, name);
    terminal.json({ name, algorithm, keyId, privateKey: privateKeyPath, publicKey: publicKeyPath });
    terminal.line(`made key ${name} (${algorithm}), id ${bytesToHex(keyId)}`);
    terminal.line(`  private, encrypted: ${privateKeyPath}`);
    terminal.line(`  public, for devices and servers: ${publicKeyPath}`);
    return exitCode.ok;
  } finally {
    passphrase.wipe();
  }
}
