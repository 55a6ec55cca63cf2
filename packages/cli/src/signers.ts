import { bytesToHex } from "@sumac/crypto";
import type { Signer } from "@sumac/signing";
import { openKey, openUnencryptedTestKey } from "@sumac/signing/node";
import type { Arguments, CommandContext, Option } from "./command.ts";
import { type Failure, usage } from "./failure.ts";
import { locate } from "./location.ts";
import { obtainPassphrase } from "./passphrase.ts";
import { requireKeyFile } from "./secret-file.ts";
import { noteWarnings, orFail } from "./signing-failure.ts";

/** The options of every command that signs. */
export const signingOptions: readonly Option[] = [
  { name: "key", value: "file", use: "repeatable", summary: "encrypted private key to sign with (NAME.pem.age)" },
  {
    name: "passphrase-file",
    value: "file",
    use: "repeatable",
    summary: "passphrase of the key; one for all keys, or one for each in order",
  },
  {
    name: "test-only-key",
    value: "file",
    use: "repeatable",
    summary: "TEST ONLY: sign with an unencrypted private key (PEM)",
  },
];

export const passphraseNote =
  "Without --passphrase-file the passphrase comes from SUMAC_PASSPHRASE, else a prompt asks.";

/** Opens every key the line names, in order; all or none. */
export async function openSigners(given: Arguments, context: CommandContext): Promise<readonly Signer[]> {
  const keys = given.all("key");
  const files = given.all("passphrase-file");
  if (files.length > 1 && files.length !== keys.length) {
    throw usage(
      "bad-value",
      `${files.length} passphrase files are given for ${keys.length} keys`,
      "give one --passphrase-file for all keys, or one for each --key in the same order",
    );
  }
  const named = [...keys, ...given.all("test-only-key")].map((key) => locate(context.io, key));
  if (new Set(named).size < named.length) throw sameKey();
  const signers: Signer[] = [];
  for (const [index, key] of keys.entries()) {
    const file = files.length > 1 ? files[index] : files[0];
    signers.push(await openEncrypted(key, file, context));
  }
  for (const key of given.all("test-only-key")) {
    requireKeyFile(context.io, key);
    const { signer, warnings } = orFail(await openUnencryptedTestKey(locate(context.io, key)));
    noteWarnings(warnings, context.terminal);
    signers.push(signer);
  }
  if (new Set(signers.map(({ keyId }) => bytesToHex(keyId))).size < signers.length) throw sameKey();
  return signers;
}

const sameKey = (): Failure =>
  usage("option-repeated", "the same key is given twice to sign with", "give each key once: it counts once");

async function openEncrypted(
  key: string,
  passphraseFile: string | undefined,
  context: CommandContext,
): Promise<Signer> {
  requireKeyFile(context.io, key);
  const question = `passphrase of ${key}: `;
  const passphrase = await obtainPassphrase({ file: passphraseFile, question, purpose: "open" }, context);
  try {
    const { signer, warnings } = orFail(await openKey(locate(context.io, key), passphrase));
    noteWarnings(warnings, context.terminal);
    return signer;
  } finally {
    passphrase.wipe();
  }
}
