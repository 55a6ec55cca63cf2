import type { Result } from "@sumac/cbor";
import type { Crypto } from "@sumac/crypto";
import { camelCase } from "./camel-case.ts";
import { componentIndices } from "./component.ts";
import { scopeAt } from "./core-grammar.ts";
import { digestEquals, manifestDigest } from "./digest.ts";
import type { Envelope } from "./envelope.ts";
import type { Limits } from "./limits.ts";
import type { CommandSequence, Manifest, ManifestText } from "./manifest.ts";
import { sequenceFrom } from "./read-commands.ts";
import { attempt, refuse, type SeveredRefusal, type SuitRefusal } from "./refusal.ts";

/** The severable members of a manifest, wherever they stood; absent = the manifest has none, or it did not come along. */
export interface ResolvedMembers {
  readonly dependencyResolution?: CommandSequence;
  readonly payloadFetch?: CommandSequence;
  readonly candidateVerification?: CommandSequence;
  readonly install?: CommandSequence;
  readonly text?: ManifestText;
}

/** In the order in which an update runs them. */
export const severableSequences = [
  ["dependency-resolution", "dependencyResolution"],
  ["payload-fetch", "payloadFetch"],
  ["candidate-verification", "candidateVerification"],
  ["install", "install"],
] as const;

/** All that may be severed. */
export const severableMembers: readonly [...typeof severableSequences, readonly ["text", "text"]] = [
  ...severableSequences,
  ["text", "text"],
];

/** `resolveSeverable` with its limits named. */
export const openMembers = (
  { severed }: Envelope,
  manifest: Manifest,
  crypto: Crypto,
  limits: Limits,
): Result<ResolvedMembers, SuitRefusal | SeveredRefusal> =>
  attempt(() => {
    // First all of them, for a member that is changed, or never was covered by a digest (inline or absent in the
    // manifest), is code or text that anybody could have added.
    for (const [member, received] of severed) {
      const offset = received.contentOffset;
      const slot = manifest[camelCase(member)];
      if (slot?.at !== "envelope") return refuse({ code: "member-unauthenticated", member, offset });
      if (!digestEquals(manifestDigest(received, slot.digest.algorithm, crypto), slot.digest)) {
        refuse({ code: "severed-member-mismatch", member, offset });
      }
    }
    const componentCount = componentIndices(manifest).length;
    const members: { -readonly [Name in keyof ResolvedMembers]: ResolvedMembers[Name] } = {};
    for (const [member, name] of severableSequences) {
      const received = severed.get(member);
      const slot = manifest[name];
      if (slot?.at === "inline") members[name] = slot.value;
      else if (received)
        members[name] = sequenceFrom(received, `envelope.${member}`, scopeAt(limits, 1, { componentCount }));
    }
    const text = severed.get("text");
    if (manifest.text?.at === "inline") members.text = manifest.text.value;
    else if (text) members.text = limits.readText(text, "envelope.text", scopeAt(limits, 1));
    return members;
  });
