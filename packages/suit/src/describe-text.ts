import { indent } from "./describe-commands.ts";
import { describeComponent } from "./describe-component.ts";
import type { ComponentText, LanguageText, ManifestText } from "./manifest.ts";
import { quote } from "./quote.ts";

/** The text by language. It is the author's word and decides nothing. */
export const describeText = (text: ManifestText): readonly string[] =>
  text.languages.flatMap((language) => [`in ${language.language}`, ...indent(describeLanguage(language))]);

const describeLanguage = (text: LanguageText): readonly string[] => [
  ...lines({
    "manifest description": text.manifestDescription,
    "update description": text.updateDescription,
    "json source": text.jsonSource,
    "yaml source": text.yamlSource,
  }),
  ...text.components.flatMap((component) => [
    `component ${describeComponent(component.component)}`,
    ...indent(describeComponentText(component)),
  ]),
];

const describeComponentText = (text: ComponentText): readonly string[] =>
  lines({
    "vendor name": text.vendorName,
    "model name": text.modelName,
    "vendor domain": text.vendorDomain,
    "model information": text.modelInfo,
    description: text.description,
    version: text.version,
  });

const lines = (texts: Readonly<Record<string, string | undefined>>): readonly string[] =>
  Object.entries(texts).flatMap(([name, text]) => (text === undefined ? [] : [`${name}: ${quote(text)}`]));
