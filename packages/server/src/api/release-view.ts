import { hexToBytes } from "@sumac/crypto";
import { formatUuid } from "@sumac/suit";
import type { ReleaseRow } from "../store/schema.ts";
import { sequenceText } from "../store/sequence-key.ts";

/** A release as the API shows it. */
export interface ReleaseView {
  readonly id: number;
  readonly name: string;
  readonly version: string;
  /** Decimal digits: up to 2^64-1. */
  readonly sequence: string;
  readonly vendorId: string;
  readonly classId: string;
  /** `componentKey` of each. */
  readonly components: readonly string[];
  readonly manifestDigest: string;
  readonly envelopeSha256: string;
  readonly notes: string | null;
  readonly publishedAt: number;
  readonly publishedBy: string;
}

export const viewRelease = (row: ReleaseRow): ReleaseView => ({
  id: row.id,
  name: row.name,
  version: row.version,
  sequence: sequenceText(row.sequence),
  vendorId: formatUuid(hexToBytes(row.vendor_id)),
  classId: formatUuid(hexToBytes(row.class_id)),
  components: row.components.split(","),
  manifestDigest: row.manifest_digest,
  envelopeSha256: row.envelope_sha256,
  notes: row.notes,
  publishedAt: row.published_at,
  publishedBy: row.published_by,
});
