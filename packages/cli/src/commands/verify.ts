import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  defaultLimits,
  firmwareEncryption24,
  type Limits,
  manifestDigest,
  parameterLabel,
  parseEnvelope,
  parseManifest,
} from "@sumac/suit";
import {
  authenticate,
  explain,
  type ImageExpectation,
  type ImageRejection,
  matchImage,
  profileOf,
  type Recipient,
  type Rejection,
  type Signer,
  type TrustRecord,
  type VerifiedUpdate,
  verifyEnvelope,
} from "@sumac/verifier";
import { readBounded } from "../bound-read.ts";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { fileChunks, oneChunk } from "../file-chunks.ts";
import { hostTime } from "../host-time.ts";
import type { Io } from "../io.ts";
import { jsonInteger } from "../json-output.ts";
import { parseIdentifier, parseUnsigned } from "../option-values.ts";
import { matchPayloads } from "../payload-argument.ts";
import { releaseFacts } from "../release-facts.ts";
import { humanSize, type Terminal } from "../terminal.ts";
import { allowAlgorithmOption, profileOption, trustFromKeys } from "../trust-from-keys.ts";

export const verify: Command = {
  name: "verify",
  summary: "verify an envelope with no network",
  operands: [{ name: "file", summary: "the envelope (.suit); - reads standard input" }],
  options: [
    { name: "key", value: "file", use: "repeatable", summary: "public key (PEM) that may have signed" },
    { name: "threshold", value: "n", summary: "how many of the keys must have signed (default 1)" },
    { name: "vendor-id", value: "hex", summary: "vendor that the update must be for: a UUID, or an encoded CBOR-PEN" },
    { name: "class-id", value: "hex", summary: "class UUID that the update must be for" },
    { name: "floor", value: "n", summary: "refuse sequence numbers below this one" },
    { name: "payload", value: "uri=file", use: "repeatable", summary: "check this file as the payload of that URI" },
    {
      name: "decryption-key",
      value: "file",
      summary: "private key (P-256, PEM) of the device: accept an encrypted payload, and decrypt what --payload gives",
    },
    profileOption,
    allowAlgorithmOption,
  ],
  notes: [
    "Prints the verdict. Exit code 0: accepted; 3: refused; 4: the file is no envelope.",
    "Without --vendor-id or --class-id the manifest must name one, whichever it is.",
    "Payloads beside the envelope are checked only when given; those inside it always are.",
    "Without --decryption-key an encrypted payload is refused as unsupported. What is decrypted is compared, not kept.",
  ],
  run,
};

interface Checked {
  readonly uri: string;
  readonly state: "verified" | "decrypted" | "not-given";
  readonly size: bigint | undefined;
}

async function run(given: Arguments, context: CommandContext): Promise<ExitCode> {
  const { io, terminal } = context;
  const trust = await trustFromKeys(given, "key", io);
  const recipient: Recipient = {
    vendorIds: identifiers(given, "vendor-id"),
    classIds: identifiers(given, "class-id"),
    deviceIds: "any",
    components: "any",
  };
  const decryptionKey = given.option("decryption-key");
  const limits: Limits =
    decryptionKey === undefined ? defaultLimits : { ...defaultLimits, extensions: [firmwareEncryption24] };
  const floor = parseUnsigned("floor", given.option("floor") ?? "0");
  const { bytes, size } = await readBounded(io, given.operand("file"), defaultLimits.maxBytes);
  if (size > defaultLimits.maxBytes) {
    return refuse({ code: "too-large", size, limit: defaultLimits.maxBytes }, bytes, trust, terminal);
  }
  const verdict = verifyEnvelope(bytes, {
    crypto: nodeCrypto,
    trust,
    recipient,
    installed: { floor },
    now: hostTime(),
    absentMembers: "leave-out",
    limits,
  });
  if (!verdict.ok) return refuse(verdict.error, bytes, trust, terminal);
  const files = filesByUri(verdict.value, given.all("payload"));
  const payloads = await checkPayloads(verdict.value, files, io, terminal);
  if ("code" in payloads) return refuse(payloads, bytes, trust, terminal);
  if (decryptionKey === undefined) return accept(verdict.value, trust, payloads, terminal);
  const decrypted = await decryptPayloads(verdict.value, files, decryptionKey, context);
  if ("code" in decrypted) return refuse(decrypted, bytes, trust, terminal);
  const states = payloads.map((one) => (decrypted.has(one.uri) ? { ...one, state: "decrypted" as const } : one));
  return accept(verdict.value, trust, states, terminal);
}

function identifiers(given: Arguments, option: "vendor-id" | "class-id"): Recipient["vendorIds"] {
  const value = given.option(option);
  return value === undefined ? "any" : [parseIdentifier(option, value)];
}

/** Files given with --payload, by the URIs that the plan fetches from outside. */
function filesByUri({ plan }: VerifiedUpdate, values: readonly string[]): ReadonlyMap<string, string> {
  const remote = plan.update.flatMap((step) => (step.do === "fetch" && step.source === "remote" ? [step.uri] : []));
  return matchPayloads(values, [...new Set(remote)]);
}

/** Loaded only when asked for: what verifies signatures alone needs no cipher. */
async function decryptPayloads(
  update: VerifiedUpdate,
  files: ReadonlyMap<string, string>,
  keyFile: string,
  context: CommandContext,
): Promise<ReadonlySet<string> | Rejection> {
  const { decryptPayloadFiles } = await import("../check-decryption.ts");
  return decryptPayloadFiles(update, files, keyFile, context);
}

