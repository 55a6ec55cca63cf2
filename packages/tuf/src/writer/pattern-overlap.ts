/**
 * Whether some target path is in both patterns. Two terminating delegations must not have one in common: the first ends
 * the search, and the second's targets are never found. Patterns are compared as `matchesPattern` reads them.
 */
export function patternsOverlap(one: string, other: string): boolean {
  const a = one.split("/");
  const b = other.split("/");
  return a.length === b.length && a.every((segment, i) => segmentsOverlap([...segment], [...(b[i] ?? "")]));
}

/** Walks both at once, a row of the table at a time: work is the product of two lengths of at most 64. */
function segmentsOverlap(a: readonly string[], b: readonly string[]): boolean {
  let row = reachable(b, (j) => j === 0 || b[j - 1] === "*");
  for (const part of a) {
    const previous = row;
    row = [];
    for (let j = 0; j <= b.length; j++) row.push(step(part, b, j, previous, row));
  }
  return row[b.length] === true;
}

/** Which prefixes of `b` match the empty text: only those of stars. */
function reachable(b: readonly string[], matches: (j: number) => boolean): boolean[] {
  const row: boolean[] = [];
  for (let j = 0; j <= b.length; j++) row.push(matches(j) && (j === 0 || row[j - 1] === true));
  return row;
}

/** Whether the part of `a` up to and with `part`, and the first `j` of `b`, have a text in common. */
function step(part: string, b: readonly string[], j: number, previous: readonly boolean[], row: readonly boolean[]) {
  const above = previous[j] === true;
  const left = j > 0 && row[j - 1] === true;
  if (part === "*") return above || left;
  if (j === 0) return false;
  const other = b[j - 1];
  if (other === "*") return left || above;
  return previous[j - 1] === true && (part === "?" || other === "?" || part === other);
}
