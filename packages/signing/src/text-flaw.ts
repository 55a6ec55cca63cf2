/**
 * Texts that end up in a manifest: who reads them sees a line on a terminal or a page of a console.
 * Refused: nothing at all, white space at the ends, control characters, and the marks that reorder text on screen (a
 * version could be made to look like another one).
 */
export type TextFlaw =
  | "empty"
  | "too-long"
  | "line-break"
  | "spaces-at-the-ends"
  | "control-character"
  | "not-normalised";

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const unprintable = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;

/** `maxCharacters` counts UTF-16 units. */
export function findTextFlaw(text: string, maxCharacters: number): TextFlaw | undefined {
  if (text.length === 0) return "empty";
  if (text.length > maxCharacters) return "too-long";
  if (/[\r\n]/.test(text)) return "line-break";
  if (unprintable.test(text) || !text.isWellFormed()) return "control-character";
  if (text.trim() !== text) return "spaces-at-the-ends";
  // The class id is a hash of the model name: two spellings that look the same must not give two products.
  return text.normalize("NFC") === text ? undefined : "not-normalised";
}
