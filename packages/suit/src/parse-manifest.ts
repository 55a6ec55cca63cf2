import type { CborItem, Result } from "@sumac/cbor";
import { componentKey, readComponentId } from "./component.ts";
import { readDigest } from "./digest.ts";
import type { ReceivedBytes } from "./envelope.ts";
import { expectArray, expectBytes, expectFields, expectLabel, expectText, expectUint } from "./expect-item.ts";
import { commonLabel, manifestLabel, manifestVersion } from "./labels.ts";
import { decodeLayer, openBytes, type Scope, scopeAt } from "./layer.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import type { CommandSequence, ComponentId, Manifest, Severable } from "./manifest.ts";
import { optional } from "./optional.ts";
import { readSequence } from "./parse-commands.ts";
import { readText } from "./parse-text.ts";
import { attempt, refuse, refuseMalformed, type SuitRefusal } from "./refusal.ts";

type ManifestField = keyof typeof manifestLabel;

/** Parses the manifest of an envelope. Call only on authenticated bytes: nothing here checks a signature or digest. */
export function parseManifest(received: ReceivedBytes, limits: Limits = defaultLimits): Result<Manifest, SuitRefusal> {
  return attempt(() => readManifest(received, scopeAt(limits, 1)));
}

function readManifest(received: ReceivedBytes, scope: Scope): Manifest {
  const item = decodeLayer(received.content, received.contentOffset, "manifest", scope);
  const fields = expectFields(item, "manifest", manifestLabel);
  const need = (name: ManifestField): CborItem =>
    fields.get(name) ?? refuseMalformed("missing", `manifest.${name}`, item.offset);

  const versionItem = need("manifest-version");
  const version = expectLabel(versionItem, "manifest.manifest-version");
  if (version !== manifestVersion) {
    refuse({ code: "unsupported", field: "manifest.manifest-version", offset: versionItem.offset, label: version });
  }
  const sequenceNumber = expectUint(need("manifest-sequence-number"), "manifest.manifest-sequence-number");
  const { components, shared } = readCommon(need("common"), scope);
  const componentCount = components.length;

  const sequence = (value: CborItem, name: ManifestField): CommandSequence =>
    readSequence(value, { field: `manifest.${name}`, section: "own", nesting: "top", componentCount }, scope);
  const own = (name: ManifestField): CommandSequence | undefined => {
    const value = fields.get(name);
    return value === undefined ? undefined : sequence(value, name);
  };
  const severable = <T>(name: ManifestField, read: (value: CborItem) => T): Severable<T> | undefined => {
    const value = fields.get(name);
    if (value === undefined) return undefined;
    return value.kind === "array"
      ? { at: "envelope", digest: readDigest(value, `manifest.${name}`) }
      : { at: "inline", value: read(value) };
  };
  const referenceUri = fields.get("reference-uri");
  return {
    sequenceNumber,
    components,
    ...optional("shared", shared),
    ...optional("referenceUri", referenceUri && expectText(referenceUri, "manifest.reference-uri")),
    ...optional("validate", own("validate")),
    ...optional("load", own("load")),
    ...optional("invoke", own("invoke")),
    ...optional(
      "payloadFetch",
      severable("payload-fetch", (value) => sequence(value, "payload-fetch")),
    ),
    ...optional(
      "install",
      severable("install", (value) => sequence(value, "install")),
    ),
    ...optional(
      "text",
      severable("text", (value) => readText(value, "manifest.text", scope)),
    ),
    encoded: received.content,
  };
}

function readCommon(
  member: CborItem,
  outer: Scope,
): { readonly components: readonly ComponentId[]; readonly shared: CommandSequence | undefined } {
  const field = "manifest.common";
  const { item, scope } = openBytes(expectBytes(member, field), field, outer);
  const fields = expectFields(item, field, commonLabel);
  const components = readComponents(
    fields.get("components") ?? refuseMalformed("missing", `${field}.components`, item.offset),
    `${field}.components`,
    scope,
  );
  const shared = fields.get("shared-sequence");
  const place = { field: `${field}.shared-sequence`, section: "shared", nesting: "top" } as const;
  return {
    components,
    shared: shared && readSequence(shared, { ...place, componentCount: components.length }, scope),
  };
}

/** One or more distinct components: twice the same one would be checked under one index and written under another. */
function readComponents(item: CborItem, field: string, scope: Scope): readonly ComponentId[] {
  const { items, offset } = expectArray(item, field);
  if (items.length === 0) refuseMalformed("wrong-length", field, offset);
  if (items.length > scope.limits.maxComponents) refuse({ code: "limit-exceeded", limit: "maxComponents", offset });
  const seen = new Set<string>();
  return items.map((value, i) => {
    const id = readComponentId(value, `${field}.${i}`);
    const key = componentKey(id);
    if (seen.has(key)) refuseMalformed("not-allowed-here", `${field}.${i}`, value.offset);
    seen.add(key);
    return id;
  });
}
