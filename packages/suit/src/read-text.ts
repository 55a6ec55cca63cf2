import { type CborItem, need, needLabel } from "@sumac/cbor";
import { expectFields, expectMap, expectText } from "./expect-item.ts";
import { componentTextLabel, textLabel } from "./labels.ts";
import { decodeLayer } from "./layer.ts";
import type { TextReader } from "./limits.ts";
import type { ComponentText, LanguageText } from "./manifest.ts";
import { nameOf } from "./name-of.ts";
import { optional } from "./optional.ts";
import { readComponentId } from "./parse-component.ts";
import { refuseMalformed, refuseUnsupported } from "./refusal.ts";

/** The shape of language tags that CBOR tag 38 allows (RFC 9290 appendix A). */
const languageTag = /^[a-zA-Z]{1,8}(?:-[a-zA-Z0-9]{1,8})*$/;

/** The content of the text member, `scope.depth` layers deep. */
export const readText: TextReader = (received, field, scope) => {
  const { entries } = expectMap(decodeLayer(received, field, scope), field);
  const languages = entries.map(({ key, value }) => {
    const language = expectText(key, field);
    if (!languageTag.test(language)) refuseMalformed("wrong-value", field, key.offset);
    return readLanguage(language, value, `${field}.${language}`);
  });
  return { languages, encoded: received.content, offset: received.contentOffset };
};

function readLanguage(language: string, item: CborItem, field: string): LanguageText {
  const texts = new Map<keyof typeof textLabel, string>();
  const components: ComponentText[] = [];
  for (const { key, value } of need(item, "map", field).entries) {
    if (key.kind === "array") {
      components.push(readComponentText(key, value, `${field}.components.${components.length}`));
      continue;
    }
    const label = needLabel(key, field);
    const name = nameOf(textLabel, label) ?? refuseUnsupported(field, key.offset, label);
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
