import { bytesToHex } from "@sumac/crypto";
import { profileOf, serializeTrustRecord } from "@sumac/verifier";
import { outputExists, writeFileAtomically } from "../atomic-file.ts";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { fileState } from "../file-state.ts";
import { algorithmName } from "../key-algorithm.ts";
import { allowAlgorithmOption, profileOption, trustFromKeys } from "../trust-from-keys.ts";

export const trustNew: Command = {
  name: "trust new",
  summary: "make a trust record: whose releases count, and whose approval is waited for",
  operands: [{ name: "file", summary: "the trust record to write (.cbor)" }],
  options: [
    { name: "key", value: "file", use: "repeatable", summary: "public key (PEM) that may release" },
    { name: "threshold", value: "n", summary: "how many of these must have signed (default 1)" },
    { name: "owner-key", value: "file", use: "repeatable", summary: "public key (PEM) of the plant, which approves" },
    { name: "owner-threshold", value: "n", summary: "how many of those must have approved (default 1)" },
    profileOption,
    allowAlgorithmOption,
    { name: "replace", summary: "overwrite a trust record that is there" },
  ],
  notes: ["`release inspect --trust FILE` tells by it which role each signature has, and what is still missing."],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const name = given.operand("file");
  const ifExists = given.flag("replace") === "given" ? "replace" : "refuse";
  const record = await trustFromKeys(given, "key", io);
  if (ifExists === "refuse" && fileState(io, name) !== "absent") throw outputExists(name, "as the operand");
  const bytes = serializeTrustRecord(record);
  writeFileAtomically(io, { name, bytes, ifExists });
  const profile = profileOf(record);
  const roles = record.roles.map(({ name: role, purpose, threshold, keys }) => ({
    role,
    purpose,
    threshold,
    keys: keys.map(({ keyId, key }) => ({ keyId: bytesToHex(keyId), algorithm: algorithmName(key) })),
  }));
  terminal.json({ file: name, size: bytes.length, profile, roles });
  terminal.line(`made ${name} (${bytes.length} bytes), profile ${profile}`);
  for (const { role, threshold, keys } of roles) {
    terminal.line(`  ${role}: ${threshold} of`);
    for (const { keyId, algorithm } of keys) terminal.line(`    ${keyId} (${algorithm})`);
  }
  return exitCode.ok;
}
