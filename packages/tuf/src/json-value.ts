/**
 * JSON as it was received. Every value knows at which byte of the file it starts, so that a refusal can point at it.
 * Objects are Maps: `__proto__` is a key like any other, and the order of the file is kept.
 */
export type JsonValue = JsonObject | JsonArray | JsonString | JsonInteger | JsonBoolean | JsonNull;

export interface JsonObject {
  readonly kind: "object";
  readonly offset: number;
  readonly members: ReadonlyMap<string, JsonValue>;
  /** Where it ended in the file, if it stood there in canonical form already; see `canonicalBytes`. */
  readonly canonicalEnd: number | undefined;
}

export interface JsonArray {
  readonly kind: "array";
  readonly offset: number;
  readonly items: readonly JsonValue[];
}

export interface JsonString {
  readonly kind: "string";
  readonly offset: number;
  readonly value: string;
}

/** A safe integer: canonical JSON knows no other numbers. */
export interface JsonInteger {
  readonly kind: "integer";
  readonly offset: number;
  readonly value: number;
}

export interface JsonBoolean {
  readonly kind: "boolean";
  readonly offset: number;
  readonly value: boolean;
}

export interface JsonNull {
  readonly kind: "null";
  readonly offset: number;
}

/** What a writer starts from. Members that are `undefined` are left out. */
export type PlainJson =
  | string
  | number
  | boolean
  | null
  | readonly PlainJson[]
  | { readonly [key: string]: PlainJson | undefined };

/** The same value as a reader would have it, at offset 0. A number that is no safe integer is a bug of the caller. */
export function jsonValue(plain: PlainJson): JsonValue {
  const offset = 0;
  if (plain === null) return { kind: "null", offset };
  if (typeof plain === "string") return { kind: "string", offset, value: plain };
  if (typeof plain === "boolean") return { kind: "boolean", offset, value: plain };
  if (typeof plain === "number") {
    if (!Number.isSafeInteger(plain) || Object.is(plain, -0)) throw new RangeError(`${plain} is no JSON integer`);
    return { kind: "integer", offset, value: plain };
  }
  if (isArray(plain)) return { kind: "array", offset, items: plain.map(jsonValue) };
  const members = new Map<string, JsonValue>();
  for (const [key, member] of Object.entries(plain)) {
    if (member !== undefined) members.set(key, jsonValue(member));
  }
  return { kind: "object", offset, members, canonicalEnd: undefined };
}

/** `Array.isArray` does not narrow a readonly array out of a union. */
const isArray = (plain: object): plain is readonly PlainJson[] => Array.isArray(plain);
