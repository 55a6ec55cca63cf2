import type { CborMap } from "@sumac/cbor";
import { describeComponent } from "./describe-component.ts";
import { type DescribedLine, indent, line, type ReceivedAt } from "./described-line.ts";
import { entrySpans, mapIn } from "./described-spans.ts";
import { componentTextLabel, textLabel } from "./labels.ts";
import type { ComponentText, LanguageText, ManifestText } from "./manifest.ts";
import { quote } from "./quote.ts";

/** The text by language. It is the author's word and decides nothing. */
export function textLines(text: ManifestText): readonly DescribedLine[] {
  const whole = mapIn(text);
  const spans = whole === undefined ? [] : entrySpans(whole, text);
  return text.languages.flatMap((language, i) => {
    const span = spans[i];
    return [
      line(`in ${language.language}`, span?.at),
      ...indent(languageLines(language, span?.value.kind === "map" ? span.value : undefined, text)),
    ];
  });
}

function languageLines(text: LanguageText, map: CborMap | undefined, whole: ReceivedAt): readonly DescribedLine[] {
  const spans = map === undefined ? [] : entrySpans(map, whole);
  const at = new Map(spans.map(({ key, at }) => [key.kind === "integer" ? Number(key.value) : undefined, at]));
  const components = spans.filter(({ key }) => key.kind === "array");
  return [
    ...textsOf(
      {
        "manifest description": [textLabel["manifest-description"], text.manifestDescription],
        "update description": [textLabel["update-description"], text.updateDescription],
        "json source": [textLabel["manifest-json-source"], text.jsonSource],
        "yaml source": [textLabel["manifest-yaml-source"], text.yamlSource],
      },
      at,
    ),
    ...text.components.flatMap((component, i) => {
      const span = components[i];
      return [
        line(`component ${describeComponent(component.component)}`, span?.at),
        ...indent(componentTextLines(component, span?.value.kind === "map" ? span.value : undefined, whole)),
      ];
    }),
  ];
}

function componentTextLines(
  text: ComponentText,
  map: CborMap | undefined,
  whole: ReceivedAt,
): readonly DescribedLine[] {
  const spans = map === undefined ? [] : entrySpans(map, whole);
  const at = new Map(spans.map(({ key, at }) => [key.kind === "integer" ? Number(key.value) : undefined, at]));
  return textsOf(
    {
      "vendor name": [componentTextLabel["vendor-name"], text.vendorName],
      "model name": [componentTextLabel["model-name"], text.modelName],
      "vendor domain": [componentTextLabel["vendor-domain"], text.vendorDomain],
      "model information": [componentTextLabel["model-info"], text.modelInfo],
      description: [componentTextLabel["component-description"], text.description],
      version: [componentTextLabel["component-version"], text.version],
    },
    at,
  );
}

const textsOf = (
  texts: Readonly<Record<string, readonly [label: number, text: string | undefined]>>,
  at: ReadonlyMap<number | undefined, ReceivedAt>,
): readonly DescribedLine[] =>
  Object.entries(texts).flatMap(([name, [label, text]]) =>
    text === undefined ? [] : [line(`${name}: ${quote(text)}`, at.get(label))],
  );
