import { err, ok, type Result } from "@sumac/cbor";
import { algorithmById, type Sign1, verifySign1 } from "@sumac/cose";
import { bytesToHex, type Crypto, equalBytes } from "@sumac/crypto";
import {
  type Command,
  type CommandRecord,
  commandAt,
  componentIndices,
  digestEquals,
  everyCommand,
  isBeforeCommands,
  type Limits,
  type Manifest,
  parseReport,
  parseSignedReport,
  type Report,
  type ReportFailure,
  type ReportReason,
  type ResolvedMembers,
  reportSections,
  type SuitDigest,
} from "@sumac/suit";
import type { ReportRejection } from "./report-rejection.ts";
import type { TrustedKey } from "./trust-record.ts";

/** What the device says it worked through. A `VerifiedUpdate` is one, if its severed members came along. */
export interface ReportedUpdate extends ReportedManifest {
  /** As in the authentication wrapper. */
  readonly manifestDigest: SuitDigest;
}

export interface ReportedManifest {
  readonly manifest: Manifest;
  readonly members: ResolvedMembers;
  /** By their index in the manifest; those that are processed. */
  readonly dependencies?: ReadonlyMap<number, ReportedManifest>;
}

export interface ReportContext {
  readonly crypto: Crypto;
  /** The device's own key: what a report says is the word of its holder and of nobody else. */
  readonly deviceKey: TrustedKey;
  readonly update: ReportedUpdate;
  /** `of-the-channel`: nothing in the report tells an old one from a new one, so whatever carried it must. */
  readonly freshness: { readonly nonce: Uint8Array } | "of-the-channel";
  readonly limits?: Limits;
}

/**
 * Is this what the device reports of this update? The signature first, then whether manifest and report fit each other
 * (draft-ietf-suit-report-22): a device that reports what its manifest cannot have led to is not to be trusted. Of the
 * measured values only an image that the manifest cannot have let through is judged; the rest is for the caller.
 */
export function verifyReport(bytes: Uint8Array, context: ReportContext): Result<Report, ReportRejection> {
  const signed = parseSignedReport(bytes, context.limits);
  if (!signed.ok) return signed;
  const { sign1, payload, payloadOffset } = signed.value;
  const foreign = judgeSignature(sign1, payload, context);
  if (foreign !== undefined) return err(foreign);
  const parsed = parseReport(payload, payloadOffset, context.limits);
  if (!parsed.ok) return parsed;
  const report = parsed.value;
  const wrong = judgeReference(report, context) ?? judgeRecords(report, context.update);
  return wrong === undefined ? ok(report) : err(wrong);
}

/** The device key decides which algorithm it is for; a key id in the message only has to agree. */
function judgeSignature(
  sign1: Sign1,
  payload: Uint8Array,
  { crypto, deviceKey }: ReportContext,
): ReportRejection | undefined {
  const expected = bytesToHex(deviceKey.keyId);
  if (sign1.keyId !== undefined && !equalBytes(sign1.keyId, deviceKey.keyId)) {
    return { code: "report-signer-unknown", keyId: bytesToHex(sign1.keyId), expected };
  }
  const algorithm = sign1.algorithm === undefined ? undefined : algorithmById(sign1.algorithm);
  if (algorithm?.scheme !== deviceKey.key.scheme || algorithm.status === "legacy") {
    return { code: "report-algorithm-not-allowed", algorithm: sign1.algorithm ?? null };
  }
  if (verifySign1(sign1, deviceKey.key, payload, crypto)) return undefined;
  return { code: "report-signature-invalid", keyId: expected };
}

function judgeReference(
  { reference, nonce }: Report,
  { update, freshness }: ReportContext,
): ReportRejection | undefined {
  if (freshness !== "of-the-channel" && (nonce === undefined || !equalBytes(nonce, freshness.nonce))) {
    const received = nonce === undefined ? null : bytesToHex(nonce);
    return { code: "report-nonce-mismatch", expected: bytesToHex(freshness.nonce), received };
  }
  if (!digestEquals(reference.digest, update.manifestDigest)) {
    const [expected, received] = [update.manifestDigest, reference.digest].map(({ bytes }) => bytesToHex(bytes));
    return { code: "report-digest-mismatch", expected: expected ?? "", received: received ?? "" };
  }
  const { referenceUri } = update.manifest;
  // A manifest without one cannot be reported on: the draft names no value for its absence.
  if (reference.uri === referenceUri) return undefined;
  return { code: "report-uri-mismatch", expected: referenceUri ?? null, received: reference.uri };
}

