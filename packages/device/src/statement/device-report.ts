import { err, ok, type Result } from "@sumac/cbor";
import { algorithmForScheme, keyId } from "@sumac/cose";
import { type Crypto, hexToBytes } from "@sumac/crypto";
import {
  type Command,
  type CommandRecord,
  type CommandSequence,
  componentIndices,
  componentKey,
  defaultLimits,
  locateCommand,
  type Manifest,
  type Parameters,
  parseEnvelope,
  parseManifest,
  type Report,
  type ReportEntry,
  type ReportFailure,
  type ReportSection,
  type ResolvedMembers,
  recordBeforeCommands,
  reportSections,
  resolveSeverable,
  type SuitDigest,
  signReport,
} from "@sumac/suit";
import { type Rejection, reportReasonFor } from "@sumac/verifier";
import type { DeviceRefusal } from "../device/offer.ts";
import type { RepositoryRefusal } from "../repository/repository-refusal.ts";
import type { ComponentImage, SlotImage } from "../slots/slot-check.ts";
import type { Slots } from "../slots/slots.ts";
import type { DeviceKey } from "./device-key.ts";

/** How the device fared with an update; `images` are as they were measured in the slot. */
export type ReportedOutcome =
  | { readonly result: "success"; readonly images: readonly ComponentImage[] }
  | { readonly result: "refused"; readonly refusal: DeviceRefusal };

export interface ReportedUpdateBytes {
  /** As it was received. */
  readonly envelope: Uint8Array;
  readonly outcome: ReportedOutcome;
  /** What whoever asks sent along, to tell this report from an older one. */
  readonly nonce?: Uint8Array;
}

/** A report names its manifest by reference-uri and digest (draft-ietf-suit-report-22): without one there is none. */
export interface ReportImpossible {
  readonly code: "report-impossible";
  readonly because: "envelope-unreadable" | "manifest-unreadable" | "no-reference-uri";
}

/**
 * The device's own word on an update, signed with its key (CR 2.12 RE 1): `verifyReport` is the other end. The manifest of
 * a refused envelope is read for its name alone; nothing in it is believed or carried out.
 */
export async function deviceReport(
  update: ReportedUpdateBytes,
  key: DeviceKey,
  crypto: Crypto,
): Promise<Result<Uint8Array, ReportImpossible>> {
  const report = describeOutcome(update, crypto);
  if (!report.ok) return report;
  const algorithm = algorithmForScheme(key.publicKey.scheme);
  const signer = { keyId: keyId(key.publicKey, crypto), algorithm, sign: (bytes: Uint8Array) => key.sign(bytes) };
  return ok(await signReport(report.value, signer));
}

/** Of what runs now. Throws `Unavailable` where its envelope cannot be read. */
export async function runningReport(
  slots: Slots,
  running: SlotImage,
  { nonce }: Pick<ReportedUpdateBytes, "nonce">,
  key: DeviceKey,
  crypto: Crypto,
): Promise<Result<Uint8Array, ReportImpossible>> {
  const content = await slots.inspect(running.slot);
  if (content.state !== "sealed") return err({ code: "report-impossible", because: "envelope-unreadable" });
  const outcome = { result: "success", images: running.images } as const;
  return deviceReport({ envelope: content.envelope, outcome, ...(nonce === undefined ? {} : { nonce }) }, key, crypto);
}

function describeOutcome(
  { envelope: bytes, outcome, nonce }: ReportedUpdateBytes,
  crypto: Crypto,
): Result<Report, ReportImpossible> {
  const impossible = (because: ReportImpossible["because"]): Result<never, ReportImpossible> =>
    err({ code: "report-impossible", because });
  const envelope = parseEnvelope(bytes, defaultLimits);
  if (!envelope.ok) return impossible("envelope-unreadable");
  const manifest = parseManifest(envelope.value.manifest, defaultLimits);
  if (!manifest.ok) return impossible("manifest-unreadable");
  const { referenceUri: uri } = manifest.value;
  if (uri === undefined) return impossible("no-reference-uri");
  const members = resolveSeverable(envelope.value, manifest.value, crypto, defaultLimits);
  const sections = reportSections(manifest.value, members.ok ? members.value : ({} satisfies ResolvedMembers));
  return ok({
    reference: { uri, digest: envelope.value.digest },
    ...(nonce === undefined ? {} : { nonce }),
    entries: outcome.result === "success" ? successEntries(manifest.value, sections, outcome.images) : [],
    result: outcome.result === "success" ? "success" : failureOf(outcome.refusal, sections),
  });
}

type Sections = ReadonlyMap<ReportSection, CommandSequence>;

