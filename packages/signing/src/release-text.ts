import type { ComponentText, LanguageText } from "@sumac/suit";
import { defaultLanguage, type ReleaseDescription, type Translation } from "./release-description.ts";

/** The texts of a release: those of the description, then their translations. Facts are the same in every language. */
export function describeRelease(description: ReleaseDescription, version: string): readonly LanguageText[] {
  const first: Translation = {
    language: description.language ?? defaultLanguage,
    ...(description.vendorName !== undefined && { vendorName: description.vendorName }),
    ...(description.description !== undefined && { description: description.description }),
    names: description.components.map(({ name }) => name),
  };
  return [first, ...(description.translations ?? [])].map((texts) => describeIn(texts, description, version));
}

function describeIn(texts: Translation, description: ReleaseDescription, version: string): LanguageText {
  const components = description.components.map(({ id }, index): ComponentText => {
    const name = texts.names?.[index];
    return {
      component: id.map((segment) => new TextEncoder().encode(segment)),
      ...(texts.vendorName !== undefined && { vendorName: texts.vendorName }),
      modelName: description.product,
      vendorDomain: description.vendor,
      ...(name !== undefined && { description: name }),
      version,
    };
  });
  return {
    language: texts.language,
    ...(texts.description !== undefined && { manifestDescription: texts.description }),
    components,
  };
}
