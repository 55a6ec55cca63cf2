import { err, ok, type Result } from "@sumac/cbor";
import { bytesToHex, type Crypto } from "@sumac/crypto";
import {
  digestEquals,
  digestOf,
  type Envelope,
  type Limits,
  type Manifest,
  manifestDigest,
  parseIntegratedEnvelope,
  parseManifest,
  type ResolvedMembers,
  resolveSeverable,
  type SeveredRefusal,
  type SuitDigest,
  type SuitRefusal,
} from "@sumac/suit";
import { imageDigests, sectionsOf } from "./walk-manifest.ts";

export type InconsistentEnvelope =
  | SuitRefusal
  | SeveredRefusal
  | { readonly code: "manifest-digest-mismatch"; readonly claimed: string; readonly computed: string }
  | { readonly code: "payload-mismatch"; readonly uri: string };

/** The manifest of an envelope with all of its members that came along, matched to one another. Nothing about who signed. */
export interface ConsistentEnvelope {
  readonly envelope: Envelope;
  readonly manifest: Manifest;
  readonly members: ResolvedMembers;
}

/**
 * Whether an envelope is one thing: the wrapper's digest is the manifest's (suit.md 3: a signer checks before it
 * signs), each severed member that is present is the one the manifest means, and each integrated payload is an image or
 * the envelope of a dependency that it names. A member may be absent: severing is what they are for.
 */
export function checkConsistency(
  envelope: Envelope,
  crypto: Crypto,
  limits?: Limits,
): Result<ConsistentEnvelope, InconsistentEnvelope> {
  const consistent = checkManifest(envelope, crypto, limits);
  if (!consistent.ok) return consistent;
  const { manifest, members } = consistent.value;
  const known = imageDigests(sectionsOf(manifest, members));
  for (const uri of envelope.integratedPayloads.keys()) {
    const isKnown = known.some((digest) => isPayload(envelope, uri, digest, crypto, limits));
    if (!isKnown) return err({ code: "payload-mismatch", uri });
  }
  return consistent;
}

/** The same without the integrated payloads. */
export function checkManifest(
  envelope: Envelope,
  crypto: Crypto,
  limits?: Limits,
): Result<ConsistentEnvelope, InconsistentEnvelope> {
  const computed = manifestDigest(envelope.manifest, envelope.digest.algorithm, crypto);
  if (!digestEquals(computed, envelope.digest)) {
    const claimed = bytesToHex(envelope.digest.bytes);
    return err({ code: "manifest-digest-mismatch", claimed, computed: bytesToHex(computed.bytes) });
  }
  const manifest = parseManifest(envelope.manifest, limits);
  if (!manifest.ok) return manifest;
  const members = resolveSeverable(envelope, manifest.value, crypto, limits);
  return members.ok ? ok({ envelope, manifest: manifest.value, members: members.value }) : members;
}

/** Whether what the envelope carries under `uri` is what the digest means: an image, or the manifest of a dependency. */
export function isPayload(
  envelope: Envelope,
  uri: string,
  digest: SuitDigest,
  crypto: Crypto,
  limits?: Limits,
): boolean {
  const payload = envelope.integratedPayloads.get(uri);
  if (payload === undefined) return false;
  if (digestEquals(digestOf(crypto, digest.algorithm, payload), digest)) return true;
  const inner = parseIntegratedEnvelope(envelope, uri, limits);
  return inner?.ok === true && digestEquals(manifestDigest(inner.value.manifest, digest.algorithm, crypto), digest);
}
