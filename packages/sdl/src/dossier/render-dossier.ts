import type { DossierData } from "./dossier-data.ts";
import { Html, html } from "./html.ts";
import {
  annexSection,
  componentSection,
  defectSection,
  keySection,
  practiceSection,
  threatSection,
  updateSection,
} from "./process-sections.ts";
import { style } from "./style.ts";
import { summarySection } from "./summary-section.ts";

const pages: readonly (readonly [string, string])[] = [
  ["summary", "Summary"],
  ["practices", "62443-4-1"],
  ["component", "62443-4-2"],
  ["threats", "Threats"],
  ["update", "Update"],
  ["issues", "Issues"],
  ["cra", "CRA Annex I"],
  ["evidence", "Evidence"],
  ["keys", "Keys"],
  ["files", "Files"],
];

/**
 * The page: one file, no script, nothing loaded. `styleDigest` (base64 of SHA-256) lets the content policy admit the one
 * style sheet and nothing else, should markup ever slip through.
 */
export function renderDossier(data: DossierData, styleDigest: string): string {
  const title = `${data.product.name} ${data.release.version}: evidence dossier`;
  const page: Html = html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${styleDigest}'; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${new Html(style)}</style>
</head>
<body>
<header><h1>${title}</h1>
<p>${data.product.vendor}. ${data.edition === "customer" ? "Customer" : "Internal"} edition, judged for ${data.judgedAt}.</p></header>
<nav aria-label="Parts"><ul>${pages.map(([id, name]) => html`<li><a href="#${id}">${name}</a></li>`)}</ul></nav>
<main>
${summarySection(data)}
${practiceSection(data)}
${componentSection(data)}
${threatSection(data)}
${updateSection(data)}
${defectSection(data)}
${annexSection(data)}
${keySection(data)}
</main>
<footer><p>Written by ${data.tool.name} ${data.tool.version} from signed records. Check it offline: sumac sdl verify FOLDER. Self-declaration by the vendor, not a certificate.</p></footer>
</body>
</html>
`;
  return page.text;
}
