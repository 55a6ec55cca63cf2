import path from "node:path";
import { bytesToHex } from "@sumac/crypto";
import { nodeEncryption } from "@sumac/crypto/encryption/node";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  buildRelease,
  encryptPayload,
  type FirmwareImage,
  type PayloadFacts,
  payloadFileName,
  type Signer,
  sequenceLimits,
  signEnvelope,
} from "@sumac/signing";
import { nodeSha1 } from "@sumac/signing/node";
import { defaultLimits, formatIdentifier, formatUuid, type Limits } from "@sumac/suit";
import { makeFolder, type NewFile, outputExists, writeFilesAtomically } from "../atomic-file.ts";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { defaultDescription, readDescription } from "../description-file.ts";
import { encryptionLimits, readRecipients } from "../encrypted-payload.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { usage } from "../failure.ts";
import { fileState, isSameFile } from "../file-state.ts";
import { furtherFirmware, readFirmware } from "../firmware-argument.ts";
import type { Io } from "../io.ts";
import { keySourceNote } from "../key-source.ts";
import { parseChoice, parseUnsigned } from "../option-values.ts";
import { openSigners, passphraseNote, signingOptions } from "../signers.ts";
import { orFail } from "../signing-failure.ts";
import { humanSize } from "../terminal.ts";

export const releaseBuild: Command = {
  name: "release build",
  summary: "make an update envelope from a firmware file",
  operands: [{ name: "firmware", summary: "raw binary, Intel HEX or ELF; told apart by content" }],
  options: [
    { name: "config", value: "file", summary: "description of the product (default sumac.yaml)" },
    { name: "version", value: "text", use: "required", summary: "version for people, such as 1.1.0" },
    { name: "sequence", value: "n", use: "required", summary: "sequence number: higher than every release before" },
    ...signingOptions,
    { name: "out", value: "path", summary: "folder, or FILE.suit (default: the current folder)" },
    {
      name: "image",
      value: "id=file",
      use: "repeatable",
      summary: "firmware of a component after the first; id as in the description, a/b for several segments",
    },
    {
      name: "uri",
      value: "uri",
      summary: "where devices fetch the payload of the first component (default: a name made of its digest)",
    },
    {
      name: "encrypt-for",
      value: "file",
      use: "repeatable",
      summary: "encrypt the payloads for the holder of this P-256 public key (PEM)",
    },
    {
      name: "digest",
      value: "name",
      summary: "sha-256, sha-384 or sha-512 (default: what the description says, else sha-256)",
    },
    { name: "format", value: "name", summary: "detect (default), binary, intel-hex or elf" },
    { name: "replace", summary: "overwrite an envelope that is there" },
  ],
  notes: [
    "Writes PRODUCT-VERSION.suit and, beside it, the payloads, each named after its digest.",
    "--encrypt-for uses an extension (draft-ietf-suit-firmware-encryption) that devices refuse unless it is switched on.",
    "Without a key the envelope is unsigned; `sumac release sign` adds signatures later.",
    passphraseNote,
    keySourceNote,
  ],
  run,
};

