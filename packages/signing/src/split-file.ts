import { err, ok, type Result } from "@sumac/cbor";
import { type ContentKind, recogniseContent } from "./recognise-content.ts";
import type { SplitFile, SplitRefusal } from "./split-refusal.ts";

/** A file of split signing as JSON; a file of another step, or of another kind, is named as what it is. */
export function readSplitFile(
  bytes: Uint8Array,
  wanted: SplitFile,
  file: string,
): Result<Readonly<Record<string, unknown>>, SplitRefusal> {
  const wrong = (found: SplitFile | ContentKind | "unknown"): Result<never, SplitRefusal> =>
    err({ code: "split-file-wrong", wanted, found, file });
  let members: unknown;
  try {
    members = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return looksCut(bytes)
      ? err({ code: "split-file-malformed", wanted, field: "end", file })
      : wrong(recogniseContent(bytes) ?? "unknown");
  }
  if (typeof members !== "object" || members === null || Array.isArray(members)) return wrong("unknown");
  const record = members as Readonly<Record<string, unknown>>;
  const kind = record["sumac"];
  if (kind === wanted) return ok(record);
  return wrong(kind === "signing-request" || kind === "envelope-signature" ? kind : "unknown");
}

/** It begins as these files do, and is no JSON: a part of one. */
const looksCut = (bytes: Uint8Array): boolean =>
  /^\s*\{\s*"sumac"/.test(new TextDecoder("latin1").decode(bytes.subarray(0, 64)));

export const isText = (value: unknown): value is string => typeof value === "string";
