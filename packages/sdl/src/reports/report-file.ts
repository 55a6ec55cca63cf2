/** One file of a report; the name has no folder. */
export interface ReportFile {
  readonly name: string;
  readonly text: string;
}

/** A text of a product file inside a Markdown table: one line, without columns and markup of its own. */
export const sheetLine = (text: string): string =>
  text.replaceAll(/\s+/g, " ").replaceAll("|", "\\|").replaceAll("<", "&lt;").trim();
