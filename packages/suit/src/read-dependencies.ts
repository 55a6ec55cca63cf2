import type { CborItem } from "@sumac/cbor";
import type { CommandBody } from "./command.ts";
import { expectFields, expectIndex, expectMap } from "./expect-item.ts";
import type { Extension } from "./extension.ts";
import { type Reader, tableOf } from "./grammar.ts";
import type { Scope } from "./layer.ts";
import type { Dependency } from "./manifest.ts";
import { optional } from "./optional.ts";
import { readComponentId } from "./parse-component.ts";
import { type ParameterName, readParameters } from "./parse-parameters.ts";
import { parameterRules, readCondition, readDirective, readSequence } from "./read-commands.ts";
import { type MemberReaders, readSeverableSequence } from "./read-manifest.ts";
import { refuseOverLimit } from "./refusal.ts";
import { trustDomains } from "./trust-domains-12.ts";

/** At least one; with the components together no more than the limit. */
function readDependencies(item: CborItem, field: string, { limits, componentCount }: Scope): readonly Dependency[] {
  const { entries, offset } = expectMap(item, field);
  if (componentCount + entries.length > limits.maxComponents) refuseOverLimit("maxComponents", offset);
  return entries.map(({ key, value }) => {
    const index = expectIndex(key, field);
    const name = `${field}.${index}`;
    const prefix = expectFields(value, name, trustDomains.dependency).get("dependency-prefix");
    return { index, ...optional("prefix", prefix && readComponentId(prefix, `${name}.dependency-prefix`)) };
  });
}

/**
 * What a dependent may decide before is never a digest (draft-37 section 7: "MUST always be set using Override
 * Parameters"; THREAT.MFST.OVERRIDE), and strict-order and soft-failure always have a value, so that to set them only
 * where unset would mean nothing.
 */
const neverSetWhereUnset: readonly ParameterName[] = ["image-digest", "strict-order", "soft-failure"];

const readSetParameters: Reader<CommandBody> = (item, field, scope) => ({
  kind: "set-parameters",
  parameters: readParameters(item, field, parameterRules(scope, neverSetWhereUnset), scope),
});

const members: MemberReaders<keyof typeof trustDomains.manifest> = {
  "manifest-component-id": readComponentId,
  "dependency-resolution": readSeverableSequence,
  "candidate-verification": readSeverableSequence,
  uninstall: (item, field, scope) => readSequence(item, field, scope),
};

/** Manifests that depend on others. To process them takes more than to read them: `VerifyContext.dependencies`. */
export const trustDomains12: Extension = {
  name: "trust-domains",
  draft: "draft-ietf-suit-trust-domains-12",
  manifest: tableOf(trustDomains.manifest, members),
  common: tableOf(trustDomains.common, { dependencies: readDependencies }),
  command: new Map([
    ...tableOf(trustDomains.condition, {}, readCondition),
    ...tableOf(trustDomains.directive, { "set-parameters": readSetParameters }, readDirective),
  ]),
  severable: ["dependency-resolution", "candidate-verification"],
};
