import type { SmpMap, SmpValue } from "@sumac/smp";

/** An answer has to fit into the buffer of a small client. */
const mostItems = 4;
const longestText = 128;
const deepest = 3;

/** What a refusal says besides its code, as the other end may see it: bounded, and of nothing but plain values. */
export function smpFacts(refusal: object): SmpMap {
  return mapOf({ ...refusal, code: undefined }, 0);
}

function mapOf(value: object, depth: number): SmpMap {
  const members = Object.entries(value).flatMap(([name, member]: [string, unknown]) => {
    const plain = plainOf(member, depth + 1);
    return plain === undefined ? [] : [[name, plain] as const];
  });
  return Object.fromEntries(members);
}

function plainOf(value: unknown, depth: number): SmpValue | undefined {
  if (value === null || typeof value === "boolean" || typeof value === "bigint") return value;
  if (typeof value === "number") return Number.isSafeInteger(value) ? value : undefined;
  if (typeof value === "string") return value.slice(0, longestText);
  if (value instanceof Uint8Array) return value.slice(0, longestText);
  if (typeof value !== "object" || depth >= deepest) return undefined;
  if (!Array.isArray(value)) return mapOf(value, depth);
  return value.slice(0, mostItems).flatMap((item: unknown) => plainOf(item, depth + 1) ?? []);
}
