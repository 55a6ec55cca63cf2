/** Longest text from a file that is shown to a person. */
const maxShown = 400;

/**
 * Control characters, line separators, surrogates, what has no glyph (hangul fillers and the like), and marks that hide or
 * reorder what stands beside them.
 */
const unshowable: RegExp = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}]/gu;

/** Any text as one harmless line, with `asEscape` for what cannot be shown as it is; the rest stays as it is. */
export const escapeUnshowable = (text: string, asEscape: (character: string) => string = escaped): string =>
  text.replace(unshowable, asEscape);

/**
 * Text from a file as one quoted, bounded line: it cannot end the line, move the cursor, reorder its surroundings or
 * pretend to be ours (suit.md 7.4: text is for display only, bounded and escaped).
 */
export function quote(text: string): string {
  const characters = Array.from(text);
  const shown = escapeUnshowable(characters.slice(0, maxShown).join("").replace(/["\\]/g, "\\$&"));
  const rest = characters.length - maxShown;
  return rest > 0 ? `"${shown}" and ${rest} more characters` : `"${shown}"`;
}

function escaped(character: string): string {
  switch (character) {
    case "\n":
      return "\\n";
    case "\t":
      return "\\t";
    default:
      return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  }
}
