import type { Crypto } from "@sumac/crypto";
import { type Limits, type Manifest, parseEnvelope, parseManifest } from "@sumac/suit";
import { judgeManifestDigest } from "./judge-manifest.ts";
import { trustPartOf } from "./trust-parts.ts";

/**
 * The manifest of an envelope that is about a trust record and nothing else; undefined for every other. No signature is
 * asked: only a device knows whose root keys have to have signed. For whoever lists envelopes by their digest.
 */
export function readTrustUpdate(bytes: Uint8Array, crypto: Crypto, limits?: Limits): Manifest | undefined {
  const envelope = parseEnvelope(bytes, limits);
  if (!envelope.ok || judgeManifestDigest(envelope.value, crypto) !== undefined) return undefined;
  const manifest = parseManifest(envelope.value.manifest, limits);
  if (!manifest.ok || manifest.value.components.length === 0) return undefined;
  return manifest.value.components.every((id) => trustPartOf(id) !== undefined) ? manifest.value : undefined;
}
