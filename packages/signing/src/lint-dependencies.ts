import { ok, type Result } from "@sumac/cbor";
import type { Crypto } from "@sumac/crypto";
import {
  dependencyLimits,
  digestEquals,
  type Envelope,
  type Limits,
  manifestDigest,
  parseEnvelope,
  parseIntegratedEnvelope,
  type SuitDigest,
} from "@sumac/suit";
import { type ConsistentEnvelope, checkManifest, type InconsistentEnvelope } from "./envelope-consistency.ts";
import { type Finding, finding } from "./finding.ts";
import type { Journal } from "./lint-journal.ts";
import { imageDigests, type Sections, sectionsOf } from "./walk-manifest.ts";

/** A manifest that the one at hand depends on. */
export interface KnownDependency {
  readonly consistent: ConsistentEnvelope;
  /** Set if it came inside the envelope, under this URI. */
  readonly uri?: string;
  readonly limits: Limits;
}

/** Those inside the envelope whose manifest it names by digest, and of the `beside` ones likewise. */
export function knownDependencies(
  { envelope, manifest, members }: ConsistentEnvelope,
  beside: readonly Uint8Array[],
  crypto: Crypto,
  limits: Limits,
): Result<readonly KnownDependency[], InconsistentEnvelope> {
  const digests = imageDigests(sectionsOf(manifest, members));
  const isNamed = ({ manifest: received }: Envelope): boolean =>
    digests.some((digest) => digestEquals(manifestDigest(received, digest.algorithm, crypto), digest));
  const found: KnownDependency[] = [];
  if (manifest.dependencies === undefined) return ok(found);

  const inner = dependencyLimits(limits);
  for (const uri of envelope.integratedPayloads.keys()) {
    const parsed = parseIntegratedEnvelope(envelope, uri, limits);
    // Not an envelope: an image like any other.
    if (parsed?.ok !== true || !isNamed(parsed.value)) continue;
    const consistent = checkManifest(parsed.value, crypto, inner);
    if (!consistent.ok) return consistent;
    found.push({ consistent: consistent.value, uri, limits: inner });
  }
  for (const bytes of beside) {
    const parsed = parseEnvelope(bytes, limits);
    if (!parsed.ok) return parsed;
    if (!isNamed(parsed.value)) continue;
    const consistent = checkManifest(parsed.value, crypto, limits);
    if (!consistent.ok) return consistent;
    found.push({ consistent: consistent.value, limits });
  }
  return ok(found);
}

/** What a manifest says of its dependencies, against what they are (suit.md 7.1). */
export function lintDependencies(
  { envelope, manifest }: ConsistentEnvelope,
  sections: Sections,
  journal: Journal,
  known: readonly KnownDependency[],
  crypto: Crypto,
): Finding[] {
  const findings: Finding[] = [];
  const start = envelope.manifest.contentOffset;
  const listed = manifest.layout.find(({ name }) => name === "dependencies")?.offset ?? start;
  for (const { index } of manifest.dependencies ?? []) {
    const components = manifest.components.length;
    if (index >= components) findings.push(finding(listed, { code: "dependency-index-outside", index, components }));
    for (const { size, offset } of journal.sizes.filter((one) => one.index === index)) {
      findings.push(finding(offset, { code: "dependency-image-size", index, size }));
    }
    const digests = journal.digests.flatMap((one) => (one.index === index ? one.value : []));
    const dependency = known.find(({ consistent }) => isMeant(consistent, digests, crypto));
    if (dependency === undefined) continue;
    const { manifest: inner, members } = dependency.consistent;
    for (const section of sectionsOf(inner, members).keys()) {
      if (section === "shared" || section === "uninstall") continue;
      if (journal.processed.some((one) => one.index === index && one.section === section)) continue;
      const offset = sections.get(section)?.offset ?? start;
      findings.push(finding(offset, { code: "dependency-section-not-run", index, section }));
    }
  }
  return findings;
}

const isMeant = ({ envelope }: ConsistentEnvelope, digests: readonly SuitDigest[], crypto: Crypto): boolean =>
  digests.some((digest) => digestEquals(manifestDigest(envelope.manifest, digest.algorithm, crypto), digest));
