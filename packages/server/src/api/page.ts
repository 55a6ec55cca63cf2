import { ok, type Result } from "@sumac/cbor";
import Type from "typebox";
import type { Refusal } from "../refusal.ts";
import { queryParser } from "./parse-body.ts";

/** A stretch of a list: `limit` entries (1 to 1000, default 100) after the entry whose key is `after`. */
export interface Page {
  readonly limit: number;
  readonly after: string | undefined;
}

const parse = queryParser(
  Type.Object(
    {
      limit: Type.Optional(Type.String({ pattern: "^(?:[1-9]\\d{0,2}|1000)$" })),
      after: Type.Optional(Type.String({ maxLength: 128 })),
    },
    { additionalProperties: false },
  ),
);

export function parsePage(query: unknown): Result<Page, Refusal> {
  const parsed = parse(query);
  return parsed.ok ? ok({ limit: Number(parsed.value.limit ?? 100), after: parsed.value.after }) : parsed;
}