async function run(given: Arguments, context: CommandContext): Promise<ExitCode> {
  const { io, terminal } = context;
  const sequence = parseUnsigned("sequence", given.required("sequence"), 0n, sequenceLimits.highest);
  const version = given.required("version");
  const description = await readDescription(io, given.option("config") ?? defaultDescription);
  const format = parseChoice("format", given.option("format") ?? "detect", ["detect", "binary", "intel-hex", "elf"]);
  const images: FirmwareImage[] = [];
  const firmware = [given.operand("firmware"), ...furtherFirmware(given.all("image"), description)];
  for (const name of firmware) {
    images.push(await readFirmware(io, name, format));
  }
  const uri = given.option("uri");
  const recipients = await readRecipients(io, given.all("encrypt-for"));
  const digest = given.option("digest");
  const unsigned = orFail(
    buildRelease(
      {
        description,
        version,
        sequence,
        components: images.map(({ bytes }, index) => ({
          image: bytes,
          ...(recipients.length === 0 ? {} : { encrypted: orFail(encryptPayload(bytes, recipients, nodeEncryption)) }),
          ...(uri === undefined || index > 0 ? {} : { payload: { carried: "beside", uri } as const }),
        })),
        ...(digest === undefined ? {} : { digestAlgorithm: parseChoice("digest", digest, digestAlgorithms) }),
      },
      { crypto: nodeCrypto, sha1: nodeSha1 },
    ),
  );
  const { folder, envelopeName } = chooseOutput(given, io, `${fileNamePart(description.product)}-${version}.suit`);
  const ifExists = given.flag("replace") === "given" ? "replace" : "refuse";
  const inputs = [...firmware, given.option("config") ?? defaultDescription, ...given.all("encrypt-for")];
  const replaced = inputs.find((name) => isSameFile(io, name, envelopeName));
  if (replaced !== undefined) {
    throw usage("output-is-input", `${envelopeName} is what the release is made from`, "name another file with --out");
  }
  // Asked before a passphrase is; the write itself guarantees it.
  if (ifExists === "refuse" && fileState(io, envelopeName) !== "absent") throw outputExists(envelopeName, "with --out");

  const signers = await openSigners(given, context);
  const limits = recipients.length === 0 ? defaultLimits : encryptionLimits;
  const envelope = await signWithAll(unsigned.envelope, signers, limits);
  // Named after its content: the same name is the same payload, and writing it again repairs one that was damaged.
  const payloads = unsigned.payloads.map(({ bytes, ...facts }): { file: NewFile; facts: PayloadFacts } => ({
    file: { name: path.join(folder, payloadFileName(facts.digest)), bytes, ifExists: "replace" },
    facts,
  }));
  makeFolder(io, folder);
  writeFilesAtomically(io, [
    ...onePerName(payloads.map(({ file }) => file)),
    { name: envelopeName, bytes: envelope, ifExists },
  ]);

  const named = payloads.map(({ file, facts: { uri, size } }) => ({ file: file.name, uri, size }));
  terminal.json({
    envelope: envelopeName,
    payload: named[0],
    payloads: named,
    version,
    sequence,
    format: images[0]?.format,
    encryptedFor: recipients.length === 0 ? undefined : recipients.map(({ keyId }) => keyId),
    manifestDigest: unsigned.manifestDigest.bytes,
    vendorId: formatIdentifier(unsigned.vendorId),
    classId: formatUuid(unsigned.classId),
    signers: signers.map(({ keyId, algorithm }) => ({ keyId, algorithm: algorithm.name })),
  });
  terminal.line(
    `built ${envelopeName} (${humanSize(envelope.length)}): ${description.product} ${version}, sequence ${sequence}`,
  );
  for (const [index, { file, facts }] of payloads.entries()) {
    const format = images[index]?.format;
    terminal.line(`  payload ${file.name} (${humanSize(facts.size)}${format && `, from ${formatNames[format]}`})`);
  }
  for (const { keyId } of recipients) terminal.line(`  encrypted for key ${bytesToHex(keyId)}`);
  terminal.line(`  vendor id ${formatIdentifier(unsigned.vendorId)}, class id ${formatUuid(unsigned.classId)}`);
  for (const { keyId, algorithm } of signers) terminal.line(`  signed by ${bytesToHex(keyId)} (${algorithm.name})`);
  if (signers.length === 0) terminal.line("  not signed yet: sumac release sign");
  return exitCode.ok;
}

const digestAlgorithms = ["sha-256", "sha-384", "sha-512"] as const;

const formatNames: Readonly<Record<FirmwareImage["format"], string>> = {
  binary: "a raw binary",
  "intel-hex": "Intel HEX",
  elf: "ELF",
};

async function signWithAll(unsigned: Uint8Array, signers: readonly Signer[], limits: Limits): Promise<Uint8Array> {
  let envelope = unsigned;
  for (const signer of signers) {
    envelope = orFail(await signEnvelope(envelope, signer, { crypto: nodeCrypto, limits })).envelope;
  }
  return envelope;
}

/** Two components may hold the same bytes, and then share a file. */
const onePerName = (files: readonly NewFile[]): readonly NewFile[] => [
  ...new Map(files.map((file) => [file.name, file])).values(),
];

/** `--out FILE.suit` names the file; anything else is a folder. */
function chooseOutput(given: Arguments, io: Io, defaultName: string): { folder: string; envelopeName: string } {
  const out = given.option("out") ?? ".";
  if (out.endsWith(".suit") && fileState(io, out) !== "folder") return { folder: path.dirname(out), envelopeName: out };
  return { folder: out, envelopeName: path.join(out, defaultName) };
}

/** The model as part of a file name: a slash in it must not lead elsewhere. */
const fileNamePart = (text: string): string =>
  text.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[.-]+/, "") || "release";
