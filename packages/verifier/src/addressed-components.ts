import { err, ok, type Result } from "@sumac/cbor";
import type { Crypto } from "@sumac/crypto";
import { type ComponentId, type Limits, parseEnvelope, parseManifest } from "@sumac/suit";
import { signersOf } from "./authenticate.ts";
import { judgeManifestDigest } from "./judge-manifest.ts";
import type { Rejection } from "./rejection.ts";
import type { TrustRecord } from "./trust-record.ts";

export interface AddressContext {
  readonly crypto: Crypto;
  /** Of whoever may send anything here at all. */
  readonly records: readonly TrustRecord[];
  readonly limits?: Limits;
}

/**
 * Which components an envelope is about, to choose the record that judges it; refused where the manifest cannot be
 * anybody's. Undefined: not one key of any record has signed it, and nothing of a manifest is looked at before (trust.md
 * 2). The answer allows nothing: `verifyEnvelope` decides.
 */
export function addressedComponents(
  bytes: Uint8Array,
  { crypto, records, limits }: AddressContext,
): Result<readonly ComponentId[], Rejection> | undefined {
  const envelope = parseEnvelope(bytes, limits);
  if (!envelope.ok) return envelope;
  if (!records.some((record) => signersOf(envelope.value, record, crypto).length > 0)) return undefined;
  const mismatch = judgeManifestDigest(envelope.value, crypto);
  if (mismatch !== undefined) return err(mismatch);
  const manifest = parseManifest(envelope.value.manifest, limits);
  return manifest.ok ? ok(manifest.value.components) : manifest;
}
