/**
 * Whether a target path is in a delegation's pattern (TUF 1.0.34 4.5): segment by segment, equally many; `*` stands for any
 * characters of a segment, also none, `?` for exactly one. Everything else is itself: braces, brackets and `!` mean
 * nothing here, whatever they mean to a shell.
 */
export function matchesPattern(pattern: string, targetPath: string): boolean {
  const patterns = pattern.split("/");
  const segments = targetPath.split("/");
  if (patterns.length !== segments.length) return false;
  return patterns.every((part, index) => matchesSegment([...part], [...(segments[index] ?? "")]));
}

/** Backtracks only to the last `*`, so the time is at most pattern times text: no pattern makes it explode. */
function matchesSegment(pattern: readonly string[], text: readonly string[]): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    if (pattern[p] === "*") {
      star = p++;
      resume = t;
    } else if (p < pattern.length && (pattern[p] === "?" || pattern[p] === text[t])) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}

/** A segment of the target paths we write: `<line>/<model>/<version>.suit`. */
export const isWritableSegment = (segment: string): boolean => /^[a-z0-9][a-z0-9._-]{0,63}$/.test(segment);

/** Exactly three writable segments. */
export function isWritableTargetPath(targetPath: string): boolean {
  const segments = targetPath.split("/");
  return segments.length === 3 && segments.every(isWritableSegment);
}

/** Three segments of which each is `*`, or writable with `*` and `?` in it: what every client takes alike (tuf.md 3). */
export function isWritablePattern(pattern: string): boolean {
  const segments = pattern.split("/");
  return segments.length === 3 && segments.every((part) => /^[a-z0-9*?][a-z0-9._*?-]{0,63}$/.test(part));
}
