/**
 * A DDI controller id: 1 to 128 characters that mean nothing to a URL, a shell, a log or a page. Ids are chosen by
 * whoever registers a device, so narrowing them costs nothing.
 */
export const isControllerId = (text: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._:@+~=-]{0,127}$/.test(text);

/** Whether a gateway's pattern (`*` = any run of characters, everything else literal) covers an id. */
export function matchesPattern(pattern: string, controllerId: string): boolean {
  const pieces = pattern.split("*");
  const first = pieces[0] ?? "";
  const last = pieces.at(-1) ?? "";
  if (pieces.length === 1) return pattern === controllerId;
  if (!controllerId.startsWith(first)) return false;
  // Leftmost match of each piece in turn: no backtracking, so a hostile pattern costs nothing.
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = controllerId.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return controllerId.length - at >= last.length && controllerId.endsWith(last);
}
