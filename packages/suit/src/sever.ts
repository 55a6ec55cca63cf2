import type { Crypto, DigestName } from "@sumac/crypto";
import { encloseBytes, manifestDigest } from "./digest.ts";
import type { Envelope } from "./envelope.ts";
import type { Severable, SeverableName } from "./manifest.ts";
import type { ManifestInput } from "./manifest-input.ts";
import { optional } from "./optional.ts";
import { serializeSequence } from "./serialize-commands.ts";
import { buildEnvelope, envelopeParts } from "./serialize-envelope.ts";
import { serializeText } from "./serialize-text.ts";

/** A manifest that holds digests, and the members that go beside it into the envelope. */
export interface SeveredManifest {
  readonly manifest: ManifestInput;
  readonly severed: ReadonlyMap<SeverableName, Uint8Array>;
}

/**
 * Takes `members` out of a manifest that is being written. Members that the manifest lacks, or holds as digests
 * already, are left alone. Sever before signing: it changes the manifest.
 */
export function severMembers(
  manifest: ManifestInput,
  members: readonly SeverableName[],
  algorithm: DigestName,
  crypto: Crypto,
): SeveredManifest {
  const severed = new Map<SeverableName, Uint8Array>();
  const sever = <T>(
    name: SeverableName,
    member: Severable<T> | undefined,
    serialize: (value: T) => Uint8Array,
  ): Severable<T> | undefined => {
    if (member?.at !== "inline" || !members.includes(name)) return member;
    const content = serialize(member.value);
    severed.set(name, content);
    return { at: "envelope", digest: manifestDigest(encloseBytes(content), algorithm, crypto) };
  };
  return {
    manifest: {
      ...manifest,
      ...optional(
        "dependencyResolution",
        sever("dependency-resolution", manifest.dependencyResolution, serializeSequence),
      ),
      ...optional("payloadFetch", sever("payload-fetch", manifest.payloadFetch, serializeSequence)),
      ...optional(
        "candidateVerification",
        sever("candidate-verification", manifest.candidateVerification, serializeSequence),
      ),
      ...optional("install", sever("install", manifest.install, serializeSequence)),
      ...optional("text", sever("text", manifest.text, serializeText)),
    },
    severed,
  };
}

/** The envelope without some of its severed members: still authentic, for a recipient that does not need them. */
export function dropSevered(envelope: Envelope, members: readonly SeverableName[]): Uint8Array {
  const parts = envelopeParts(envelope);
  return buildEnvelope({ ...parts, severed: new Map([...parts.severed].filter(([name]) => !members.includes(name))) });
}
