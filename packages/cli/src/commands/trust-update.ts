import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { parseReleaseDescription, sequenceLimits, signEnvelope } from "@sumac/signing";
import { parseEnvelope } from "@sumac/suit";
import { authenticate, rootTrust } from "@sumac/verifier";
import { outputExists, writeFileAtomically } from "../atomic-file.ts";
import { readWhole } from "../bound-read.ts";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { usage } from "../failure.ts";
import { fileState } from "../file-state.ts";
import { keySourceNote } from "../key-source.ts";
import { parseUnsigned } from "../option-values.ts";
import { openSigners, passphraseNote, signingOptions } from "../signers.ts";
import { orFail } from "../signing-failure.ts";
import { readTrustRecordFile, type TrustRecordFile, trustRecordFailure } from "../trust-record-file.ts";
import { buildTrustUpdate } from "../trust-update-envelope.ts";

export const trustUpdate: Command = {
  name: "trust update",
  summary: "make an envelope that replaces a device's trust record",
  operands: [{ name: "record", summary: "the new record, as `sumac trust make` wrote it" }],
  options: [
    { name: "sequence", value: "n", use: "required", summary: "higher than that of every trust update before" },
    { name: "config", value: "file", summary: "description of the product (default sumac.yaml)" },
    { name: "use-before", value: "seconds", summary: "do not take it from then on; seconds since 1970" },
    ...signingOptions,
    { name: "out", value: "file", summary: "default: PART-trust-SEQUENCE.suit" },
    { name: "replace", summary: "overwrite an envelope that is there" },
  ],
  notes: [
    "The root keys of the record in force have to sign it, and those of the new one too: sumac release sign adds signatures.",
    passphraseNote,
    keySourceNote,
  ],
  run,
};

async function run(given: Arguments, context: CommandContext): Promise<ExitCode> {
  const { io, terminal } = context;
  const name = given.operand("record");
  const file = await readTrustRecordFile(io, name);
  if (!rootTrust(file.record, file.part).ok) throw trustRecordFailure({ code: "trust-no-root-role" }, name);
  const sequence = parseUnsigned("sequence", given.required("sequence"), sequenceLimits.lowest);
  const until = given.option("use-before");
  const config = given.option("config") ?? "sumac.yaml";
  const description = orFail(parseReleaseDescription(await readWhole(io, config, "a release description", 65536)));
  const out = given.option("out") ?? `${file.part}-trust-${sequence}.suit`;
  if (out === "-") throw usage("bad-value", "the envelope has to go to a file", "give one with --out");
  const ifExists = given.flag("replace") === "given" ? "replace" : "refuse";
  if (ifExists === "refuse" && fileState(io, out) !== "absent") throw outputExists(out, "with --out");
  const unsigned = buildTrustUpdate({
    part: file.part,
    record: file.bytes,
    sequence,
    description,
    ...(until === undefined ? {} : { useBefore: parseUnsigned("use-before", until) }),
  });
  const signers = await openSigners(given, context);
  let { envelope } = unsigned;
  for (const signer of signers)
    envelope = orFail(await signEnvelope(envelope, signer, { crypto: nodeCrypto })).envelope;
  writeFileAtomically(io, { name: out, bytes: envelope, ifExists });

  const missing = missingRoots(envelope, file);
  terminal.json({
    envelope: out,
    part: file.part,
    sequence,
    manifestDigest: unsigned.manifestDigest.bytes,
    signers: signers.map(({ keyId, algorithm }) => ({ keyId, algorithm: algorithm.name })),
    signedByNewRoot: missing === 0,
  });
  terminal.line(`built ${out}: trust update ${sequence} of the ${file.part}'s part`);
  for (const { keyId, algorithm } of signers) terminal.line(`  signed by ${bytesToHex(keyId)} (${algorithm.name})`);
  if (missing > 0)
    terminal.line(`  root keys of the new record still have to sign, at least ${missing}: sumac release sign`);
  return exitCode.ok;
}

/** How many signatures the new record's own root roles still lack. */
function missingRoots(bytes: Uint8Array, { record, part }: TrustRecordFile): number {
  const [envelope, trust] = [parseEnvelope(bytes), rootTrust(record, part)];
  if (!envelope.ok || !trust.ok) throw new Error("what was just built can be read");
  const signed = authenticate(envelope.value, trust.value, nodeCrypto);
  if (signed.ok) return 0;
  const fewest = Math.min(...trust.value.roles.map(({ threshold }) => threshold));
  return signed.error.code === "threshold-not-met" ? signed.error.need - signed.error.have : fewest;
}
