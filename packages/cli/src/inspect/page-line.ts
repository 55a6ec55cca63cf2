import type { Colour } from "../terminal.ts";

/** One line of the page; what matters is marked, never by the colour alone. */
export interface PageLine {
  readonly text: string;
  readonly colour?: Colour;
}

const labelWidth = 16;

export const heading = (text: string): readonly PageLine[] => [{ text: "" }, { text, colour: "cyan" }];

export const row = (label: string, value: string, colour?: Colour): PageLine => ({
  text: `  ${label.padEnd(labelWidth)}${value}`.trimEnd(),
  ...(colour && { colour }),
});

export const indented = (lines: readonly PageLine[]): readonly PageLine[] =>
  lines.map(({ text, ...rest }) => ({ text: `  ${text}`.trimEnd(), ...rest }));
