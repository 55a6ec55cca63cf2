import { type CborValue, encode } from "@sumac/cbor";
import { componentIdValue } from "./component.ts";
import { digestValue } from "./digest.ts";
import { commonLabel, manifestLabel, manifestVersion } from "./labels.ts";
import type { Severable } from "./manifest.ts";
import type { ManifestInput, SequenceInput } from "./manifest-input.ts";
import { serializeSequence } from "./serialize-commands.ts";
import { serializeText } from "./serialize-text.ts";

/**
 * The manifest as bytes, without the head of its byte string. Deterministic: the same description gives the same bytes.
 * It writes what it is given; whether that obeys the rules of a manifest, `parseManifest` says.
 */
export function serializeManifest(manifest: ManifestInput): Uint8Array {
  const { shared, validate, load, invoke, payloadFetch, install, text } = manifest;
  const members: Readonly<Record<keyof typeof manifestLabel, CborValue | undefined>> = {
    "manifest-version": manifestVersion,
    "manifest-sequence-number": manifest.sequenceNumber,
    common: serializeCommon(manifest.components, shared),
    "reference-uri": manifest.referenceUri,
    validate: validate && serializeSequence(validate),
    load: load && serializeSequence(load),
    invoke: invoke && serializeSequence(invoke),
    "payload-fetch": payloadFetch && severableValue(payloadFetch, serializeSequence),
    install: install && severableValue(install, serializeSequence),
    text: text && severableValue(text, serializeText),
  };
  return encodeLabelled(manifestLabel, members);
}

const serializeCommon = (components: ManifestInput["components"], shared: SequenceInput | undefined): Uint8Array =>
  encodeLabelled(commonLabel, {
    components: components.map(componentIdValue),
    "shared-sequence": shared && serializeSequence(shared),
  });

const severableValue = <T>(member: Severable<T>, serialize: (value: T) => Uint8Array): CborValue =>
  member.at === "inline" ? serialize(member.value) : digestValue(member.digest);

function encodeLabelled<Name extends string>(
  registry: Readonly<Record<Name, number>>,
  members: Readonly<Record<Name, CborValue | undefined>>,
): Uint8Array {
  const map = new Map<number, CborValue>();
  for (const name in registry) {
    const value = members[name];
    if (value !== undefined) map.set(registry[name], value);
  }
  return encode(map);
}
