/** An element as its start tag says; `depth` 0 is the root. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly depth: number;
  /** Index of the parent in the list; -1 for the root. */
  readonly parent: number;
}

const maxElements = 500_000;

/**
 * The elements of a report in their order; text is dropped. No DTD and no entity but the five of XML is taken: a report
 * needs none, and expanding them is how a small file fills the memory. Undefined for anything that is not well formed.
 */
export function xmlElements(text: string): readonly XmlElement[] | undefined {
  const elements: XmlElement[] = [];
  const open: number[] = [];
  const token =
    /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<\?[\s\S]*?\?>|<\/([^\s>]+)\s*>|<([A-Za-z_][\w.:-]*)((?:\s+[\w.:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|[^<]+/gy;
  let at = text.startsWith("\u{feff}") ? 1 : 0;
  while (at < text.length) {
    token.lastIndex = at;
    const match = token.exec(text);
    if (match === null) return undefined;
    at = token.lastIndex;
    const [whole, closed, name, attributes, single] = match;
    if (closed !== undefined) {
      const index = open.pop();
      if (index === undefined || elements[index]?.name !== closed) return undefined;
    } else if (name !== undefined) {
      if (open.length === 0 && elements.length > 0) return undefined;
      const read = readAttributes(attributes ?? "");
      if (read === undefined || elements.length >= maxElements) return undefined;
      elements.push({ name, attributes: read, depth: open.length, parent: open.at(-1) ?? -1 });
      if (single !== "/") open.push(elements.length - 1);
    } else if (open.length === 0 && !whole.startsWith("<") && whole.trim() !== "") return undefined;
  }
  return open.length === 0 && elements.length > 0 ? elements : undefined;
}

function readAttributes(text: string): ReadonlyMap<string, string> | undefined {
  const found = new Map<string, string>();
  for (const [, name = "", double, single] of text.matchAll(/([\w.:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)) {
    if (found.has(name)) return undefined;
    const value = unescaped(double ?? single ?? "");
    if (value === undefined) return undefined;
    found.set(name, value);
  }
  return found;
}

const named: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

function unescaped(text: string): string | undefined {
  let known = true;
  const plain = text.replace(/&([^;&\s]{0,10};?)/g, (_, reference: string) => {
    const name = reference.replace(/;$/, "");
    const code = /^#(?:x([0-9a-fA-F]{1,6})|(\d{1,7}))$/.exec(name);
    const point =
      code === null ? undefined : Number.parseInt(code[1] ?? code[2] ?? "", code[1] === undefined ? 10 : 16);
    if (reference.endsWith(";") && point !== undefined && point > 0 && point <= 0x10ffff)
      return String.fromCodePoint(point);
    const character = reference.endsWith(";") ? named[name] : undefined;
    if (character === undefined) known = false;
    return character ?? "";
  });
  return known ? plain : undefined;
}
