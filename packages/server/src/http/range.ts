/** What part of a representation a request gets. `end` is inclusive, as on the wire. */
export type RangeDecision =
  | { readonly send: "all" }
  | { readonly send: "part"; readonly start: number; readonly end: number }
  | { readonly send: "unsatisfiable" };

/**
 * RFC 9110 14.2 for one range. What is no single byte range is ignored, as the RFC allows: the client then gets the
 * whole file, which is right whatever it wanted. Beyond the end is 416, which a finished client expects.
 */
export function decideRange(header: string | undefined, size: number): RangeDecision {
  const match = /^bytes=(\d*)-(\d*)$/i.exec(header?.trim() ?? "");
  const [first, last] = [match?.[1] ?? "", match?.[2] ?? ""];
  if (first === "" && last === "") return { send: "all" };
  if (first === "") {
    const length = position(last);
    if (length === 0 || size === 0) return { send: "unsatisfiable" };
    return { send: "part", start: Math.max(0, size - length), end: size - 1 };
  }
  const start = position(first);
  if (last !== "" && position(last) < start) return { send: "all" };
  if (start >= size) return { send: "unsatisfiable" };
  return { send: "part", start, end: last === "" ? size - 1 : Math.min(position(last), size - 1) };
}

/** Digits of any number: beyond 2^53 all positions are the same to us, namely too far. */
const position = (digits: string): number => Math.min(Number(digits), Number.MAX_SAFE_INTEGER);
