/**
 * The lines on which the items of a top-level member stand: of an array in order, of an object by key order as written.
 * `text` has been read by `JSON.parse`, so that only well-formed JSON is walked.
 */
export function itemLines(text: string, member: string): readonly number[] {
  let lines: number[] = [];
  let line = 1;
  let depth = 0;
  let key = "";
  let inside = false;
  let fresh = false;
  for (const [token] of text.matchAll(/\n|"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g)) {
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
        // The last of two members with one name is the one that counts.
        if (inside) lines = [];
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