/** Every condition that held, and what lies in the slot. */
function successEntries(
  manifest: Manifest,
  sections: Sections,
  images: readonly ComponentImage[],
): readonly ReportEntry[] {
  const measured = manifest.components.map((id): Parameters => {
    const image = images.find(({ component }) => componentKey(component) === componentKey(id));
    return image === undefined ? {} : { imageDigest: image.digest, imageSize: BigInt(image.size) };
  });
  const indices = componentIndices(manifest);
  const records = Array.from(sections, ([section, sequence]) =>
    conditionsOf(sequence, indices).map(
      ({ command, component }): CommandRecord => ({
        kind: "command",
        manifest: [],
        section,
        offset: command.offset - sequence.offset,
        component,
        measured: command.condition === "image-match" ? (measured[component] ?? {}) : {},
      }),
    ),
  ).flat();
  const systems = images.map(({ component, digest, size }) => ({
    kind: "system" as const,
    component,
    properties: { imageDigest: digest, imageSize: BigInt(size) },
  }));
  return [...records, ...systems];
}

type Condition = Extract<Command, { readonly kind: "condition" }>;

/** Of the sequence itself: which way a nested one took is not remembered. */
function conditionsOf(
  { commands }: CommandSequence,
  all: readonly number[],
): readonly { readonly command: Condition; readonly component: number }[] {
  let current: readonly number[] = all.slice(0, 1);
  return commands.flatMap((command) => {
    if (command.kind === "set-component-index") {
      const { index } = command;
      current = index === "all" ? all : typeof index === "number" ? [index] : index;
    }
    return command.kind === "condition" ? current.map((component) => ({ command, component })) : [];
  });
}

/** Refusals of the device itself, beside those of every verifier. */
const deviceReasons: Readonly<Record<DeviceOnlyRefusal["code"], ReportFailure["reason"]>> = {
  "components-incomplete": "component-unsupported",
  "components-mixed": "component-unsupported",
  "trials-exhausted": "operation-failed",
  "stagings-exhausted": "operation-failed",
  "trial-running": "operation-failed",
  "recovery-running": "operation-failed",
  "already-owned": "operation-failed",
  "trust-part-absent": "component-unauthorised",
  "trust-not-updatable": "component-unauthorised",
  "trust-record-refused": "operation-failed",
  "trust-record-too-large": "operation-failed",
  "trust-new-root-refused": "unauthorised",
  "trust-update-strands-device": "operation-failed",
};

type DeviceOnlyRefusal = Exclude<DeviceRefusal, Rejection | RepositoryRefusal>;

const isDeviceOnly = (refusal: Exclude<DeviceRefusal, RepositoryRefusal>): refusal is DeviceOnlyRefusal =>
  Object.hasOwn(deviceReasons, refusal.code);

/** For whoever made the device; the reason is what counts. */
const internalCode = 1;

function failureOf(refusal: DeviceRefusal, sections: Sections): ReportFailure {
  // Of the manifest itself nothing is wrong, as far as anybody has looked.
  if ("judgedBy" in refusal) return { code: internalCode, record: recordBeforeCommands, reason: "unauthorised" };
  const reason = isDeviceOnly(refusal) ? deviceReasons[refusal.code] : reportReasonFor(refusal);
  return { code: internalCode, record: failedRecord(refusal, sections, reason), reason };
}

/** The command that ended it, where there is one; the draft wants a record in any case. */
function failedRecord(
  refusal: Exclude<DeviceRefusal, RepositoryRefusal>,
  sections: Sections,
  reason: ReportFailure["reason"],
): CommandRecord {
  const computed = "computed" in refusal && refusal.code !== "manifest-digest-mismatch" ? refusal.computed : undefined;
  if (typeof computed === "string") {
    const found = imageMatch(sections);
    if (found !== undefined) return { ...found, measured: { imageDigest: measuredDigest(computed) } };
  }
  // Other reasons belong to the manifest as a whole, even where an offset says at which byte it was given up.
  if (reason !== "condition-failed" || !("offset" in refusal) || typeof refusal.offset !== "number") {
    return recordBeforeCommands;
  }
  const located = locateCommand(sections, refusal.offset);
  return located === undefined ? recordBeforeCommands : { ...recordBeforeCommands, ...located };
}

function imageMatch(sections: Sections): CommandRecord | undefined {
  for (const [section, sequence] of sections) {
    const match = conditionsOf(sequence, [0]).find(({ command }) => command.condition === "image-match");
    if (match !== undefined && section !== "common") {
      const { command, component } = match;
      return { ...recordBeforeCommands, section, offset: command.offset - sequence.offset, component };
    }
  }
  return undefined;
}

function measuredDigest(hex: string): SuitDigest {
  const bytes = hexToBytes(hex);
  const algorithm = bytes.length === 64 ? "sha-512" : bytes.length === 48 ? "sha-384" : "sha-256";
  return { algorithm, bytes };
}
