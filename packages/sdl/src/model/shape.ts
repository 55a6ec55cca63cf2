/** JSON Schema 2020-12 as plain data; editors and the validator read the same object. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A schema that remembers which TypeScript type it admits, so that interface and schema cannot drift apart. */
export interface Shape<out T> {
  readonly schema: JsonSchema;
  /** Never set: it only carries the type. */
  readonly admits?: T;
}

type Admitted<S> = S extends Shape<infer T> ? T : never;
type Members = Readonly<Record<string, Shape<unknown>>>;
type Needed<M extends Members> = { readonly [Name in keyof M]: Admitted<M[Name]> };
type Optional<M extends Members> = { readonly [Name in keyof M]?: Admitted<M[Name]> };

const of = <T>(schema: JsonSchema): Shape<T> => ({ schema });

/** A map with exactly these members; any other member is refused. */
export const record = <N extends Members, O extends Members = Record<never, never>>(
  needed: N,
  optional?: O,
): Shape<Needed<N> & Optional<O>> =>
  of({
    type: "object",
    properties: Object.fromEntries(
      Object.entries({ ...needed, ...optional }).map(([name, shape]) => [name, shape.schema]),
    ),
    required: Object.keys(needed),
    additionalProperties: false,
  });

export const list = <T>(item: Shape<T>, minItems = 0): Shape<readonly T[]> =>
  of({ type: "array", items: item.schema, minItems, maxItems: 5000 });

/** A map from names of the author's choice. */
export const mapOf = <T>(value: Shape<T>): Shape<Readonly<Record<string, T>>> =>
  of({
    type: "object",
    additionalProperties: value.schema,
    propertyNames: { pattern: "^[A-Za-z0-9][A-Za-z0-9 ._()/-]*$" },
  });

export const oneOf = <const T extends string | number>(...values: readonly T[]): Shape<T> => of({ enum: values });

/** At least one character, at most 4000. */
export const text: Shape<string> = of({ type: "string", minLength: 1, maxLength: 4000 });
export const pem: Shape<string> = of({
  type: "string",
  minLength: 1,
  maxLength: 8000,
  pattern: "^-----BEGIN PUBLIC KEY-----",
});
export const id: Shape<string> = of({ type: "string", pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$" });
/** `SUM-1`, `CR 1.1 RE(2)`: whether the catalogue has it is checked later. */
export const rowId: Shape<string> = of({ type: "string", pattern: "^[A-Z]{2,4}[- ][0-9.]+( RE\\([0-9]\\))?$" });
export const hex64: Shape<string> = of({ type: "string", pattern: "^[0-9a-f]{64}$" });
/** A git object id, SHA-1 or SHA-256. */
export const gitId: Shape<string> = of({ type: "string", pattern: "^([0-9a-f]{40}|[0-9a-f]{64})$" });
/** `2026-11-22`, meaning the end of that day in UTC where it is a limit. */
export const date: Shape<string> = of({ type: "string", format: "date" });
/** RFC 3339 with offset, upper case, and no leap second: what `Date.parse` takes for no time would be compared with nothing. */
export const instant: Shape<string> = of({
  type: "string",
  format: "date-time",
  pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$",
});
export const email: Shape<string> = of({ type: "string", format: "email" });
/** An address that a page may link to: a scheme that runs something is none. */
export const webAddress: Shape<string> = of({
  type: "string",
  format: "uri",
  maxLength: 300,
  pattern: "^https?://[^/?#@]+",
});
/** `90d`, `72h`. */
export const span: Shape<string> = of({ type: "string", pattern: "^[1-9][0-9]{0,4}[hd]$" });
/** A file inside the product folder: forward slashes, never out of it. */
export const filePath: Shape<string> = of({
  type: "string",
  maxLength: 300,
  pattern: "^(?!/)(?!.*(^|/)\\.\\.(/|$))[A-Za-z0-9._ /-]+$",
});
export const wholeNumber: Shape<number> = of({ type: "integer", minimum: 0, maximum: 9007199254740991 });
export const number: Shape<number> = of({ type: "number" });
export const yesNo: Shape<"yes" | "no"> = oneOf("yes", "no");
export const securityLevel: Shape<0 | 1 | 2 | 3 | 4> = oneOf(0, 1, 2, 3, 4);

/** Says what a member is for; editors show it. */
export const described = <T>(description: string, shape: Shape<T>): Shape<T> => of({ ...shape.schema, description });
