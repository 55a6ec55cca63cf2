import type { DigestName } from "@sumac/crypto";
import type { CommandSequence, Manifest, ResolvedMembers, Severable, SeverableName, SuitDigest } from "@sumac/suit";
import { classic, type DigestRule, type DigestSubject, type Profile, type ProfileRule } from "./profile.ts";
import type { Rejection } from "./rejection.ts";
import { sectionsOf } from "./sections.ts";

const hybrid: ProfileRule = {
  name: "hybrid",
  schemes: [...classic.schemes, "ml-dsa-65", "ml-dsa-87"],
  releaseParts: ["classical", "ml-dsa"],
};

const cnsa2: ProfileRule = {
  name: "cnsa2",
  schemes: ["ml-dsa-87"],
  releaseParts: ["any"],
  digests: onlyDigests(["sha-384", "sha-512"], "cnsa2"),
};

export const profileRules: Readonly<Record<Profile, ProfileRule>> = { classic, hybrid, cnsa2 };

function onlyDigests(accepted: readonly DigestName[], profile: Profile): DigestRule {
  const judge = (digest: DigestName, of: DigestSubject): Rejection | undefined =>
    accepted.includes(digest) ? undefined : { code: "digest-not-allowed", digest, of, profile };
  return {
    judgeWrapper: ({ digest }) => judge(digest.algorithm, "manifest"),
    judgeManifest: (manifest, members) => judgeManifestDigests(manifest, members, judge),
  };
}

function judgeManifestDigests(
  manifest: Manifest,
  members: ResolvedMembers,
  judge: (digest: DigestName, of: DigestSubject) => Rejection | undefined,
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
    const weak = judge(member.digest.algorithm, name as SeverableName);
    if (weak !== undefined) return weak;
  }
  const sequences = [manifest.shared, ...Object.values(sectionsOf(manifest, members))];
  for (const sequence of sequences) {
    for (const digest of sequence === undefined ? [] : imageDigests(sequence)) {
      const weak = judge(digest.algorithm, "image");
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
