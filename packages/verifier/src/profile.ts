import type { DigestName, SignatureScheme } from "@sumac/crypto";
import type {
  CommandSequence,
  Envelope,
  Manifest,
  ResolvedMembers,
  Severable,
  SeverableName,
  SuitDigest,
} from "@sumac/suit";
import type { Rejection } from "./rejection.ts";
import { sectionsOf } from "./sections.ts";

/**
 * Which cryptography a trust record accepts. The record says it, a message cannot: no block or digest in an envelope
 * lowers what is demanded, and one that is not accepted counts for nothing.
 *
 * - `classic`: Ed25519, ECDSA on P-256 and P-384.
 * - `hybrid`: those and ML-DSA. A release role needs its threshold in classical keys and again in ML-DSA keys, so that
 *   an attacker must break both. An approval can only hold an update back, so keys of either kind count.
 * - `cnsa2`: ML-DSA-87, and SHA-384 or SHA-512 wherever a digest stands for code (CNSA 2.0).
 */
export type Profile = "classic" | "hybrid" | "cnsa2";

/** Which keys of a role a threshold counts: all of them, or one kind by itself. */
export type KeyPart = "any" | "classical" | "ml-dsa";

interface ProfileRule {
  readonly schemes: readonly SignatureScheme[];
  readonly digests: readonly DigestName[];
  /** Each of these has to reach the threshold of a release role. */
  readonly releaseParts: readonly KeyPart[];
}

const classical: readonly SignatureScheme[] = ["ed25519", "ecdsa-p256-sha256", "ecdsa-p384-sha384"];

const rules: Readonly<Record<Profile, ProfileRule>> = {
  classic: { schemes: classical, digests: ["sha-256", "sha-384", "sha-512"], releaseParts: ["any"] },
  hybrid: {
    schemes: [...classical, "ml-dsa-65", "ml-dsa-87"],
    digests: ["sha-256", "sha-384", "sha-512"],
    releaseParts: ["classical", "ml-dsa"],
  },
  cnsa2: { schemes: ["ml-dsa-87"], digests: ["sha-384", "sha-512"], releaseParts: ["any"] },
};

export const allowsScheme = (profile: Profile, scheme: SignatureScheme): boolean =>
  rules[profile].schemes.includes(scheme);

/** The parts of a role that have to reach its threshold, each for itself. */
export const partsOf = (profile: Profile, purpose: "release" | "approval"): readonly KeyPart[] =>
  purpose === "release" ? rules[profile].releaseParts : ["any"];

export const isInPart = (scheme: SignatureScheme, part: KeyPart): boolean =>
  part === "any" || classical.includes(scheme) === (part === "classical");

/** What a digest of an envelope stands for. */
export type DigestSubject = "manifest" | "image" | SeverableName;

/** The digest that the signatures cover. Asked before anything is verified: a weak one proves nothing. */
export function judgeWrapperDigest(envelope: Envelope, profile: Profile): Rejection | undefined {
  return judgeDigest(envelope.digest.algorithm, "manifest", profile);
}

/**
 * Every digest of an authentic manifest that stands for something else: for its severed members, and, wherever a command
 * sets one, for an image or the manifest of a dependency.
 */
export function judgeManifestDigests(
  { manifest, members }: { readonly manifest: Manifest; readonly members: ResolvedMembers },
  profile: Profile,
): Rejection | undefined {
  const held: Readonly<Record<SeverableName, Severable<unknown> | undefined>> = {
    "dependency-resolution": manifest.dependencyResolution,
    "payload-fetch": manifest.payloadFetch,
    "candidate-verification": manifest.candidateVerification,
    install: manifest.install,
    text: manifest.text,
  };
  for (const [name, member] of Object.entries(held)) {
    if (member?.at !== "envelope") continue;
    const weak = judgeDigest(member.digest.algorithm, name as SeverableName, profile);
    if (weak !== undefined) return weak;
  }
  const sequences = [manifest.shared, ...Object.values(sectionsOf(manifest, members))];
  for (const sequence of sequences) {
    for (const digest of sequence === undefined ? [] : imageDigests(sequence)) {
      const weak = judgeDigest(digest.algorithm, "image", profile);
      if (weak !== undefined) return weak;
    }
  }
  return undefined;
}

function* imageDigests({ commands }: CommandSequence): Generator<SuitDigest> {
  for (const command of commands) {
    switch (command.kind) {
      case "override-parameters":
      case "set-parameters":
        if (command.parameters.imageDigest !== undefined) yield command.parameters.imageDigest;
        break;
      case "run-sequence":
        yield* imageDigests(command.sequence);
        break;
      case "try-each":
        for (const entry of command.sequences) yield* imageDigests(entry);
        break;
      case "condition":
      case "directive":
      case "set-component-index":
        break;
    }
  }
}

function judgeDigest(digest: DigestName, of: DigestSubject, profile: Profile): Rejection | undefined {
  return rules[profile].digests.includes(digest) ? undefined : { code: "digest-not-allowed", digest, of, profile };
}
