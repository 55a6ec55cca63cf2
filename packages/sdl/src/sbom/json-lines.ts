const starts = /\n|["{}[\],:]|[^\s{}[\],:"]+/g;

/** Texts are walked, not matched: a pattern would need a stack as deep as a text has escapes. */
function* tokensOf(text: string): Generator<string> {
  let at = 0;
  for (;;) {
    starts.lastIndex = at;
    const [token] = starts.exec(text) ?? [];
    if (token === undefined) return;
    const begin = starts.lastIndex - token.length;
    at = token === '"' ? endOfText(text, starts.lastIndex) : starts.lastIndex;
    yield text.slice(begin, at);
  }
}

function endOfText(text: string, from: number): number {
  let at = from;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}

/** The line of a top-level member that is there for the second time: of two lists a parser shows only the last. */
export function repeatedMember(text: string): number | undefined {
  const seen = new Set<string>();
  let line = 1;
  let depth = 0;
  let previous = "";
  for (const token of tokensOf(text)) {
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
  for (const token of tokensOf(text)) {
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
