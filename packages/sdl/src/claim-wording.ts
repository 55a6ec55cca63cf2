import { type Finding, findingAt } from "./finding.ts";
import type { ProductModel } from "./product-model.ts";
import type { Located } from "./yaml-file.ts";

/**
 * What a vendor's text must not say. An achieved level (SL-A) belongs to a plant and a certificate to an assessor; a
 * level without its kind (T, C or A) is neither. Phrases that deny it ("not a certificate") are allowed.
 */
const overstated: readonly { readonly pattern: RegExp; readonly about: string }[] = [
  { pattern: /\bSL[- ]?A\b(?!\w)/i, about: "SL-A is achieved by a plant, never by a product" },
  {
    pattern:
      /\bachieve[sd]?\b[^.\n]{0,30}\b(?:SL|security level)\b|\b(?:SL|security level)\b[^.\n]{0,20}\bachieve[sd]?\b/i,
    about: "a product has a capability, it achieves no level",
  },
  {
    pattern:
      /\b(?:SL|security level)[- ]?[0-4]\b[^.\n]{0,20}\bcertified\b|\bcertified\b[^.\n]{0,30}\b(?:SL|security level|62443)\b|\b62443\b[^.\n]{0,20}\bcertified\b/i,
    about: "evidence of one's own is not a certificate",
  },
  {
    pattern: /\b62443[- ]compliant\b|\bcompl(?:ies|iant) with (?:IEC |ISA )?62443\b/i,
    about: "conformity is for an assessor to say",
  },
  { pattern: /(?<![-\w])SL ?[1-4]\b(?!\s*\.)/, about: "say SL-C or SL-T" },
];
const denied = /\b(?:not|never|no)\b[^.\n]{0,40}$/i;

/** Phrases of `text` that overstate, with their line, both counted from 1. */
export function overstatements(
  text: string,
): readonly { readonly line: number; readonly column: number; readonly about: string; readonly phrase: string }[] {
  return text.split("\n").flatMap((row, index) =>
    overstated.flatMap(({ pattern, about }) => {
      const match = pattern.exec(row);
      if (match === null || denied.test(row.slice(0, match.index))) return [];
      return [{ line: index + 1, column: match.index + 1, about, phrase: match[0] }];
    }),
  );
}

/** The texts that reach customers: claims, guides' words in the context, update documents, the product's own. */
export function lintWording(model: ProductModel): readonly Finding[] {
  const { single, many, updates } = model;
  const findings: Finding[] = [];
  const check = (file: Located<unknown>, path: readonly (string | number)[], text: string): void => {
    const found = overstatements(text)[0];
    if (found !== undefined)
      findings.push(findingAt("sdl/claim-wording", file.place(path), `"${found.phrase}": ${found.about}`));
  };
  if (single.product !== undefined) {
    check(single.product, ["name"], single.product.value.name);
    check(single.product, ["sl_c_reason"], single.product.value.sl_c_reason);
  }
  for (const file of many.claim.values()) check(file, ["statement"], file.value.statement);
  const { context } = single;
  context?.value.site_measures.forEach(({ statement }, index) => {
    check(context, ["site_measures", index, "statement"], statement);
  });
  for (const { doc } of updates.values()) {
    if (doc === undefined) continue;
    check(doc, ["title"], doc.value.title);
    check(doc, ["not_installing", "risk"], doc.value.not_installing.risk);
  }
  return findings;
}
