import { keyId } from "@sumac/cose";
import { bytesToHex, hexToBytes } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  type CommandRecord,
  type ComponentIndex,
  defaultLimits,
  describeComponent,
  describeParameters,
  describeSections,
  digestEquals,
  everyCommand,
  everyExtension,
  quote,
  type Report,
  type ReportEntry,
  reportDraft,
  reportSections,
} from "@sumac/suit";
import { explain, type ReportContext, type ReportedManifest, verifyReport } from "@sumac/verifier";
import { readWhole } from "../bound-read.ts";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { readEnvelopeFile } from "../envelope-file.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { Failure, usage } from "../failure.ts";
import { type OpenedEnvelope, openEnvelope } from "../inspect/open-envelope.ts";
import { readPublicKey } from "../public-key-file.ts";

export const reportShow: Command = {
  name: "report show",
  summary: "verify and show what a device reports of an update",
  operands: [{ name: "report", summary: "the signed report; - reads standard input" }],
  options: [
    { name: "device-key", value: "file", use: "required", summary: "public key (PEM) of the device" },
    { name: "envelope", value: "file", use: "required", summary: "the envelope that the report is about" },
    { name: "nonce", value: "hex", summary: "what was sent along with the question; the report must repeat it" },
  ],
  notes: [
    "Refused (exit code 3) unless the device signed it and the manifest can have led to every record in it.",
    "Without --nonce nothing tells an old report from a new one, except the channel it came over.",
    "The signatures of the envelope itself are not checked here: `sumac verify` does that.",
  ],
  run,
};

const maxReportBytes = 65_536;

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const publicKey = await readPublicKey(io, given.required("device-key"));
  const freshness = parseNonce(given.option("nonce"));
  const envelopeName = given.required("envelope");
  const opened = openEnvelope(await readEnvelopeFile(io, envelopeName), envelopeName);
  requireWhole(opened, envelopeName);
  const bytes = await readWhole(io, given.operand("report"), "a report", maxReportBytes);
  const verified = verifyReport(bytes, {
    crypto: nodeCrypto,
    deviceKey: { keyId: keyId(publicKey, nodeCrypto), key: publicKey },
    update: {
      manifestDigest: opened.envelope.digest,
      manifest: opened.manifest,
      members: opened.members,
      dependencies: carriedDependencies(opened),
    },
    freshness,
    limits: { ...defaultLimits, extensions: everyExtension },
  });
  if (!verified.ok) {
    const { code } = verified.error;
    const exit = code === "malformed" ? exitCode.malformed : exitCode.refused;
    throw new Failure({ code, ...explain(verified.error), exit });
  }
  const report = verified.value;
  terminal.json({ verdict: "believed", format: reportDraft, fresh: freshness !== "of-the-channel", ...report });
  for (const line of page(report, opened, freshness)) terminal.line(line);
  return exitCode.ok;
}

function parseNonce(value: string | undefined): ReportContext["freshness"] {
  if (value === undefined) return "of-the-channel";
  if (/^(?:[0-9a-f]{2}){1,64}$/i.test(value)) return { nonce: hexToBytes(value.toLowerCase()) };
  throw usage("bad-value", "--nonce is not 1 to 64 bytes in hexadecimal", "give the nonce that was sent to the device");
}

/**
 * Which of the envelopes inside belongs to which index: the one whose manifest has the digest that commands set for it.
 * Whether its signatures hold is, like that of the envelope itself, for `sumac verify`.
 */
function carriedDependencies({ manifest, members, dependencies }: OpenedEnvelope): Map<number, ReportedManifest> {
  const carried = [...dependencies.values()].filter((one) => one.digestMatches && one.foreignMember === undefined);
  const found = new Map<number, ReportedManifest>();
  for (const sequence of reportSections(manifest, members).values()) {
    let index: ComponentIndex = 0;
    for (const command of everyCommand(sequence)) {
      if (command.kind === "set-component-index") index = command.index;
      if (command.kind !== "override-parameters" && command.kind !== "set-parameters") continue;
      const { imageDigest } = command.parameters;
      if (typeof index !== "number" || imageDigest === undefined) continue;
      const meant = carried.find(({ envelope }) => digestEquals(envelope.digest, imageDigest));
      if (meant !== undefined) found.set(index, { manifest: meant.manifest, members: meant.members });
    }
  }
  return found;
}

/** The report names the digest that stands in the envelope: it has to be that of the manifest that is shown. */
function requireWhole({ digestMatches, foreignMember, envelope, computedDigest }: OpenedEnvelope, name: string): void {
  if (digestMatches && foreignMember === undefined) return;
  const rejection = foreignMember ?? {
    code: "manifest-digest-mismatch" as const,
    claimed: bytesToHex(envelope.digest.bytes),
    computed: bytesToHex(computedDigest.bytes),
  };
  const { problem, remedy } = explain(rejection);
  throw new Failure({ code: rejection.code, problem: `${name}: ${problem}`, remedy, exit: exitCode.refused });
}

function page(report: Report, opened: OpenedEnvelope, freshness: ReportContext["freshness"]): readonly string[] {
  const { reference, entries, result } = report;
  return [
    `${result === "success" ? "success" : `failed: ${result.reason.replaceAll("-", " ")}`}, signed by the device`,
    `  format        ${reportDraft}`,
    `  update        sequence ${opened.manifest.sequenceNumber}, ${quote(reference.uri)}`,
    `  manifest      ${reference.digest.algorithm} ${bytesToHex(reference.digest.bytes)}`,
    `  freshness     ${freshness === "of-the-channel" ? "not checked: give --nonce" : "repeats the nonce"}`,
    ...(result === "success" ? [] : ["  failed at", ...recordLines(result.record, opened), `    code ${result.code}`]),
    ...(entries.length === 0 ? [] : ["  what was found"]),
    ...entries.flatMap((entry) => entryLines(entry, opened)),
  ];
}

function entryLines(entry: ReportEntry, opened: OpenedEnvelope): readonly string[] {
  if (entry.kind === "command") return recordLines(entry, opened);
  return [
    `    component ${describeComponent(entry.component)}`,
    ...describeParameters(entry.properties, opened.manifest).map((text) => `      ${text}`),
  ];
}

function recordLines(record: CommandRecord, { manifest, members }: OpenedEnvelope): readonly string[] {
  const { section, offset, component, measured } = record;
  const name = section === "common" ? "shared-sequence" : section;
  const described = record.manifest.length === 0 ? describeSections(manifest, members) : [];
  const found = described.find((one) => one.name === name);
  const line = found?.lines.find(({ received }) => received?.offset === found.sequence.offset + offset);
  const where = record.manifest.length === 0 ? "" : `dependency ${record.manifest.join(".")}, `;
  return [
    `    ${where}${section} at byte ${offset}, component ${component}: ${line?.text ?? "before any command"}`,
    ...describeParameters(measured, manifest).map((text) => `      found ${text}`),
  ];
}
