import { err, ok, type Result } from "@sumac/cbor";
import type { Static, TSchema } from "typebox";
import { Compile } from "typebox/compile";
import type { Refusal } from "../refusal.ts";

export type Parser<T> = (input: unknown) => Result<T, Extract<Refusal, { code: "invalid-body" | "invalid-parameter" }>>;

/** A parser for a JSON body. It names the field that is wrong and repeats nothing of what was sent. */
export function bodyParser<const S extends TSchema>(schema: S): Parser<Static<S>> {
  const compiled = Compile(schema);
  return (input) => {
    if (compiled.Check(input)) return ok(input as Static<S>);
    const [first] = compiled.Errors(input);
    return err({ code: "invalid-body", field: first?.instancePath.slice(1).replaceAll("/", ".") || "body" });
  };
}

/** The same for a query string. */
export function queryParser<const S extends TSchema>(schema: S): Parser<Static<S>> {
  const parse = bodyParser(schema);
  return (input) => {
    const parsed = parse(input);
    if (parsed.ok || parsed.error.code !== "invalid-body") return parsed;
    return err({ code: "invalid-parameter", parameter: parsed.error.field });
  };
}
