import { err, ok, type Result } from "@sumac/cbor";
import type { Crypto } from "@sumac/crypto";
import {
  parseTrustRecord,
  type TrustPart,
  type TrustParts,
  type TrustRecord,
  type TrustRecordRefusal,
} from "@sumac/verifier";
import type { StoredTrust } from "../state/state.ts";

export interface UnusableTrustRecord {
  readonly code: "trust-record-refused";
  readonly part: TrustPart;
  readonly problem: TrustRecordRefusal;
}

/** Refused as a whole if either part is: without the owner's, nobody would wait for the owner any more. */
export function trustInForce({ vendor, owner }: StoredTrust, crypto: Crypto): Result<TrustParts, UnusableTrustRecord> {
  const parsed = parseTrustPart("vendor", vendor.record, crypto);
  if (!parsed.ok) return parsed;
  if (owner === undefined) return ok({ vendor: parsed.value });
  const own = parseTrustPart("owner", owner.record, crypto);
  return own.ok ? ok({ vendor: parsed.value, owner: own.value }) : own;
}

export function parseTrustPart(
  part: TrustPart,
  record: Uint8Array,
  crypto: Crypto,
): Result<TrustRecord, UnusableTrustRecord> {
  const parsed = parseTrustRecord(record, crypto, part);
  return parsed.ok ? parsed : err({ code: "trust-record-refused", part, problem: parsed.error });
}
