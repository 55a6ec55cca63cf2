import { bytesToHex } from "@sumac/crypto";
import type { CheckedEnvelope } from "../check-envelope.ts";
import { manifestFilename } from "../ddi/deployment.ts";
import { appendEvent } from "../store/event.ts";
import type { ReleaseRow, Scope } from "../store/schema.ts";
import { sequenceKey } from "../store/sequence-key.ts";
import { inScope, nextNumber, type Reader, type Writer } from "../store/store.ts";
import type { PlacedRelease } from "./decide-publish.ts";
import type { MatchedPayload } from "./match-payloads.ts";

/** Which series a release belongs to: sequence numbers count within vendor, class and set of components. */
const seriesOf = (checked: CheckedEnvelope): Pick<ReleaseRow, "vendor_id" | "class_id" | "components"> => ({
  vendor_id: bytesToHex(checked.vendorId),
  class_id: bytesToHex(checked.classId),
  components: [...checked.components].sort().join(","),
});

/** The published releases of the same series. */
export async function siblings(
  reader: Reader,
  scope: Scope,
  checked: CheckedEnvelope,
): Promise<readonly PlacedRelease[]> {
  const series = seriesOf(checked);
  const rows = await reader
    .selectFrom("releases")
    .select(["id", "envelope_sha256", "manifest_digest", "sequence"])
    .where(inScope(scope, "releases"))
    .where("vendor_id", "=", series.vendor_id)
    .where("class_id", "=", series.class_id)
    .where("components", "=", series.components)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    envelopeSha256: row.envelope_sha256,
    manifestDigest: row.manifest_digest,
    sequence: BigInt(row.sequence),
  }));
}

export const findRelease = (reader: Reader, scope: Scope, id: number): Promise<ReleaseRow | undefined> =>
  reader.selectFrom("releases").selectAll().where(inScope(scope, "releases")).where("id", "=", id).executeTakeFirst();

export interface NewRelease {
  readonly checked: CheckedEnvelope;
  readonly envelopeSha256: string;
  readonly payloads: readonly MatchedPayload[];
  readonly version?: string;
  readonly notes?: string;
  readonly actor: string;
  readonly at: number;
}

/** Inserts a release with its artifacts; the blobs it names have rows already. */
export async function insertRelease(writer: Writer, scope: Scope, release: NewRelease): Promise<ReleaseRow> {
  const { checked, at, actor, envelopeSha256 } = release;
  const series = seriesOf(checked);
  const id = await nextNumber(writer, scope, "release");
  const row = await writer
    .insertInto("releases")
    .values({
      ...scope,
      ...series,
      id,
      envelope_sha256: envelopeSha256,
      manifest_digest: bytesToHex(checked.manifestDigest.bytes),
      sequence: sequenceKey(checked.sequence),
      name: checked.name ?? series.components.slice(0, 64),
      version: release.version ?? checked.version ?? checked.sequence.toString(),
      notes: release.notes ?? null,
      published_at: at,
      published_by: actor,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  await writer
    .insertInto("release_artifacts")
    .values([
      { ...scope, release_id: id, filename: manifestFilename, sha256: envelopeSha256, kind: "manifest" },
      ...release.payloads.map((payload) => ({ ...scope, release_id: id, ...payload, kind: "payload" as const })),
    ])
    .execute();
  await appendEvent(writer, scope, {
    kind: "release-published",
    at,
    actor,
    releaseId: id,
    evidence: envelopeSha256,
    data: { sequence: checked.sequence.toString(), manifestDigest: row.manifest_digest, version: row.version },
  });
  return row;
}
