import { ok, type Result } from "@sumac/cbor";
import type { Crypto } from "@sumac/crypto";
import { type Limits, parseEnvelope, type Sha1 } from "@sumac/suit";
import { type ConsistentEnvelope, checkManifest, type InconsistentEnvelope } from "./envelope-consistency.ts";
import { type Finding, finding } from "./finding.ts";
import { followCommands } from "./lint-commands.ts";
import { lintContent } from "./lint-content.ts";
import { type KnownDependency, knownDependencies, lintDependencies } from "./lint-dependencies.ts";
import { lintEncryption } from "./lint-encryption.ts";
import { lintSequence, type PastRelease } from "./lint-history.ts";
import { Journal } from "./lint-journal.ts";
import { lintLimits } from "./lint-limits.ts";
import { lintIdentity, lintMembers, lintSignatures } from "./lint-members.ts";
import { lintPayloads } from "./lint-payloads.ts";
import { lintRecipient } from "./lint-recipient.ts";
import { lintText } from "./lint-text.ts";
import { whyMutable } from "./lint-uri.ts";
import type { RecipientProfile } from "./recipient-profile.ts";
import { sectionsOf } from "./walk-manifest.ts";

export interface LintContext {
  readonly crypto: Crypto;
  readonly sha1: Sha1;
  /** Default: those of the verifier, with every extension understood. */
  readonly limits?: Limits;
  /** Releases that were made before, in any order; `readPastRelease` reads one from its envelope. Absent = none are known. */
  readonly earlier?: readonly PastRelease[];
  /** Envelopes of manifests that this one depends on and does not carry inside; others are passed over. */
  readonly dependencies?: readonly Uint8Array[];
  /** Absent = for no recipient in particular. */
  readonly recipient?: RecipientProfile;
}

/**
 * What is well formed and still should not be published (docs/spec/lint.md), by place in the file. Unsigned and severed
 * envelopes are judged as far as they go. Bytes that are no envelope, or one that contradicts itself, are refused
 * instead: there is nothing to advise on. What is integrated as a dependency is judged too, one level deep.
 */
export function lintRelease(bytes: Uint8Array, context: LintContext): Result<readonly Finding[], InconsistentEnvelope> {
  const { crypto, limits = lintLimits } = context;
  const envelope = parseEnvelope(bytes, limits);
  if (!envelope.ok) return envelope;
  const consistent = checkManifest(envelope.value, crypto, limits);
  if (!consistent.ok) return consistent;
  const known = knownDependencies(consistent.value, context.dependencies ?? [], crypto, limits);
  if (!known.ok) return known;

  const findings = lintOne(consistent.value, known.value, context, envelope.value.encoded);
  for (const { consistent: inner, uri, limits: innerLimits } of known.value) {
    if (uri === undefined) continue;
    const within = lintOne(inner, [], { crypto, sha1: context.sha1, limits: innerLimits }, envelope.value.encoded);
    // What it does not set, the manifest around it may have set before.
    const own = within.filter(({ code }) => code !== "parameter-missing");
    findings.push(...own.map((one) => ({ ...one, within: uri })));
  }
  return ok(withoutRepeats(findings).toSorted((a, b) => a.offset - b.offset));
}

/** `file`: what offsets count in; every part of an envelope, and of one inside it, is a view of it. */
function lintOne(
  consistent: ConsistentEnvelope,
  dependencies: readonly KnownDependency[],
  context: LintContext,
  file: Uint8Array,
): Finding[] {
  const { crypto, sha1, limits = lintLimits, earlier = [], recipient } = context;
  const { envelope, manifest, members } = consistent;
  const sections = sectionsOf(manifest, members);
  const journal = new Journal();
  followCommands(manifest, sections, journal);
  return [
    ...lintIdentity(consistent),
    ...journal.findings,
    ...lintUris(consistent, journal),
    ...lintPayloads(envelope, journal, file, crypto, limits),
    ...lintContent(journal, crypto),
    ...lintMembers(consistent),
    ...lintText(consistent, sections, journal, sha1),
    ...lintDependencies(consistent, sections, journal, dependencies, crypto),
    ...lintEncryption(sections, file),
    ...lintSignatures(envelope),
    ...lintSequence(consistent, earlier),
    ...(recipient === undefined ? [] : lintRecipient(consistent, sections, journal, recipient, crypto)),
  ];
}

/** A URI that begins with "#" names an integrated payload, which comes with the envelope. */
function lintUris({ manifest, members }: ConsistentEnvelope, { fetches, matches }: Journal): Finding[] {
  const versions = (members.text?.languages ?? []).flatMap(({ components }) =>
    components.flatMap(({ version }) => version ?? []),
  );
  const digestsOf = new Map([...matches].map(([uri, digests]) => [uri, new Set(digests)]));
  for (const { uri, digests } of fetches) {
    const known = digestsOf.get(uri) ?? new Set();
    for (const digest of digests) known.add(digest);
    digestsOf.set(uri, known);
  }
  const sequence = manifest.sequenceNumber;
  const judged = new Map(
    [...digestsOf].map(([uri, digests]) => [uri, whyMutable(uri, { digests: [...digests], versions, sequence })]),
  );
  return fetches.flatMap(({ uri, offset, index }) => {
    const because = uri.startsWith("#") ? undefined : judged.get(uri);
    return because === undefined ? [] : [finding(offset, { code: "uri-not-immutable", uri, because, index })];
  });
}

/** Sequences are followed more than once (shared before each of the others): one finding a place is enough. */
function withoutRepeats(findings: readonly Finding[]): readonly Finding[] {
  const seen = new Map<string, Finding>();
  const plain = (_: string, value: unknown): unknown => (typeof value === "bigint" ? String(value) : value);
  for (const found of findings) seen.set(JSON.stringify(found, plain), found);
  return [...seen.values()];
}
