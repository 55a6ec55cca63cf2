import { type CborItem, need, needLabel } from "@sumac/cbor";
import type { CamelCase } from "./camel-case.ts";
import { componentIndices } from "./component.ts";
import { readDigest } from "./digest.ts";
import type { ReceivedBytes } from "./envelope.ts";
import { expectText, expectUint } from "./expect-item.ts";
import { fieldsOf, layoutOf, type Reader, readFields, type Table, tableOf, takeField } from "./grammar.ts";
import type { manifestLabel } from "./labels.ts";
import { decodeLayer, deeper, openBytes, type Scope } from "./layer.ts";
import type { CommandSequence, ComponentId, Manifest, ManifestText, Severable } from "./manifest.ts";
import { coreLabels, manifestVersion } from "./manifest-37.ts";
import { optional } from "./optional.ts";
import { readComponents } from "./parse-component.ts";
import { readSequence } from "./read-commands.ts";
import { refuseUnsupported } from "./refusal.ts";

export function readManifest({ content, contentOffset }: ReceivedBytes, outer: Scope): Manifest {
  const map = need(decodeLayer({ content, contentOffset }, "manifest", outer), "map", "manifest");
  const fields = fieldsOf(map, "manifest", "manifest", outer);
  const layout = layoutOf(fields, { value: content, contentOffset });
  const take = (name: keyof typeof coreLabels.manifest): unknown => takeField(fields, name, "manifest", map, outer);
  take("manifest-version");
  const sequenceNumber = take("manifest-sequence-number") as bigint;
  const common = take("common") as Common;
  const scope = { ...outer, componentCount: componentIndices(common).length };
  return {
    sequenceNumber,
    ...common,
    ...readFields(fields, "manifest", scope),
    layout: [...layout, ...common.layout],
    encoded: content,
  };
}

function readVersion(item: CborItem, field: string): number {
  const version = needLabel(item, field);
  return version === manifestVersion ? version : refuseUnsupported(field, item.offset, version);
}

type Common = Pick<Manifest, "components" | "dependencies" | "shared" | "layout">;

function readCommon(item: CborItem, field: string, outer: Scope): Common {
  const bytes = need(item, "bytes", field);
  const map = need(openBytes(bytes, field, outer), "map", field);
  const fields = fieldsOf(map, field, "common", outer);
  const layout = layoutOf(fields, bytes);
  const scope = deeper(outer);
  const components = takeField(fields, "components", field, map, scope) as readonly ComponentId[];
  const rest = fields.get("shared-sequence");
  fields.delete("shared-sequence");
  // Dependencies are counted behind the components, and both before an index is read.
  const listed = { components, ...readFields(fields, field, { ...scope, componentCount: components.length }) };
  const shared = { ...scope, section: "shared", componentCount: componentIndices(listed).length } as const;
  return {
    ...listed,
    ...optional("shared", rest && readSequence(rest.value, `${field}.shared-sequence`, shared)),
    layout,
  };
}

const readOwnSequence: Reader<CommandSequence> = (item, field, scope) => readSequence(item, field, scope);

const readText: Reader<ManifestText> = (item, field, scope) => {
  const { value: content, contentOffset } = need(item, "bytes", field);
  return scope.limits.readText({ content, contentOffset }, field, deeper(scope));
};

/** The member itself, or the digest of one that may stand beside the manifest. */
const severable =
  <T>(inline: Reader<T>): Reader<Severable<T>> =>
  (item, field, scope, name) =>
    item.kind === "array"
      ? { at: "envelope", digest: readDigest(item, field) }
      : { at: "inline", value: inline(item, field, scope, name) };

export const readSeverableSequence: Reader<Severable<CommandSequence>> = severable(readOwnSequence);

/** Every member with the type that it has in `Manifest`. */
export type MemberReaders<Name extends keyof typeof manifestLabel> = {
  readonly [N in Name]: Reader<Manifest[CamelCase<N> & keyof Manifest]>;
};

type Member = Exclude<keyof typeof coreLabels.manifest, "manifest-version" | "manifest-sequence-number" | "common">;

const members: MemberReaders<Member> = {
  "reference-uri": expectText,
  validate: readOwnSequence,
  load: readOwnSequence,
  invoke: readOwnSequence,
  "payload-fetch": readSeverableSequence,
  install: readSeverableSequence,
  text: severable(readText),
};

export const coreManifest: Table = tableOf(coreLabels.manifest, {
  "manifest-version": readVersion,
  "manifest-sequence-number": expectUint,
  common: readCommon,
  ...members,
});

export const coreCommon: Table = tableOf(coreLabels.common, {
  components: readComponents,
  "shared-sequence": readOwnSequence,
});
