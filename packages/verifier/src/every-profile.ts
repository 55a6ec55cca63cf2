import type { DigestName } from "@sumac/crypto";
import {
  type CommandSequence,
  everyCommand,
  type Manifest,
  type ResolvedMembers,
  type Severable,
  type SuitDigest,
  severableMembers,
} from "@sumac/suit";
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
  for (const [name, key] of severableMembers) {
    const member: Severable<unknown> | undefined = manifest[key];
    if (member?.at !== "envelope") continue;
    const weak = judge(member.digest.algorithm, name);
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

function* imageDigests(sequence: CommandSequence): Generator<SuitDigest> {
  for (const command of everyCommand(sequence)) {
    if (command.kind !== "override-parameters" && command.kind !== "set-parameters") continue;
    if (command.parameters.imageDigest !== undefined) yield command.parameters.imageDigest;
  }
}
