import { err, ok, type Result } from "@sumac/cbor";
import type { TrustPart } from "@sumac/verifier";
import { count, firstMisfit, type JsonForm, list, nullable, object, text } from "../statement/json-form.ts";

/**
 * What was written into one unit at the factory and read back from it (EDR 3.12): one JSON document for each serial
 * number, kept by the factory. Nothing in it is secret. Key ids and digests are lower-case hex, digests SHA-256 unless
 * they say otherwise.
 */
export interface ProvisioningRecord {
  readonly record: "sumac-provisioning";
  readonly version: 1;
  /** As it stands on the unit. */
  readonly serial: string;
  /** UTC, `2026-11-22T10:00:00Z`; by the factory's clock. */
  readonly time: string;
  /** `passed`: everything that was written was read back the same. */
  readonly result: "passed" | "failed";
  /** The refusal or mismatch; null where it passed. */
  readonly reason: string | null;
  readonly identity: {
    readonly vendorIds: readonly string[];
    readonly classIds: readonly string[];
    readonly deviceId: string | null;
  };
  /** Public half only. Null: the unit has none, or it did not come so far. */
  readonly deviceKey: { readonly keyId: string; readonly scheme: string; readonly publicKey: string } | null;
  /** Null where it was refused: then nothing was. Or by the run before, which was cut short. */
  readonly written: ProvisionedContent | null;
  /** As it lay in the unit's storage afterwards; null where it did not come so far. */
  readonly readBack: ProvisionedContent | null;
}

export interface ProvisionedContent {
  readonly trust: readonly ProvisionedTrust[];
  readonly release: ProvisionedRelease;
  /** Null: the unit has no recovery image. */
  readonly recovery: ProvisionedRelease | null;
}

export interface ProvisionedTrust {
  readonly part: TrustPart;
  readonly digest: string;
  readonly keys: readonly { readonly role: string; readonly purpose: string; readonly keyId: string }[];
}

export interface ProvisionedRelease {
  /** Decimal. */
  readonly sequence: string;
  readonly manifestDigest: string;
  readonly images: readonly {
    /** Segments in hex, with a slash between. */
    readonly component: string;
    /** `sha-256:` and hex. */
    readonly digest: string;
    /** Bytes. */
    readonly size: number;
  }[];
}

export const serializeProvisioningRecord = (record: ProvisioningRecord): string =>
  `${JSON.stringify(record, null, 2)}\n`;

/** Where a document is not of the form; `path` as in `written.trust.0.digest`. */
export interface ProvisioningRecordRefusal {
  readonly code: "provisioning-record-malformed";
  readonly path: string;
}

/** Reads a document; no member may be missing, none may be there that the form does not have. */
export function parseProvisioningRecord(text: string): Result<ProvisioningRecord, ProvisioningRecordRefusal> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return err({ code: "provisioning-record-malformed", path: "" });
  }
  const path = firstMisfit(provisioningRecordForm, value);
  if (path !== undefined || (value as ProvisioningRecord).version !== 1)
    return err({ code: "provisioning-record-malformed", path: path ?? "version" });
  // The form is the type, member by member.
  return ok(value as ProvisioningRecord);
}

const id = text(/^[0-9a-f]{32}$/);
const digest = text(/^[0-9a-f]{64}$/);
const name = text(/^[^\p{Cc}]{1,128}$/u);
const release = object({
  sequence: text(/^(?:0|[1-9][0-9]{0,19})$/),
  manifestDigest: text(/^(?:[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})$/),
  images: list(
    object({ component: text(/^[0-9a-f]*(?:\/[0-9a-f]*)*$/), digest: text(/^[a-z0-9-]+:[0-9a-f]+$/), size: count }),
  ),
});
const content = object({
  trust: list(
    object({
      part: text(/^(?:vendor|owner)$/),
      digest,
      keys: list(object({ role: name, purpose: text(/^(?:release|approval|root)$/), keyId: digest })),
    }),
  ),
  release,
  recovery: nullable(release),
});

const provisioningRecordForm: JsonForm = object({
  record: text(/^sumac-provisioning$/),
  version: count,
  serial: name,
  time: text(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
  result: text(/^(?:passed|failed)$/),
  reason: nullable(name),
  identity: object({ vendorIds: list(id), classIds: list(id), deviceId: nullable(id) }),
  deviceKey: nullable(object({ keyId: digest, scheme: name, publicKey: text(/^(?:[0-9a-f]{2})+$/) })),
  written: nullable(content),
  readBack: nullable(content),
});
