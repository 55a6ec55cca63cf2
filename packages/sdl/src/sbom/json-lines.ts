const tokens = /\n|"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** The line of a top-level member that is there for the second time: of two lists a parser shows only the last. */
export function repeatedMember(text: string): number | undefined {
  const seen = new Set<string>();
  let line = 1;
  let depth = 0;
  let previous = "";
  for (const [token] of text.matchAll(tokens)) {
    if (token === "\n") {
      line++;
      continue;
    }
    if (token === "{" || token === "[") depth++;
    else if (token === "}" || token === "]") depth--;
    else if (depth === 1 && token.startsWith('"') && previous !== ":") {
      const name = JSON.parse(token) as string;
      if (seen.has(name)) return line;
      seen.add(name);
    }
    previous = token;
  }
  return undefined;
}

/**
 * The lines on which the items of a top-level member stand: of an array in order, of an object by key order as written.
 * `text` has been read by `JSON.parse`, so that only well-formed JSON is walked.
 */
export function itemLines(text: string, member: string): readonly number[] {
  const lines: number[] = [];
  let line = 1;
  let depth = 0;
  let key = "";
  let inside = false;
  let fresh = false;
  for (const [token] of text.matchAll(tokens)) {
    if (token === "\n") {
      line++;
      continue;
    }
    if (inside && depth === 2 && fresh && token !== "]" && token !== "}") {
      lines.push(line);
      fresh = false;
    }
    if (token === "{" || token === "[") {
      depth++;
      if (depth === 2) {
        inside = key === member;
        fresh = true;
      }
    } else if (token === "}" || token === "]") {
      depth--;
      if (depth === 1) inside = false;
    } else if (token === "," && depth === 2) fresh = true;
    else if (depth === 1 && token.startsWith('"')) key = JSON.parse(token) as string;
  }
  return lines;
}
