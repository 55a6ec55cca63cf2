import { type CborValue, encode } from "@sumac/cbor";
import { componentIdValue } from "./component.ts";
import { componentTextLabel, textLabel } from "./labels.ts";
import type { ComponentText, LanguageText } from "./manifest.ts";
import type { TextInput } from "./manifest-input.ts";

/** The content of the text member's byte string. */
export const serializeText = (text: TextInput): Uint8Array =>
  encode(new Map(text.languages.map((language) => [language.language, languageValue(language)])));

function languageValue(text: LanguageText): CborValue {
  return new Map<CborValue, CborValue>([
    ...labelled(textLabel, {
      "manifest-description": text.manifestDescription,
      "update-description": text.updateDescription,
      "manifest-json-source": text.jsonSource,
      "manifest-yaml-source": text.yamlSource,
    }),
    ...text.components.map((c): [CborValue, CborValue] => [componentIdValue(c.component), componentValue(c)]),
  ]);
}

const componentValue = (text: ComponentText): CborValue =>
  new Map(
    labelled(componentTextLabel, {
      "vendor-name": text.vendorName,
      "model-name": text.modelName,
      "vendor-domain": text.vendorDomain,
      "model-info": text.modelInfo,
      "component-description": text.description,
      "component-version": text.version,
    }),
  );

function labelled<Name extends string>(
  registry: Readonly<Record<Name, number>>,
  texts: Readonly<Record<Name, string | undefined>>,
): [CborValue, CborValue][] {
  const entries: [CborValue, CborValue][] = [];
  for (const name in registry) {
    const text = texts[name];
    if (text !== undefined) entries.push([registry[name], text]);
  }
  return entries;
}
