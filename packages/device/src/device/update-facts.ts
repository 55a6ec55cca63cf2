import type { Crypto } from "@sumac/crypto";
import { componentKey, defaultLimits, parseEnvelope, parseManifest, resolveSeverable } from "@sumac/suit";
import type { ComponentSlot } from "../slots/slots.ts";

const longestVersion = 64;

/**
 * What a command may be told of a release, from an envelope that was verified: its sequence number, and what the text of
 * the manifest calls the version of this component, in letters that are harmless everywhere; "unknown" if nothing.
 * Throws `RangeError` for an envelope that cannot have been verified.
 */
export function updateFacts(
  bytes: Uint8Array,
  { id }: ComponentSlot,
  crypto: Crypto,
): { readonly sequence: string; readonly version: string } {
  const limits = { ...defaultLimits, maxBytes: bytes.length };
  const envelope = parseEnvelope(bytes, limits);
  if (!envelope.ok) throw new RangeError(`not a verified envelope: ${envelope.error.code}`);
  const manifest = parseManifest(envelope.value.manifest, limits);
  if (!manifest.ok) throw new RangeError(`not a verified envelope: ${manifest.error.code}`);
  const members = resolveSeverable(envelope.value, manifest.value, crypto, limits);
  const texts = members.ok ? (members.value.text?.languages[0]?.components ?? []) : [];
  const said = texts.find(({ component }) => componentKey(component) === componentKey(id))?.version ?? "";
  // A version that began with "-" would be an option to some programs.
  const version = said
    .replace(/[^A-Za-z0-9._+~-]/g, "_")
    .replace(/^-/, "_")
    .slice(0, longestVersion);
  return { sequence: `${manifest.value.sequenceNumber}`, version: version === "" ? "unknown" : version };
}
