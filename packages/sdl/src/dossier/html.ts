/** Text that is HTML already: made by `html`, or a constant of this package. Everything else is escaped. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Insert = string | number | Html | readonly Insert[] | undefined;

/** A piece of a page. Whatever is inserted is text, never markup, in content and in quoted attributes alike. */
export const html = (parts: TemplateStringsArray, ...inserts: readonly Insert[]): Html =>
  new Html(parts.reduce((whole, part, index) => whole + shown(inserts[index - 1]) + part));

function shown(insert: Insert): string {
  if (insert === undefined) return "";
  if (insert instanceof Html) return insert.text;
  if (typeof insert === "object") return insert.map(shown).join("");
  return escapeHtml(String(insert));
}

const names: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/**
 * What a reader must not mistake is written out: direction marks turn a line around, controls are not for HTML.
 * Unpaired surrogates cannot be written as UTF-8.
 */
const escapeHtml = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[&<>"']/g, (character) => names[character] ?? "")
    .replace(/[\p{Cc}\p{Cf}]/gu, (character) =>
      character === "\n" || character === "\t"
        ? character
        : `[U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}]`,
    );
