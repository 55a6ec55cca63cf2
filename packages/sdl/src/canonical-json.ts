/** A value that JSON can carry without loss. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue | undefined };

/**
 * RFC 8785: members sorted by UTF-16 code units, no white space, numbers as ECMAScript prints them. `undefined` members
 * vanish. Throws for what JSON cannot carry: NaN, infinities, lone surrogates.
 */
export function canonicalJson(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map((item: JsonValue) => canonicalJson(item)).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const members = value as { readonly [name: string]: JsonValue | undefined };
    const parts = Object.keys(members)
      .sort()
      .flatMap((name) => {
        const member = members[name];
        return member === undefined ? [] : [`${quoted(name)}:${canonicalJson(member)}`];
      });
    return `{${parts.join(",")}}`;
  }
  if (typeof value === "string") return quoted(value);
  if (typeof value === "number" && !Number.isFinite(value)) throw new RangeError("JSON has no such number");
  return JSON.stringify(value);
}

function quoted(text: string): string {
  if (!text.isWellFormed()) throw new RangeError("JSON text with half a character");
  return JSON.stringify(text);
}

export const canonicalBytes = (value: JsonValue): Uint8Array => new TextEncoder().encode(canonicalJson(value));