/** Every image the plan names: those in the envelope always, those beside it when a file is given. */
async function checkPayloads(
  update: VerifiedUpdate,
  files: ReadonlyMap<string, string>,
  io: Io,
  terminal: Terminal,
): Promise<readonly Checked[] | ImageRejection> {
  const steps = update.plan.update.filter((step) => step.do === "fetch");
  const checked: Checked[] = [];
  for (const { uri, source, expected } of steps) {
    const file = files.get(uri);
    if (source === "integrated") {
      const bytes = update.envelope.integratedPayloads.get(uri) ?? new Uint8Array();
      const matched = await matchImage(oneChunk(bytes), expected, nodeCrypto);
      if (!matched.ok) return matched.error;
    } else if (file !== undefined) {
      const matched = await checkFile(file, expected, io, terminal);
      if (matched !== undefined) return matched;
    }
    const state = source === "integrated" || file !== undefined ? "verified" : "not-given";
    checked.push({ uri, state, size: expected.size });
  }
  return checked;
}

async function checkFile(
  file: string,
  expected: ImageExpectation,
  io: Io,
  terminal: Terminal,
): Promise<ImageRejection | undefined> {
  const progress = terminal.progress(file, Number(expected.size ?? 0n));
  try {
    const matched = await matchImage(fileChunks(io, file, progress), expected, nodeCrypto);
    return matched.ok ? undefined : matched.error;
  } finally {
    progress.clear();
  }
}

function accept(
  update: VerifiedUpdate,
  trust: TrustRecord,
  payloads: readonly Checked[],
  terminal: Terminal,
): ExitCode {
  const sequence = update.manifest.sequenceNumber;
  const { algorithm, bytes } = update.manifestDigest;
  const { product, version, vendorIds, classIds } = releaseFacts(update);
  const profile = profileOf(trust);
  terminal.json({
    verdict: "accepted",
    product: product ?? null,
    version: version ?? null,
    sequence: jsonInteger(sequence),
    vendorIds,
    classIds,
    manifestDigest: bytes,
    profile,
    signers: update.signers.map(describeSigner),
    payloads: payloads.map(({ uri, state }) => ({ uri, state })),
  });
  const name = [product, version].filter((text) => text !== undefined).join(" ");
  terminal.line(`accepted: ${name === "" ? "" : `${name}, `}sequence ${sequence}`, "green");
  terminal.line(`  vendor id ${vendorIds.join(", ")}, class id ${classIds.join(", ")}`);
  terminal.line(`  manifest ${algorithm}:${bytesToHex(bytes)}`);
  for (const { keyId, algorithm } of update.signers) terminal.line(`  signed by ${keyId} (${algorithm.name})`);
  if (profile !== "classic") terminal.line(`  profile ${profile}`);
  for (const { uri, state, size } of payloads) {
    const length = size === undefined ? "" : `, ${humanSize(size)}`;
    terminal.line(`  payload ${uri}${length}: ${stateWords[state]}`);
  }
  return exitCode.ok;
}

const stateWords: Readonly<Record<Checked["state"], string>> = {
  verified: "verified",
  decrypted: "verified, and decrypts to the signed image",
  "not-given": "not checked, give it with --payload",
};

const describeSigner = ({ keyId, algorithm }: Signer): { keyId: string; algorithm: string; algorithmId: number } => ({
  keyId,
  algorithm: algorithm.name,
  algorithmId: algorithm.id,
});

function refuse(rejection: Rejection, bytes: Uint8Array, trust: TrustRecord, terminal: Terminal): ExitCode {
  const known = establish(bytes, trust);
  terminal.json({
    verdict: "refused",
    code: rejection.code,
    field: "field" in rejection ? rejection.field : undefined,
    offset: "offset" in rejection ? rejection.offset : undefined,
    sequence: known.sequence === undefined ? null : jsonInteger(known.sequence),
    manifestDigest: known.manifestDigest ?? null,
    signers: known.signers.map(describeSigner),
  });
  terminal.line("refused", "red");
  const exit = rejection.code === "malformed" ? exitCode.malformed : exitCode.refused;
  terminal.failure({ code: rejection.code, ...explain(rejection), ...encryptionHint(rejection), exit });
  return exit;
}

/** The one unsupported number that an option of this command supports. */
const encryptionHint = (rejection: Rejection): { readonly remedy?: string } =>
  rejection.code === "unsupported" &&
  rejection.label === parameterLabel["encryption-info"] &&
  rejection.field.endsWith("-parameters")
    ? { remedy: "the payload is encrypted: give the device's key with --decryption-key" }
    : {};

interface Established {
  readonly manifestDigest?: Uint8Array;
  readonly sequence?: bigint;
  readonly signers: readonly Signer[];
}

/**
 * What can be said of a refused envelope: the digest of the manifest that is in it, who signed that digest, and, only
 * if somebody trusted did, its sequence number. Nothing here is a claim of the envelope.
 */
function establish(bytes: Uint8Array, trust: TrustRecord): Established {
  const envelope = parseEnvelope(bytes);
  if (!envelope.ok) return { signers: [] };
  const { manifest, digest } = envelope.value;
  const computed = manifestDigest(manifest, digest.algorithm, nodeCrypto).bytes;
  if (bytesToHex(computed) !== bytesToHex(digest.bytes)) return { manifestDigest: computed, signers: [] };
  const anyOne = { ...trust, roles: trust.roles.map((role) => ({ ...role, threshold: 1 })) };
  const authentication = authenticate(envelope.value, anyOne, nodeCrypto);
  if (!authentication.ok) return { manifestDigest: computed, signers: [] };
  const parsed = parseManifest(manifest);
  const { signers } = authentication.value;
  return parsed.ok
    ? { manifestDigest: computed, sequence: parsed.value.sequenceNumber, signers }
    : { manifestDigest: computed, signers };
}
