import { type CborValue, encode } from "@sumac/cbor";
import { componentIdValue } from "./component.ts";
import { digestValue } from "./digest.ts";
import { commonLabel, dependencyLabel, manifestLabel, manifestVersion } from "./labels.ts";
import type { Dependency, Severable } from "./manifest.ts";
import type { ManifestInput, SequenceInput } from "./manifest-input.ts";
import { serializeSequence } from "./serialize-commands.ts";
import { serializeText } from "./serialize-text.ts";
import { serializeVersion } from "./update-management-14/version.ts";

/**
 * The manifest as bytes, without the head of its byte string. Deterministic: the same description gives the same bytes.
 * It writes what it is given; whether that obeys the rules of a manifest, `parseManifest` says.
 */
export function serializeManifest(manifest: ManifestInput): Uint8Array {
  const { validate, load, invoke, uninstall, text } = manifest;
  const severable = (member: Severable<SequenceInput> | undefined): CborValue | undefined =>
    member && severableValue(member, serializeSequence);
  const members: Readonly<Record<keyof typeof manifestLabel, CborValue | undefined>> = {
    "manifest-version": manifestVersion,
    "manifest-sequence-number": manifest.sequenceNumber,
    common: serializeCommon(manifest),
    "reference-uri": manifest.referenceUri,
    "manifest-component-id": manifest.manifestComponentId && componentIdValue(manifest.manifestComponentId),
    "set-version": manifest.setVersion && serializeVersion(manifest.setVersion),
    validate: validate && serializeSequence(validate),
    load: load && serializeSequence(load),
    invoke: invoke && serializeSequence(invoke),
    uninstall: uninstall && serializeSequence(uninstall),
    "dependency-resolution": severable(manifest.dependencyResolution),
    "payload-fetch": severable(manifest.payloadFetch),
    "candidate-verification": severable(manifest.candidateVerification),
    install: severable(manifest.install),
    text: text && severableValue(text, serializeText),
  };
  return encodeLabelled(manifestLabel, members);
}

const serializeCommon = ({ components, dependencies, shared }: ManifestInput): Uint8Array =>
  encodeLabelled(commonLabel, {
    dependencies: dependencies && new Map(dependencies.map((one) => [one.index, dependencyValue(one)])),
    components: components.map(componentIdValue),
    "shared-sequence": shared && serializeSequence(shared),
  });

const dependencyValue = ({ prefix }: Dependency): CborValue =>
  new Map(prefix === undefined ? [] : [[dependencyLabel["dependency-prefix"], componentIdValue(prefix)]]);

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
