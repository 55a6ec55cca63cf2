import { toBeSigned } from "@sumac/cose";
import { bytesToHex, type DigestName } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import type { ReleaseDescription } from "@sumac/signing";
import {
  type DescribedSection,
  describeSections,
  digestOf,
  everyCommand,
  formatVersion,
  type ManifestText,
  quote,
  severableMembers,
} from "@sumac/suit";
import { type Profile, profileOf, type TrustRecord } from "@sumac/verifier";
import { type IdentityWords, identityWords } from "./identity-words.ts";
import { judgeSignatures, type SignatureVerdict } from "./judge-signatures.ts";
import { type MentionedImage, mentionedImages } from "./mentioned-images.ts";
import type { OpenedEnvelope } from "./open-envelope.ts";
import { type Asking, askingOf, type WhatRuns, whatRuns } from "./what-runs.ts";

/** Everything that is to be shown of an envelope, worked out once for the page and for JSON. */
export interface Inspection {
  readonly opened: OpenedEnvelope;
  readonly sections: readonly DescribedSection[];
  readonly text: ManifestText | undefined;
  readonly identity: IdentityWords;
  /** What devices do with images, and whom they are asked to be. */
  readonly runs: WhatRuns;
  /** Only where that could not be followed: everything that is set. */
  readonly mentioned: readonly MentionedImage[];
  /** Signed: the version that is then installed (update-management). */
  readonly setVersion: string | undefined;
  /** The author's word, quoted. */
  readonly versions: readonly string[];
  /** Every one that a command sets, and whether a condition asks for it. */
  readonly useBefore: readonly UseBefore[];
  readonly payloads: readonly CarriedPayload[];
  /** Absent: nobody said which keys to trust, so no signature was checked. */
  readonly signatures: SignatureVerdict | undefined;
  readonly profile: Profile | undefined;
  /** The envelopes that it carries, by their URI. */
  readonly inside: ReadonlyMap<string, Inspection>;
  /** For each authentication block; absent where it is not of a kind that is understood. */
  readonly signedBytes: readonly (Uint8Array | undefined)[];
}

export interface UseBefore {
  /** Since 1970. */
  readonly seconds: bigint;
  readonly asked: Asking;
}

/** What lies in the envelope beside the manifest, covered by no signature itself. */
export interface CarriedPayload {
  readonly uri: string;
  readonly size: number;
  /** Components into which it is fetched and where a signed digest that it has is compared; none = nothing vouches for it. */
  readonly matches: readonly number[];
  /** It is an envelope of its own, shown apart. */
  readonly isEnvelope: boolean;
}

export function inspect(
  opened: OpenedEnvelope,
  trust: TrustRecord | undefined,
  description: ReleaseDescription | undefined,
  place: "outermost" | "inside" = "outermost",
): Inspection {
  const { envelope, manifest, members } = opened;
  const sections = describeSections(manifest, members);
  const text = manifest.text?.at === "inline" ? manifest.text.value : members.text;
  const leftOut = severableMembers.flatMap(([name, key]) =>
    key !== "text" && manifest[key]?.at === "envelope" && members[key] === undefined ? [name] : [],
  );
  const runs = whatRuns(manifest, sections, leftOut, place);
  return {
    opened,
    sections,
    text,
    identity: identityWords(sections, runs, text, description),
    runs,
    mentioned: runs.certainty === "followed" ? [] : mentionedImages(sections),
    setVersion: manifest.setVersion && formatVersion(manifest.setVersion),
    versions: [...new Set((text?.languages ?? []).flatMap(({ components }) => components.flatMap(versionOf)))],
    useBefore: useBeforeOf(sections, runs),
    payloads: carriedPayloads(opened, runs),
    signatures: trust && judgeSignatures(envelope, trust),
    profile: trust && profileOf(trust),
    inside: new Map(
      Array.from(opened.dependencies, ([uri, inner]) => [uri, inspect(inner, trust, description, "inside")]),
    ),
    signedBytes: envelope.blocks.map((block) =>
      block.kind === "sign1" ? toBeSigned(block.sign1.protected, envelope.digestElement) : undefined,
    ),
  };
}

const versionOf = ({ version }: { readonly version?: string }): string[] =>
  version === undefined ? [] : [quote(version)];

function useBeforeOf(sections: readonly DescribedSection[], runs: WhatRuns): readonly UseBefore[] {
  const set = sections.flatMap(({ sequence }) =>
    [...everyCommand(sequence)].flatMap((command) => {
      if (command.kind !== "override-parameters" && command.kind !== "set-parameters") return [];
      return command.parameters.useBefore ?? [];
    }),
  );
  return [...new Set(set)].map((seconds) => ({ seconds, asked: askingOf(runs, "use-before", seconds) }));
}

function carriedPayloads({ envelope, dependencies }: OpenedEnvelope, { uses }: WhatRuns): readonly CarriedPayload[] {
  const fetches = uses.flatMap(({ ways }) => ways.flat()).filter(({ does }) => does === "fetch");
  return Array.from(envelope.integratedPayloads, ([uri, payload]) => {
    const digests = new Map<string, string>();
    const digestHex = (algorithm: DigestName): string => {
      const known = digests.get(algorithm) ?? bytesToHex(digestOf(nodeCrypto, algorithm, payload).bytes);
      digests.set(algorithm, known);
      return known;
    };
    const matches = fetches.flatMap(({ component, uri: fetched, compared }) => {
      const isIt =
        fetched === uri && compared && digestHex(compared.digest.algorithm) === bytesToHex(compared.digest.bytes);
      return isIt ? [component] : [];
    });
    return { uri, size: payload.length, matches: [...new Set(matches)], isEnvelope: dependencies.has(uri) };
  });
}
