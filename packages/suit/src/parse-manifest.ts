import type { CborItem, Result } from "@sumac/cbor";
import { componentIndices } from "./component.ts";
import { readDigest } from "./digest.ts";
import type { ReceivedBytes } from "./envelope.ts";
import { expectBytes, expectFields, expectLabel, expectMap, expectText, expectUint } from "./expect-item.ts";
import { isEnabled } from "./extension.ts";
import { commonLabel, manifestLabel, manifestVersion, nameOf } from "./labels.ts";
import { decodeLayer, openBytes, type Scope, scopeAt } from "./layer.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import type { CommandSequence, Manifest, ReceivedMember, Severable } from "./manifest.ts";
import { optional } from "./optional.ts";
import { readSequence } from "./parse-commands.ts";
import { readComponentId, readComponents, readDependencies } from "./parse-component.ts";
import { readText } from "./parse-text.ts";
import { attempt, refuse, refuseMalformed, type SuitRefusal } from "./refusal.ts";
import { readVersion } from "./update-management-14/version.ts";

type ManifestField = keyof typeof manifestLabel;

/** Parses the manifest of an envelope. Call only on authenticated bytes: nothing here checks a signature or digest. */
export function parseManifest(received: ReceivedBytes, limits: Limits = defaultLimits): Result<Manifest, SuitRefusal> {
  return attempt(() => readManifest(received, scopeAt(limits, 1)));
}

function readManifest(received: ReceivedBytes, scope: Scope): Manifest {
  const item = decodeLayer(received.content, received.contentOffset, "manifest", scope);
  const accepted = (name: ManifestField): boolean => isEnabled("manifest", name, scope.limits.extensions);
  const fields = expectFields(item, "manifest", manifestLabel, accepted);
  const need = (name: ManifestField): CborItem =>
    fields.get(name) ?? refuseMalformed("missing", `manifest.${name}`, item.offset);

  const versionItem = need("manifest-version");
  const version = expectLabel(versionItem, "manifest.manifest-version");
  if (version !== manifestVersion) {
    refuse({ code: "unsupported", field: "manifest.manifest-version", offset: versionItem.offset, label: version });
  }
  const sequenceNumber = expectUint(need("manifest-sequence-number"), "manifest.manifest-sequence-number");
  const { layout, ...common } = readCommon(need("common"), scope);
  const componentCount = componentIndices(common).length;

  const read = <T>(name: ManifestField, reader: (value: CborItem, field: string) => T): T | undefined => {
    const value = fields.get(name);
    return value === undefined ? undefined : reader(value, `manifest.${name}`);
  };
  const sequence = (value: CborItem, field: string): CommandSequence =>
    readSequence(value, { field, section: "own", nesting: "top", componentCount }, scope);
  const severable = <T>(name: ManifestField, inline: (value: CborItem, field: string) => T): Severable<T> | undefined =>
    read(name, (value, field) =>
      value.kind === "array"
        ? { at: "envelope", digest: readDigest(value, field) }
        : { at: "inline", value: inline(value, field) },
    );
  return {
    sequenceNumber,
    ...common,
    ...optional("manifestComponentId", read("manifest-component-id", readComponentId)),
    ...optional("referenceUri", read("reference-uri", expectText)),
    ...optional(
      "setVersion",
      read("set-version", (value, field) => readVersion(value, field, scope)),
    ),
    ...optional("validate", read("validate", sequence)),
    ...optional("load", read("load", sequence)),
    ...optional("invoke", read("invoke", sequence)),
    ...optional("uninstall", read("uninstall", sequence)),
    ...optional("dependencyResolution", severable("dependency-resolution", sequence)),
    ...optional("payloadFetch", severable("payload-fetch", sequence)),
    ...optional("candidateVerification", severable("candidate-verification", sequence)),
    ...optional("install", severable("install", sequence)),
    ...optional(
      "text",
      severable("text", (value, field) => readText(value, field, scope)),
    ),
    layout: [...membersOf(item, manifestLabel, received.content, received.contentOffset), ...layout],
    encoded: received.content,
  };
}

function readCommon(
  member: CborItem,
  outer: Scope,
): Pick<Manifest, "components" | "dependencies" | "shared" | "layout"> {
  const field = "manifest.common";
  const bytes = expectBytes(member, field);
  const { item, scope } = openBytes(bytes, field, outer);
  const { extensions } = scope.limits;
  const fields = expectFields(item, field, commonLabel, (name) => isEnabled("common", name, extensions));
  const componentsItem = fields.get("components") ?? refuseMalformed("missing", `${field}.components`, item.offset);
  const components = readComponents(componentsItem, `${field}.components`, scope);
  const dependenciesItem = fields.get("dependencies");
  const dependencies =
    dependenciesItem && readDependencies(dependenciesItem, `${field}.dependencies`, components.length, scope);
  const listed = { components, ...optional("dependencies", dependencies) };
  const shared = fields.get("shared-sequence");
  const place = { field: `${field}.shared-sequence`, section: "shared", nesting: "top" } as const;
  const componentCount = componentIndices(listed).length;
  return {
    ...listed,
    ...optional("shared", shared && readSequence(shared, { ...place, componentCount }, scope)),
    layout: membersOf(item, commonLabel, bytes.value, bytes.contentOffset),
  };
}

/** The entries of a map whose keys were all found in `registry`, with the bytes that they had in `content`. */
const membersOf = (
  item: CborItem,
  registry: Readonly<Record<string, number>>,
  content: Uint8Array,
  contentOffset: number,
): readonly ReceivedMember[] =>
  expectMap(item, "manifest").entries.map(({ key, value }) => ({
    name: nameOf(registry, expectLabel(key, "manifest")) ?? "",
    offset: key.offset,
    encoded: content.subarray(key.offset - contentOffset, value.end - contentOffset),
  }));
