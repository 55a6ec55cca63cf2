import { describeComponent } from "./describe-component.ts";
import { type DescribedLine, indent, line } from "./described-line.ts";
import type { ComponentText, LanguageText, ManifestText } from "./manifest.ts";
import { quote } from "./quote.ts";

/** The text by language. It is the author's word and decides nothing. */
export const textLines = (text: ManifestText): readonly DescribedLine[] =>
  text.languages.flatMap((language) => [line(`in ${language.language}`), ...indent(languageLines(language))]);

const languageLines = (text: LanguageText): readonly DescribedLine[] => [
  ...lines({
    "manifest description": text.manifestDescription,
    "update description": text.updateDescription,
    "json source": text.jsonSource,
    "yaml source": text.yamlSource,
  }),
  ...text.components.flatMap((component) => [
    line(`component ${describeComponent(component.component)}`),
    ...indent(componentTextLines(component)),
  ]),
];

const componentTextLines = (text: ComponentText): readonly DescribedLine[] =>
  lines({
    "vendor name": text.vendorName,
    "model name": text.modelName,
    "vendor domain": text.vendorDomain,
    "model information": text.modelInfo,
    description: text.description,
    version: text.version,
  });

const lines = (texts: Readonly<Record<string, string | undefined>>): readonly DescribedLine[] =>
  Object.entries(texts).flatMap(([name, text]) => (text === undefined ? [] : [line(`${name}: ${quote(text)}`)]));
