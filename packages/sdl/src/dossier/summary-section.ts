import { foundational } from "../model/vocabulary.ts";
import type { DossierData, DossierRow } from "./dossier-data.ts";
import { type Html, html } from "./html.ts";
import { digest, facts, redFirst, shortDigest, state, table, tintOf } from "./page-parts.ts";
import { radarChart } from "./radar-chart.ts";

/** The first page: verdict, what is red, SL-C as a chart and a table. */
export function summarySection(data: DossierData): Html {
  const { product, release, slC } = data;
  const red = [...data.gates, ...data.practiceRows, ...data.componentRows].filter(
    ({ state: word }) => tintOf(word).tint !== undefined,
  );
  return html`<h2 id="summary" class="same-page">Summary</h2>
<p class="verdict ${data.verdict}">release gate: ${data.verdict}</p>
${notices(data)}
${redTable(red)}
<div class="first">${radarChart(slC)}<div>
${table(
  "SL-C per foundational requirement",
  ["FR", "component alone", "with measures", "aimed at", "kept down by"],
  foundational.map((fr) => ({
    cells: [
      fr,
      slC.component[fr],
      slC.integrated[fr],
      slC.target[fr],
      slC.limitingIntegrated.filter((row) => row.fr === fr).map(({ row }) => html`${row}<br>`),
    ],
    ...(slC.integrated[fr] < slC.target[fr] ? { tint: "red" as const } : {}),
  })),
)}
</div></div>
<h3>What these numbers say, and what they do not</h3>
${
  slC.sentences.length === 0
    ? html`<p class="notice">the gate failed: no level is claimed. The numbers above only show how far the evidence goes.</p>
`
    : slC.sentences.map(
        (sentence) => html`<p>${sentence}.</p>
`,
      )
}<p>An owner compares SL-C with the SL-T of the zone (62443-3-2). A level is per requirement: there is no single number for a product.</p>
<p>Reason for what is aimed at: ${product.targetReason}.</p>
${slC.unconfirmed.length === 0 ? html`` : html`<p class="notice">First levels in doubt until the vendor has looked them up: ${slC.unconfirmed.join(", ")}.</p>`}
<h3>What this is about</h3>
${facts([
  [
    "Product",
    `${product.name} (${product.model}), type ${product.componentType}, hardware ${product.hardware.join(", ")}`,
  ],
  ["Vendor", `${product.vendor}, ${product.contact}`],
  ["Release", `${release.id}, version ${release.version}, ${release.state}, ${release.updateKind} update`],
  ["Sequence and floor", `${release.sequence}; devices may not go below ${release.floor}`],
  ["Images", release.images.map(({ name, sha256, size }) => html`${name}, ${size} bytes, ${digest(sha256)}<br>`)],
  ["Manifest", release.manifest === undefined ? "not named" : digest(release.manifest)],
  [
    "Source",
    html`tag ${release.source.tag}, commit ${digest(release.source.commit)}, tree ${digest(release.source.tree)}`,
  ],
  ["Bill of materials", html`${release.sbom.file}, ${digest(release.sbom.sha256)}`],
  ["Guides", release.guides.map(({ id, sha256 }) => html`${id}, ${digest(sha256)}<br>`)],
  ["Security support until", `${product.supportEnd}: ${product.supportReason}`],
  ["Intended use", product.intendedUse],
  ["Surroundings", product.environment.join("; ")],
  ["Judged for", data.judgedAt],
  ["Rows of", data.catalogueEdition],
])}
${table(
  "Measures the site brings (hardening guide)",
  ["measure", "what", "where in the guide", "stands in for"],
  product.measures.map(({ id, statement, guide, rows }) => ({ cells: [id, statement, guide, rows.join(", ")] })),
)}`;
}

function notices({ keyStorage, edition, emergency }: DossierData): Html {
  return html`${keyStorage === "test-only" ? html`<p class="notice">Test keys were allowed to sign: this is an example, not a product.</p>` : undefined}
${emergency === undefined ? undefined : html`<p class="notice">Emergency release, by ${emergency.by.join(", ")}: ${emergency.reason}. Due ${emergency.due}: ${emergency.rows.join(", ")}.</p>`}
${edition === "customer" ? html`<p>Customer edition: penetration tests, records with findings and issues without an advisory are shown by digest and summary.</p>` : html`<p class="notice">Internal edition: not for handing out.</p>`}`;
}

const redTable = (rows: readonly DossierRow[]): Html =>
  rows.length === 0
    ? html`<p>No row is red or waived.</p>`
    : table(
        "Rows that are red or waived",
        ["row", "what", "state", "why", "what to do"],
        redFirst(rows).map((row) => ({
          cells: [row.id, row.title, state(row.state), reason(row), row.remedy],
          ...tintOf(row.state),
        })),
      );

const reason = ({ rule, problem }: DossierRow): Html | undefined =>
  rule === undefined ? undefined : html`<code>${rule}</code> ${problem}`;

/** All rows of one part, with the records that count. */
export const rowsTable = (caption: string, rows: readonly DossierRow[]): Html =>
  table(
    caption,
    ["row", "what", "state", "how", "records", "why not"],
    rows.map((row) => ({
      cells: [
        row.id,
        row.statement === undefined ? row.title : html`${row.title}<br><em>${row.statement}</em>`,
        state(row.state),
        [row.maturity ?? row.standing ?? "", row.slFrom === undefined ? "" : `from SL-C ${row.slFrom}`]
          .filter((part) => part !== "")
          .join(", "),
        row.records.map(shortDigest),
        reason(row),
      ],
      ...tintOf(row.state),
    })),
  );
