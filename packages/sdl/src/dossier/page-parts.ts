import { type Html, html } from "./html.ts";

export const state = (word: string): Html =>
  html`<span class="state ${/^[a-z-]+$/.test(word) ? word : ""}">${word}</span>`;

type Cell = string | number | Html | readonly Html[] | undefined;

export interface TableRow {
  readonly cells: readonly Cell[];
  readonly tint?: "red" | "amber";
}

/** A table with a caption; one without rows says so. */
export function table(caption: string, heads: readonly string[], rows: readonly TableRow[]): Html {
  if (rows.length === 0)
    return html`<p>${caption}: none.</p>
`;
  return html`<table><caption>${caption}</caption>
<thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>
${rows.map(
  ({ cells, tint }) => html`<tr class="${tint ?? "plain"}">${cells.map((cell) => html`<td>${cell}</td>`)}</tr>
`,
)}</tbody></table>
`;
}

export const facts = (pairs: readonly (readonly [string, Cell])[]): Html =>
  html`<dl>${pairs.map(
    ([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>
`,
  )}</dl>
`;

export const digest = (hex: string): Html => html`<span class="digest">${hex}</span>`;

/** Enough of a digest to find it again in the list of evidence. */
export const shortDigest = (hex: string): Html =>
  html`<a href="#record-${hex}"><span class="digest">${hex.slice(0, 12)}</span></a> `;

export const lines = (items: readonly string[]): Cell => items.map((item) => html`${item}<br>`);

export const tintOf = (word: string): { readonly tint?: "red" | "amber" } =>
  ["fail", "missing", "stale", "failed", "missed", "empty", "not-shown", "not run"].includes(word)
    ? { tint: "red" }
    : ["waived", "late", "open"].includes(word)
      ? { tint: "amber" }
      : {};

/** The same rows, what is red first, then what is waived; else as they were. */
export const redFirst = <Row extends { readonly state: string }>(rows: readonly Row[]): readonly Row[] => {
  const rank = ({ state: word }: Row): number => ({ red: 0, amber: 1, none: 2 })[tintOf(word).tint ?? "none"];
  return [...rows].sort((a, b) => rank(a) - rank(b));
};
