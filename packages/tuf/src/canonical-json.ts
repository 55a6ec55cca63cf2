import type { JsonObject, JsonValue } from "./json-value.ts";

/**
 * The bytes that are hashed and signed: canonical JSON in the OLPC dialect (TUF 1.0.34 4.2). Members sorted by code
 * point, no white space, only `"` and `\` escaped; control characters stand raw, so the result need not be JSON and is
 * never parsed again.
 */
export const canonicalJson = (value: JsonValue): Uint8Array => new TextEncoder().encode(canonicalText(value));

export function canonicalText(value: JsonValue): string {
  switch (value.kind) {
    case "object":
      return canonicalObject(value);
    case "array":
      return `[${value.items.map(canonicalText).join(",")}]`;
    case "string":
      return canonicalString(value.value);
    case "integer":
    case "boolean":
      return String(value.value);
    case "null":
      return "null";
  }
}

function canonicalObject({ members }: JsonObject): string {
  let text = "";
  for (const key of sortedKeys(members)) {
    const member = members.get(key);
    if (member !== undefined) text += `${text === "" ? "" : ","}${canonicalString(key)}:${canonicalText(member)}`;
  }
  return `{${text}}`;
}

/** Files are mostly written in order already. */
function sortedKeys(members: ReadonlyMap<string, unknown>): Iterable<string> {
  let previous: string | undefined;
  for (const key of members.keys()) {
    if (previous !== undefined && compareCodePoints(previous, key) > 0) {
      return [...members.keys()].sort(compareCodePoints);
    }
    previous = key;
  }
  return members.keys();
}

const canonicalString = (text: string): string => `"${/["\\]/.test(text) ? text.replace(/["\\]/g, "\\$&") : text}"`;

/**
 * Order by code point. JavaScript compares UTF-16 units, which puts U+1F600 (two surrogates) before U+FF5E; other
 * implementations do not, and their signatures would fail.
 */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above all others. */
const rank = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit);
