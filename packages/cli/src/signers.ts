import { bytesToHex } from "@sumac/crypto";
import type { Signer } from "@sumac/signing";
import { openKey, openUnencryptedTestKey } from "@sumac/signing/node";
import type { Arguments, CommandContext, Option } from "./command.ts";
import { openExternalSigner } from "./command-signer.ts";
import { type Failure, usage } from "./failure.ts";
import { type KeySource, keySource } from "./key-source.ts";
import { locate } from "./location.ts";
import { obtainPassphrase } from "./passphrase.ts";
import { requireKeyFile } from "./secret-file.ts";
import { noteWarnings, orFail } from "./signing-failure.ts";
import { openTokenSigner } from "./token-signer.ts";

/** The options of every command that signs. */
export const signingOptions: readonly Option[] = [
  {
    name: "key",
    value: "file",
    use: "repeatable",
    summary: "private key to sign with: NAME.pem.age, pkcs11:URI or command:PROGRAM",
  },
  {
    name: "passphrase-file",
    value: "file",
    use: "repeatable",
    summary: "passphrase of the key; one for all keys, or one for each in order",
  },
  {
    name: "pin-file",
    value: "file",
    use: "repeatable",
    summary: "PIN of a token; one for all tokens and commands, or one for each in order",
  },
  {
    name: "test-only-key",
    value: "file",
    use: "repeatable",
    summary: "TEST ONLY: sign with an unencrypted private key (PEM)",
  },
];

export const passphraseNote =
  "Without --passphrase-file the passphrase comes from SUMAC_PASSPHRASE, else a prompt asks; so the PIN from SUMAC_PIN.";

/** Opens every key the line names, in order; all or none. */
export const openSigners = (given: Arguments, context: CommandContext): Promise<readonly Signer[]> =>
  openNamedSigners({ keys: given.all("key"), testOnlyKeys: given.all("test-only-key") }, given, context);

/** The same for keys that other options name. */
export async function openNamedSigners(
  { keys, testOnlyKeys }: { readonly keys: readonly string[]; readonly testOnlyKeys: readonly string[] },
  given: Arguments,
  context: CommandContext,
): Promise<readonly Signer[]> {
  const sources = keys.map(keySource);
  const passphraseFiles = filesFor("passphrase-file", "keys in files", given, sources, (kind) => kind === "file");
  const pinFiles = filesFor("pin-file", "tokens and commands", given, sources, (kind) => kind !== "file");
  const paths = sources.flatMap((source) => (source.kind === "file" ? [source.path] : []));
  const named = [
    ...[...paths, ...testOnlyKeys].map((key) => locate(context.io, key)),
    ...keys.filter((_, index) => sources[index]?.kind !== "file"),
  ];
  if (new Set(named).size < named.length) throw sameKey();
  const signers: Signer[] = [];
  for (const source of sources) {
    signers.push(
      await openSource(source, { passphrase: passphraseFiles.get(source), pin: pinFiles.get(source) }, context),
    );
  }
  for (const key of testOnlyKeys) {
    requireKeyFile(context.io, key);
    const { signer, warnings } = orFail(await openUnencryptedTestKey(locate(context.io, key)));
    noteWarnings(warnings, context.terminal);
    signers.push(signer);
  }
  if (new Set(signers.map(({ keyId }) => bytesToHex(keyId))).size < signers.length) throw sameKey();
  return signers;
}

interface SecretFiles {
  readonly passphrase: string | undefined;
  readonly pin: string | undefined;
}

/** Opens one key, wherever it lies. A token stays open until the command ends. */
export function openSource(source: KeySource, secrets: SecretFiles, context: CommandContext): Promise<Signer> {
  switch (source.kind) {
    case "file":
      return openEncrypted(source.path, secrets.passphrase, context);
    case "token":
      return openTokenSigner(source.uri, secrets.pin, context);
    case "command":
      return openExternalSigner(source.words, secrets.pin, context);
  }
}

/** Which file of `option` belongs to which key: one is for all of them, several are for one each. */
function filesFor(
  option: "passphrase-file" | "pin-file",
  what: string,
  given: Arguments,
  sources: readonly KeySource[],
  belongs: (kind: KeySource["kind"]) => boolean,
): ReadonlyMap<KeySource, string> {
  const files = given.all(option);
  const own = sources.filter(({ kind }) => belongs(kind));
  if (files.length > 1 && files.length !== own.length) {
    const secrets = option === "pin-file" ? "PIN files" : "passphrase files";
    throw usage(
      "bad-value",
      `${files.length} ${secrets} are given for ${own.length} ${what}`,
      `give one --${option} for all of them, or one for each --key of that kind in the same order`,
    );
  }
  return new Map(
    own.flatMap((source, index) => {
      const file = files.length > 1 ? files[index] : files[0];
      return file === undefined ? [] : [[source, file] as const];
    }),
  );
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