function judgeRecords({ entries, result }: Report, update: ReportedManifest): ReportRejection | undefined {
  for (const entry of entries) {
    if (entry.kind !== "command") continue;
    const command = replay(entry, update);
    if ("code" in command) return command;
    if (!isReported(command)) return pointless(entry);
    if (result === "success" && measuredForeign(entry, update)) {
      return { code: "report-measurement-contradicts", section: entry.section, offset: entry.offset };
    }
  }
  return result === "success" ? undefined : judgeFailure(result, update);
}

/**
 * An image-match of the manifest itself that nothing forgives, and an image that no command of it names: a procedure
 * cannot have gone on behind it. Inside try-each and run-sequence a failed match is no contradiction, in a dependency the
 * dependent may have set the digest, and one of another algorithm cannot be compared.
 */
function measuredForeign({ section, offset, manifest, measured }: CommandRecord, root: ReportedManifest): boolean {
  const { imageDigest } = measured;
  if (manifest.length > 0 || imageDigest === undefined) return false;
  const sections = reportSections(root.manifest, root.members);
  const sequence = sections.get(section);
  const command = sequence && commandAt(sequence, offset);
  const isMatch = command?.kind === "condition" && command.condition === "image-match";
  if (!isMatch || !sequence?.commands.includes(command)) return false;
  const comparable = [...sections.values()]
    .flatMap((each) => [...everyCommand(each)])
    .flatMap((each) => (each.kind === "override-parameters" ? (each.parameters.imageDigest ?? []) : []))
    .filter(({ algorithm }) => algorithm === imageDigest.algorithm);
  return comparable.length > 0 && !comparable.some((digest) => digestEquals(digest, imageDigest));
}

/** A record of the list is there because a condition was tried, or because the manifest asked for one. */
const isReported = (command: Command): boolean =>
  command.kind === "condition" || (command.kind === "directive" && command.policy !== 0);

/** The command that ended the procedure needs no policy, but it has to be one that can end it for that reason. */
function judgeFailure({ record, reason }: ReportFailure, update: ReportedManifest): ReportRejection | undefined {
  if (isBeforeCommands(record) && reason !== "invoke-pending") return undefined;
  const command = replay(record, update);
  if ("code" in command) return command;
  if (canEndWith(command, reason)) return undefined;
  return { code: "report-reason-contradicts", reason, section: record.section, offset: record.offset };
}

function canEndWith(command: Command, reason: ReportReason): boolean {
  switch (reason) {
    case "condition-failed":
      return command.kind === "condition" || command.kind === "try-each";
    case "operation-failed":
      return command.kind !== "condition";
    case "invoke-pending":
      return command.kind === "directive" && command.directive === "invoke";
    default:
      return true;
  }
}

/** Finds the command of a record in the manifest, for a component that the manifest has. */
function replay(record: CommandRecord, root: ReportedManifest): Command | ReportRejection {
  const reported = record.manifest.reduce<ReportedManifest | undefined>(dependencyOf, root);
  if (reported === undefined) return { code: "report-manifest-unknown", manifest: record.manifest };
  const section = reportSections(reported.manifest, reported.members).get(record.section);
  if (section === undefined) return { code: "report-section-unknown", section: record.section };
  const command = commandAt(section, record.offset);
  if (command === undefined) return pointless(record);
  if (componentIndices(reported.manifest).includes(record.component)) return command;
  return { code: "report-component-unknown", component: record.component };
}

/** A record counts dependencies in the order of the manifest, whatever their indices are. */
function dependencyOf(reported: ReportedManifest | undefined, position: number): ReportedManifest | undefined {
  const dependency = reported?.manifest.dependencies?.[position];
  return dependency && reported?.dependencies?.get(dependency.index);
}

const pointless = ({ section, offset }: CommandRecord): ReportRejection => ({
  code: "report-record-pointless",
  section,
  offset,
});
