import { err, ok, type Result } from "@sumac/cbor";
import type { CollectRefusal } from "./collected.ts";

export const malformed = (flaw: string): { readonly ok: false; readonly error: CollectRefusal } =>
  err({ code: "report-malformed", flaw });
export const empty = (flaw: string): { readonly ok: false; readonly error: CollectRefusal } =>
  err({ code: "report-empty", flaw });

export function reportText(bytes: Uint8Array): Result<string, CollectRefusal> {
  try {
    return ok(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return malformed("not UTF-8");
  }
}

export function reportJson(bytes: Uint8Array): Result<Readonly<Record<string, unknown>>, CollectRefusal> {
  const text = reportText(bytes);
  if (!text.ok) return text;
  try {
    const value: unknown = JSON.parse(text.value);
    return isObject(value) ? ok(value) : malformed("not a JSON object");
  } catch {
    return malformed("not JSON");
  }
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const objects = (value: unknown): readonly Readonly<Record<string, unknown>>[] =>
  Array.isArray(value) ? value.filter(isObject) : [];

export const textOf = (value: unknown, otherwise: string): string =>
  typeof value === "string" && value !== "" ? value.slice(0, 400) : otherwise;

/** Test ids of a report as members of an object: nothing may pose as a member of the prototype. */
export const testMap = (): Record<string, "passed" | "failed" | "skipped"> =>
  Object.create(null) as Record<string, "passed" | "failed" | "skipped">;
