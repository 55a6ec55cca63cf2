import { globSync, readFileSync } from "node:fs";
import path from "node:path";

export const root: string = path.resolve(import.meta.dirname, "../..");

/** Pages written by hand, from the repository's root, with `/`. */
export function markdownPages(): string[] {
  const found = globSync(["*.md", "{docs,packages,firmware-fixtures,test}/**/*.md"], { cwd: root });
  return found
    .map((file) => file.split(path.sep).join("/"))
    .filter((file) => !/(^|\/)(node_modules|dist)\//.test(file))
    .sort();
}

export const readPage = (page: string): string => readFileSync(path.join(root, page), "utf8");

/** Without fenced blocks and code spans: what stands there is not markup. */
const prose = (markdown: string): string =>
  markdown.replace(/^(`{3,}|~{3,})[^\n]*\n[\s\S]*?^\1[^\n]*$/gm, "").replace(/`[^`\n]*`/g, "");

/** Targets of links and pictures, in Markdown and in HTML; bracketed texts that are no link are not looked at. */
export function linkTargets(markdown: string): string[] {
  const text = prose(markdown);
  const inline = text.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g);
  const defined = text.matchAll(/^\[[^\]]+\]:\s*(\S+)/gm);
  const html = text.matchAll(/<(?:img|a|source)\b[^>]*?\b(?:src|href|srcset)="([^"]+)"/g);
  return [...inline, ...defined, ...html].map(([, target = ""]) => target);
}

/** Anchors that GitHub gives the headings of a page. */
export function headingAnchors(markdown: string): Set<string> {
  const text = markdown.replace(/^(`{3,}|~{3,})[^\n]*\n[\s\S]*?^\1[^\n]*$/gm, "");
  const anchors = new Set<string>();
  for (const [, heading = ""] of text.matchAll(/^#{1,6} +(.+?) *#*$/gm)) {
    const slug = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, "")
      .replaceAll(" ", "-");
    let anchor = slug;
    for (let n = 1; anchors.has(anchor); n += 1) anchor = `${slug}-${n}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** The cells of every table row below a header with these names; a `|` inside a cell is not supported. */
export function tableRows(markdown: string, header: readonly string[]): string[][] {
  const rows: string[][] = [];
  let inside = false;
  for (const line of markdown.split("\n")) {
    const cells = line.startsWith("|")
      ? line
          .split("|")
          .slice(1, -1)
          .map((cell) => cell.trim())
      : undefined;
    if (cells === undefined) inside = false;
    else if (cells.join("|") === header.join("|")) inside = true;
    else if (inside && !/^:?-+:?$/.test(cells[0] ?? "")) rows.push(cells);
  }
  return rows;
}

/** The contents of the code spans in a cell. */
export const codeSpans = (cell: string): string[] => Array.from(cell.matchAll(/`([^`]+)`/g), ([, code = ""]) => code);
