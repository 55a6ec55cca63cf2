import { err, ok, type Result } from "@sumac/cbor";
import { bytesToHex, type Crypto } from "@sumac/crypto";
import {
  digestEquals,
  digestOf,
  type Envelope,
  type Limits,
  type Manifest,
  manifestDigest,
  parseManifest,
  type ResolvedMembers,
  resolveSeverable,
  type SeveredRefusal,
  type SuitRefusal,
} from "@sumac/suit";
import { imageDigests } from "./walk-manifest.ts";

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
 * signs), each severed member that is present is the one the manifest means, and each integrated payload is an image it
 * names. A member may be absent: severing is what they are for.
 */
export function checkConsistency(
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
  if (!members.ok) return members;
  const known = imageDigests(manifest.value, members.value);
  for (const [uri, payload] of envelope.integratedPayloads) {
    const isKnown = known.some((digest) => digestEquals(digestOf(crypto, digest.algorithm, payload), digest));
    if (!isKnown) return err({ code: "payload-mismatch", uri });
  }
  return ok({ envelope, manifest: manifest.value, members: members.value });
}
