import { toBeSigned } from "@sumac/cose";
import { bytesToHex, type DigestName } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import type { ReleaseDescription } from "@sumac/signing";
import {
  type DescribedSection,
  describeSections,
  digestOf,
  formatVersion,
  type ManifestText,
  quote,
} from "@sumac/suit";
import { type Profile, profileOf, type TrustRecord } from "@sumac/verifier";
import { everyCommand } from "../every-command.ts";
import { componentImages, type ImageFacts } from "./component-images.ts";
import { type IdentityWords, identityWords } from "./identity-words.ts";
import { judgeSignatures, type SignatureVerdict } from "./judge-signatures.ts";
import type { OpenedEnvelope } from "./open-envelope.ts";

/** Everything that is to be shown of an envelope, worked out once for the page and for JSON. */
export interface Inspection {
  readonly opened: OpenedEnvelope;
  readonly sections: readonly DescribedSection[];
  readonly text: ManifestText | undefined;
  readonly identity: IdentityWords;
  readonly images: ReadonlyMap<number, readonly ImageFacts[]>;
  /** The author's word, quoted; the set version of the manifest before it. */
  readonly versions: readonly string[];
  /** Seconds since 1970; every one that a command sets. */
  readonly useBefore: readonly bigint[];
  readonly payloads: readonly CarriedPayload[];
  /** Absent: nobody said which keys to trust, so no signature was checked. */
  readonly signatures: SignatureVerdict | undefined;
  readonly profile: Profile | undefined;
  /** The envelopes that it carries, by their URI. */
  readonly inside: ReadonlyMap<string, Inspection>;
  /** For each authentication block; absent where it is not of a kind that is understood. */
  readonly signedBytes: readonly (Uint8Array | undefined)[];
}

/** What lies in the envelope beside the manifest, covered by no signature itself. */
export interface CarriedPayload {
  readonly uri: string;
  readonly size: number;
  /** Components whose signed image digest it has; none = nothing vouches for it. */
  readonly matches: readonly number[];
  /** It is an envelope of its own, shown apart. */
  readonly isEnvelope: boolean;
}

export function inspect(
  opened: OpenedEnvelope,
  trust: TrustRecord | undefined,
  description: ReleaseDescription | undefined,
): Inspection {
  const { envelope, manifest, members } = opened;
  const sections = describeSections(manifest, members);
  const text = manifest.text?.at === "inline" ? manifest.text.value : members.text;
  const images = componentImages(sections, manifest);
  return {
    opened,
    sections,
    text,
    identity: identityWords(sections, text, description),
    images,
    versions: [
      ...(manifest.setVersion === undefined ? [] : [formatVersion(manifest.setVersion)]),
      ...new Set((text?.languages ?? []).flatMap(({ components }) => components.flatMap(versionOf))),
    ],
    useBefore: sections.flatMap(({ sequence }) => useBeforeOf(sequence)),
    payloads: carriedPayloads(opened, images),
    signatures: trust && judgeSignatures(envelope, trust),
    profile: trust && profileOf(trust),
    inside: new Map(Array.from(opened.dependencies, ([uri, inner]) => [uri, inspect(inner, trust, description)])),
    signedBytes: envelope.blocks.map((block) =>
      block.kind === "sign1" ? toBeSigned(block.sign1.protected, envelope.digestElement) : undefined,
    ),
  };
}

const versionOf = ({ version }: { readonly version?: string }): string[] =>
  version === undefined ? [] : [quote(version)];

function useBeforeOf(sequence: DescribedSection["sequence"]): readonly bigint[] {
  return [...everyCommand(sequence)].flatMap((command) => {
    if (command.kind !== "override-parameters" && command.kind !== "set-parameters") return [];
    return command.parameters.useBefore ?? [];
  });
}

function carriedPayloads(
  { envelope, dependencies }: OpenedEnvelope,
  images: Inspection["images"],
): readonly CarriedPayload[] {
  return Array.from(envelope.integratedPayloads, ([uri, payload]) => {
    const digests = new Map<string, string>();
    const digestHex = (algorithm: DigestName): string => {
      const known = digests.get(algorithm) ?? bytesToHex(digestOf(nodeCrypto, algorithm, payload).bytes);
      digests.set(algorithm, known);
      return known;
    };
    const matches = [...images].flatMap(([component, facts]) =>
      facts.some(({ digest }) => digest && digestHex(digest.algorithm) === bytesToHex(digest.bytes)) ? [component] : [],
    );
    return { uri, size: payload.length, matches, isEnvelope: dependencies.has(uri) };
  });
}
