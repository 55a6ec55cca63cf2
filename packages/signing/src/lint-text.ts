import { equalBytes } from "@sumac/crypto";
import {
  type ComponentText,
  componentKey,
  formatVersion,
  formatVersionMatch,
  type LanguageText,
  type ManifestText,
  type Sha1,
  type Version,
  vendorIdFor,
  versionMatches,
} from "@sumac/suit";
import type { ConsistentEnvelope } from "./envelope-consistency.ts";
import { type Finding, type FindingFacts, finding } from "./finding.ts";
import type { Journal } from "./lint-journal.ts";
import { classIdOf } from "./vendor-identity.ts";
import { readVersionText } from "./version-text.ts";
import { commandsOf, type Sections } from "./walk-manifest.ts";

/** A person approves by what the text says, a device decides by what is signed beside it: they must not differ. */
export function lintText(
  { manifest, members }: ConsistentEnvelope,
  sections: Sections,
  journal: Journal,
  sha1: Sha1,
): Finding[] {
  const { text } = members;
  if (text === undefined) return [];
  const facts = [...disagreements(text)];
  const known = new Map(manifest.components.map((id, index) => [componentKey(id), index]));
  const unknown = new Set<string>();
  const identity = signedIdentity(sections);
  for (const [language, component, described] of everyComponentText(text)) {
    const index = known.get(component);
    if (index === undefined) unknown.add(component);
    facts.push(...contradictedIdentity(language, component, described, identity, sha1));
    const isWhole = manifest.components.length === 1 && manifest.dependencies === undefined;
    const setVersion = isWhole ? manifest.setVersion : undefined;
    facts.push(...contradictedVersion(language, component, described, setVersion, journal, index));
  }
  for (const component of unknown) facts.push({ code: "text-component-unknown", component });
  return facts.map((fact) => finding(text.offset, fact));
}

function* everyComponentText({ languages }: ManifestText): Generator<[LanguageText, string, ComponentText]> {
  for (const language of languages) {
    for (const described of language.components) yield [language, componentKey(described.component), described];
  }
}

interface SignedIdentity {
  readonly vendorIds: readonly Uint8Array[];
  readonly classIds: readonly Uint8Array[];
}

/** Every identifier that any command sets: which of them holds for a component may depend on the device. */
function signedIdentity(sections: Sections): SignedIdentity {
  const vendorIds: Uint8Array[] = [];
  const classIds: Uint8Array[] = [];
  for (const command of commandsOf(sections)) {
    if (command.kind !== "override-parameters" && command.kind !== "set-parameters") continue;
    const { vendorIdentifier, classIdentifier } = command.parameters;
    if (vendorIdentifier !== undefined) vendorIds.push(vendorIdentifier);
    if (classIdentifier !== undefined) classIds.push(classIdentifier);
  }
  return { vendorIds, classIds };
}

/** Only an identifier made as draft-37 recommends, a UUIDv5, can contradict the text that it was made from. */
const isDerived = (id: Uint8Array): boolean => id.length === 16 && (id[6] ?? 0) >> 4 === 5;

function* contradictedIdentity(
  { language }: LanguageText,
  component: string,
  { vendorDomain: domain, modelInfo, modelName }: ComponentText,
  { vendorIds, classIds }: SignedIdentity,
  sha1: Sha1,
): Generator<FindingFacts> {
  const isAmong = (ids: readonly Uint8Array[], id: Uint8Array): boolean => ids.some((one) => equalBytes(one, id));
  const vendorId = domain === undefined ? undefined : vendorIdFor(domain, sha1);
  const hasVendor = vendorId !== undefined && isAmong(vendorIds, vendorId);
  if (domain !== undefined && !hasVendor && vendorIds.length > 0 && vendorIds.every(isDerived)) {
    yield { code: "text-vendor-contradicts", component, language, domain };
  }
  // The class may be made of more than the model: judged only where the vendor keeps to the recommended way.
  if (!hasVendor || classIds.length === 0 || !classIds.every(isDerived)) return;
  const models = [modelInfo, modelName].filter((model) => model !== undefined);
  const [model] = models;
  if (model === undefined || models.some((one) => isAmong(classIds, classIdOf(vendorId, one, sha1)))) return;
  yield { code: "text-model-contradicts", component, language, model };
}

function* contradictedVersion(
  { language }: LanguageText,
  component: string,
  { version }: ComponentText,
  setVersion: Version | undefined,
  { versions }: Journal,
  index: number | undefined,
): Generator<FindingFacts> {
  const shown = version === undefined ? undefined : readVersionText(version);
  if (version === undefined || shown === undefined) return;
  const fact = { code: "text-version-contradicts", component, language, version } as const;
  if (setVersion !== undefined && !isSame(shown, setVersion)) {
    yield { ...fact, signed: formatVersion(setVersion), field: "set-version" };
  }
  for (const { index: asked, value } of versions) {
    if (asked !== index || versionMatches(value, shown)) continue;
    yield { ...fact, signed: formatVersionMatch(value), field: "version" };
  }
}

/** What the shorter one leaves out is 0. */
const isSame = (a: Version, b: Version): boolean =>
  versionMatches({ comparison: "equal", version: a }, b) && versionMatches({ comparison: "equal", version: b }, a);

/** Names are translated; versions and domains are not. */
function* disagreements(text: ManifestText): Generator<FindingFacts> {
  const said = new Map<string, { readonly versions: Set<string>; readonly domains: Set<string> }>();
  for (const [, component, { version, vendorDomain }] of everyComponentText(text)) {
    const values = said.get(component) ?? { versions: new Set(), domains: new Set() };
    said.set(component, values);
    if (version !== undefined) values.versions.add(version);
    if (vendorDomain !== undefined) values.domains.add(vendorDomain);
  }
  for (const [component, { versions, domains }] of said) {
    const fact = { code: "text-languages-disagree", component } as const;
    if (versions.size > 1) yield { ...fact, field: "component-version", values: [...versions] };
    if (domains.size > 1) yield { ...fact, field: "vendor-domain", values: [...domains] };
  }
}
