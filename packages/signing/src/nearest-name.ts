/** The known name that a misspelt one was probably meant to be, if one is near enough. */
export function nearestName(misspelt: string, known: readonly string[]): string | undefined {
  const folded = fold(misspelt);
  const ranked = known
    .map((name) => ({ name, distance: editDistance(folded, fold(name)) }))
    .toSorted((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best !== undefined && best.distance <= Math.max(1, Math.floor(best.name.length / 3)) ? best.name : undefined;
}

/** `max-size`, `max_size` and `MaxSize` are all `maxSize` to a person. */
const fold = (name: string): string => name.toLowerCase().replaceAll(/[-_ ]/g, "");

/** Levenshtein distance. Names longer than any known one by far need no exact answer. */
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 8) return Number.POSITIVE_INFINITY;
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const substitution = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const shift = Math.min(previous[column] ?? 0, current[column - 1] ?? 0) + 1;
      current.push(Math.min(substitution, shift));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
