import { err, ok, type Result } from "@sumac/cbor";
import {
  type ComponentId,
  commonLabel,
  type Dependency,
  dependencyLimits,
  digestEquals,
  type Envelope,
  manifestDigest,
  parseIntegratedEnvelope,
} from "@sumac/suit";
import type { CarriedDependency, FindDependency, VerifiedDependency } from "./carried-dependency.ts";
import { judgeManifest, judgeRights } from "./judge-manifest.ts";
import type { Installed } from "./recipient.ts";
import type { Rejection } from "./rejection.ts";
import type { BoundedContext, VerifierParts } from "./verifier-parts.ts";

/**
 * Present: dependencies are processed, one level of them, and only those that the envelope carries. They are judged like
 * any update, so their floor has to be told; a signer of the dependent alone could otherwise bring back an old one.
 */
export interface DependencyContext {
  /** What is confirmed of the manifest for these components (as the device knows them, with the prefix in front). */
  readonly installed: (components: readonly ComponentId[]) => Installed;
}

/** Each envelope is read once, and judged once an index, however often it is fetched: nobody can multiply the work. */
export function findDependencyIn(
  outer: Envelope,
  dependencies: DependencyContext,
  context: BoundedContext,
  parts: VerifierParts,
): FindDependency {
  const { limits } = context;
  const found = new Map<string, ReturnType<FindDependency>>();
  return (uri) => {
    if (!found.has(uri)) {
      const envelope = parseIntegratedEnvelope(outer, uri, limits);
      found.set(uri, envelope?.ok ? ok(carry(envelope.value, dependencies, context, parts)) : envelope);
    }
    return found.get(uri);
  };
}

function carry(
  envelope: Envelope,
  { installed }: DependencyContext,
  context: BoundedContext,
  parts: VerifierParts,
): CarriedDependency {
  const judged = new Map<number, Result<VerifiedDependency, Rejection>>();
  return {
    size: BigInt(envelope.encoded.length),
    hasDigest: (digest) => digestEquals(manifestDigest(envelope.manifest, digest.algorithm, context.crypto), digest),
    // Each index has a prefix of its own: what may be written in one place may be somebody else's in another.
    verify: ({ index, prefix = [] }: Dependency) => {
      const place = { limits: dependencyLimits(context.limits), prefix, installed };
      const answer = judged.get(index) ?? verify(envelope, place, context, parts);
      judged.set(index, answer);
      return answer;
    },
  };
}

function verify(
  envelope: Envelope,
  place: Parameters<typeof judgeManifest>[1],
  context: BoundedContext,
  parts: VerifierParts,
): Result<VerifiedDependency, Rejection> {
  const judged = judgeManifest(envelope, place, context, parts);
  if (!judged.ok) return judged;
  const { manifest, members, authentication, standing, rule } = judged.value;
  const deeper = manifest.layout.find(({ name }) => name === "dependencies");
  if (deeper !== undefined) {
    const label = commonLabel.dependencies;
    return err({ code: "unsupported", field: "dependency.manifest.common", label, offset: deeper.offset });
  }
  const kept = manifest.manifestComponentId;
  const misplaced = kept && judgeRights([...place.prefix, ...kept], authentication);
  if (misplaced !== undefined) return err(misplaced);
  const weak = rule.digests?.judgeManifest(manifest, members);
  if (weak !== undefined) return err(weak);
  const { signers } = authentication;
  return ok({ envelope, manifest, manifestDigest: envelope.digest, members, signers, standing });
}
