import { err, ok, type Result } from "@sumac/cbor";
import { bytesToHex } from "@sumac/crypto";
import { parseUuid } from "@sumac/suit";
import type { Limits } from "../limits.ts";
import type { Refusal } from "../refusal.ts";
import { parseSequence, sequenceKey } from "../store/sequence-key.ts";

const attributeModes = ["merge", "replace", "remove"] as const;

export interface AttributeReport {
  readonly mode: (typeof attributeModes)[number];
  readonly data: ReadonlyMap<string, string>;
}

export type AttributeRefusal = Extract<Refusal, { code: "invalid-body" | "too-many-attributes" }>;

/** Reads a DDI configData body that was parsed as JSON. Unknown members are ignored; both clients send some. */
export function parseAttributeReport(body: unknown, limits: Limits): Result<AttributeReport, AttributeRefusal> {
  if (!isRecord(body)) return err({ code: "invalid-body", field: "body" });
  const { mode = "merge", data = {} } = body as { readonly mode?: unknown; readonly data?: unknown };
  const known = attributeModes.find((name) => name === mode);
  if (known === undefined) return err({ code: "invalid-body", field: "mode" });
  if (!isRecord(data)) return err({ code: "invalid-body", field: "data" });
  const report = new Map<string, string>();
  for (const [key, value] of Object.entries(data)) {
    const text = typeof value === "string" ? value : typeof value === "number" ? String(value) : undefined;
    if (
      text === undefined ||
      text.length > limits.attributeValueCharacters ||
      key.length > limits.attributeKeyCharacters
    ) {
      return err({ code: "invalid-body", field: "data" });
    }
    report.set(key, text);
  }
  if (report.size > limits.attributes) return err({ code: "too-many-attributes", limit: limits.attributes });
  return ok({ mode: known, data: report });
}

/** What the device has afterwards. */
export function applyAttributes(
  before: ReadonlyMap<string, string>,
  { mode, data }: AttributeReport,
  limits: Limits,
): Result<ReadonlyMap<string, string>, AttributeRefusal> {
  const after = new Map(mode === "replace" ? [] : before);
  for (const [key, value] of data) {
    if (mode === "remove") after.delete(key);
    else after.set(key, value);
  }
  return after.size > limits.attributes ? err({ code: "too-many-attributes", limit: limits.attributes }) : ok(after);
}

/** What an offer is decided by. Attributes that are absent or not of their form are null, never guessed. */
export interface Identity {
  readonly vendor_id: string | null;
  readonly class_id: string | null;
  readonly installed_sequence: string | null;
  readonly installed_digest: string | null;
}

/** Reads `vendorId`, `classId` (UUIDs), `sequence` (decimal) and `manifestDigest` (hex). */
export function identityOf(attributes: ReadonlyMap<string, string>): Identity {
  const sequence = parseSequence(attributes.get("sequence") ?? "");
  const digest = (attributes.get("manifestDigest") ?? "").toLowerCase();
  return {
    vendor_id: uuidHex(attributes.get("vendorId")),
    class_id: uuidHex(attributes.get("classId")),
    installed_sequence: sequence === undefined ? null : sequenceKey(sequence),
    installed_digest: /^(?:[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})$/.test(digest) ? digest : null,
  };
}

function uuidHex(text: string | undefined): string | null {
  const uuid = text === undefined ? undefined : parseUuid(text);
  return uuid === undefined ? null : bytesToHex(uuid);
}

/** The stored form. A Map keeps a key such as `__proto__` what it is: text. */
export const attributesToJson = (attributes: ReadonlyMap<string, string>): string =>
  JSON.stringify(Object.fromEntries(attributes));

export const attributesFromJson = (json: string): ReadonlyMap<string, string> =>
  new Map(Object.entries(JSON.parse(json) as Record<string, string>));

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
