/** What a JSON document has to look like: no member may be missing, none may be there that is not named. */
export type JsonForm =
  | { readonly is: "text"; readonly like: RegExp }
  /** A whole number from 0 on. */
  | { readonly is: "count" }
  | { readonly is: "list"; readonly of: JsonForm }
  | { readonly is: "object"; readonly members: Readonly<Record<string, JsonForm>> }
  | { readonly is: "nullable"; readonly of: JsonForm };

export const count: JsonForm = { is: "count" };
export const text = (like: RegExp): JsonForm => ({ is: "text", like });
export const list = (of: JsonForm): JsonForm => ({ is: "list", of });
export const object = (members: Readonly<Record<string, JsonForm>>): JsonForm => ({ is: "object", members });
export const nullable = (of: JsonForm): JsonForm => ({ is: "nullable", of });

/** Where a document differs from its form, as in `written.trust.0.digest`; undefined = nowhere. */
export const firstMisfit = (form: JsonForm, value: unknown): string | undefined => misfitAt(form, value, []);

function misfitAt(form: JsonForm, value: unknown, path: readonly string[]): string | undefined {
  const wrong = path.join(".");
  switch (form.is) {
    case "text":
      return typeof value === "string" && form.like.test(value) ? undefined : wrong;
    case "count":
      return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? undefined : wrong;
    case "nullable":
      return value === null ? undefined : misfitAt(form.of, value, path);
    case "list":
      if (!Array.isArray(value)) return wrong;
      return first(value.entries(), ([i, item]) => misfitAt(form.of, item, [...path, `${i}`]));
    case "object": {
      if (typeof value !== "object" || value === null || Array.isArray(value)) return wrong;
      const stranger = Object.keys(value).find((name) => !Object.hasOwn(form.members, name));
      if (stranger !== undefined) return [...path, stranger].join(".");
      return first(Object.entries(form.members), ([name, member]) =>
        misfitAt(member, (value as Readonly<Record<string, unknown>>)[name], [...path, name]),
      );
    }
  }
}

function first<T>(items: Iterable<T>, look: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = look(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
