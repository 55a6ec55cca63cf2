import type { CborItem, Result } from "@sumac/cbor";
import type { ReceivedBytes } from "./envelope.ts";
import { expectBytes, expectFields, expectLabel, expectMap, expectText } from "./expect-item.ts";
import { componentTextLabel, nameOf, textLabel } from "./labels.ts";
import { decodeLayer, openBytes, type Scope, scopeAt } from "./layer.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import type { ComponentText, LanguageText, ManifestText } from "./manifest.ts";
import { optional } from "./optional.ts";
import { readComponentId } from "./parse-component.ts";
import { attempt, refuse, refuseMalformed, type SuitRefusal } from "./refusal.ts";

/** The shape of language tags that CBOR tag 38 allows (RFC 9290 appendix A). */
const languageTag = /^[a-zA-Z]{1,8}(?:-[a-zA-Z0-9]{1,8})*$/;

/** Parses severed text; call only after its digest was checked against the manifest. */
export function parseText(received: ReceivedBytes, limits: Limits = defaultLimits): Result<ManifestText, SuitRefusal> {
  const field = "envelope.text";
  return attempt(() => {
    const item = decodeLayer(received.content, received.contentOffset, field, scopeAt(limits, 1));
    return textFrom(item, received.content, received.contentOffset, field);
  });
}

/** Text that stands in the manifest itself. */
export function readText(item: CborItem, field: string, scope: Scope): ManifestText {
  const bytes = expectBytes(item, field);
  return textFrom(openBytes(bytes, field, scope).item, bytes.value, bytes.contentOffset, field);
}

function textFrom(item: CborItem, encoded: Uint8Array, offset: number, field: string): ManifestText {
  const { entries } = expectMap(item, field);
  if (entries.length === 0) refuseMalformed("wrong-length", field, item.offset);
  const languages = entries.map(({ key, value }) => {
    const language = expectText(key, field);
    if (!languageTag.test(language)) refuseMalformed("wrong-value", field, key.offset);
    return readLanguage(language, value, `${field}.${language}`);
  });
  return { languages, encoded, offset };
}

function readLanguage(language: string, item: CborItem, field: string): LanguageText {
  const texts = new Map<keyof typeof textLabel, string>();
  const components: ComponentText[] = [];
  for (const { key, value } of expectMap(item, field).entries) {
    if (key.kind === "array") {
      components.push(readComponentText(key, value, `${field}.components.${components.length}`));
      continue;
    }
    const label = expectLabel(key, field);
    const name = nameOf(textLabel, label);
    if (name === undefined) refuse({ code: "unsupported", field, offset: key.offset, label });
    texts.set(name, expectText(value, `${field}.${name}`));
  }
  return {
    language,
    ...optional("manifestDescription", texts.get("manifest-description")),
    ...optional("updateDescription", texts.get("update-description")),
    ...optional("jsonSource", texts.get("manifest-json-source")),
    ...optional("yamlSource", texts.get("manifest-yaml-source")),
    components,
  };
}

function readComponentText(key: CborItem, item: CborItem, field: string): ComponentText {
  const component = readComponentId(key, field);
  const fields = expectFields(item, field, componentTextLabel);
  const text = (name: keyof typeof componentTextLabel): string | undefined => {
    const value = fields.get(name);
    return value === undefined ? undefined : expectText(value, `${field}.${name}`);
  };
  return {
    component,
    ...optional("vendorName", text("vendor-name")),
    ...optional("modelName", text("model-name")),
    ...optional("vendorDomain", text("vendor-domain")),
    ...optional("modelInfo", text("model-info")),
    ...optional("description", text("component-description")),
    ...optional("version", text("component-version")),
  };
}
