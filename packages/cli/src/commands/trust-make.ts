import { nodeCrypto } from "@sumac/crypto/node";
import { checkTrustRecord, type Role, serializeTrustRecord, type TrustPart, trustKey } from "@sumac/verifier";
import { outputExists, writeFileAtomically } from "../atomic-file.ts";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { fileState } from "../file-state.ts";
import type { Io } from "../io.ts";
import { parseChoice, parseUnsigned } from "../option-values.ts";
import { readPublicKey } from "../public-key-file.ts";
import { allowAlgorithmOption, parseAlgorithm } from "../trust-from-keys.ts";
import { describeTrustRecord, trustRecordFailure, trustRecordJson } from "../trust-record-file.ts";

export const trustMake: Command = {
  name: "trust make",
  summary: "make a trust record from public keys",
  operands: [{ name: "file", summary: "where to write it, such as vendor.trust" }],
  options: [
    { name: "part", value: "whose", use: "required", summary: "vendor or owner: whose part of the record it is" },
    { name: "release", value: "file", use: "repeatable", summary: "vendor: public key (PEM) that may release" },
    { name: "release-threshold", value: "n", summary: "how many of them must have signed (default 1)" },
    { name: "approval", value: "file", use: "repeatable", summary: "public key that approves releases" },
    { name: "approval-threshold", value: "n", summary: "how many of them must have signed (default 1)" },
    { name: "root", value: "file", use: "repeatable", summary: "public key that replaces this record" },
    { name: "root-threshold", value: "n", summary: "how many of them must have signed (default 1)" },
    { name: "profile", value: "name", summary: "classic (default), hybrid or cnsa2" },
    allowAlgorithmOption,
    { name: "replace", summary: "overwrite the file if it is there" },
  ],
  notes: [
    "The vendor's part goes into devices at the factory, the owner's on site: sumac device own.",
    "Without a root key the vendor's part can never be replaced. An owner's part needs one.",
  ],
  run,
};

const purposes = ["release", "approval", "root"] as const;

/** The two parts must not share a name. */
const roleNames: Readonly<Record<TrustPart, Readonly<Record<Role["purpose"], string>>>> = {
  vendor: { release: "release", approval: "approval", root: "root" },
  owner: { release: "owner-release", approval: "owner", root: "owner-root" },
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const name = given.operand("file");
  const part = parseChoice("part", given.required("part"), ["vendor", "owner"]);
  const profile = parseChoice("profile", given.option("profile") ?? "classic", ["classic", "hybrid", "cnsa2"]);
  const ifExists = given.flag("replace") === "given" ? "replace" : "refuse";
  if (ifExists === "refuse" && fileState(io, name) !== "absent") throw outputExists(name, "elsewhere");
  const roles: Role[] = [];
  for (const purpose of purposes) {
    const keys = await readKeys(given.all(purpose), io);
    const option = `${purpose}-threshold`;
    const threshold = Number(parseUnsigned(option, given.option(option) ?? "1", 1n));
    if (keys.length === 0 && given.option(option) === undefined) continue;
    roles.push({ name: roleNames[part][purpose], purpose, threshold, keys, components: "any" });
  }
  const legacyAlgorithms = given.all(allowAlgorithmOption.name).map(parseAlgorithm);
  const record = checkTrustRecord({ profile, roles, legacyAlgorithms }, part);
  if (!record.ok) throw trustRecordFailure(record.error, name);
  writeFileAtomically(io, { name, bytes: serializeTrustRecord(record.value), ifExists });
  terminal.json({ file: name, part, ...trustRecordJson(record.value) });
  terminal.line(`made ${name}, the ${part}'s part of a trust record`);
  for (const line of describeTrustRecord(record.value)) terminal.line(line);
  return exitCode.ok;
}

async function readKeys(files: readonly string[], io: Io): Promise<Role["keys"]> {
  const keys = [];
  for (const file of files) keys.push(trustKey(await readPublicKey(io, file), nodeCrypto));
  return keys;
}
