import { sql } from "kysely";
import type { Store } from "../store/store.ts";
import type { BlobStore } from "./blob-store.ts";

export interface Collected {
  /** How many files no row named any longer. */
  readonly removed: number;
  /** Digests of blobs that the disk has lost: the server goes on, and refuses to serve them. */
  readonly missing: readonly string[];
}

/**
 * Brings disk and database together at start, before anything is served. Publishing makes the file before its row,
 * this removes the row before its file: so a file without a row is the only leftover that a crash can make.
 * Rows that no release names stay for `graceMs`, because a publisher uploads first and names afterwards.
 * Works on all scopes: the files are shared by every tenant of the directory.
 */
export async function collectBlobs(store: Store, blobs: BlobStore, now: number, graceMs: number): Promise<Collected> {
  await dropUnusedRows(store, now - graceMs);
  const missing: string[] = [];
  const named = new Set<string>();
  for (const { sha256, size } of await store.read((reader) =>
    reader.selectFrom("blobs").select(["sha256", "size"]).distinct().execute(),
  )) {
    named.add(sha256);
    if ((await blobs.size(sha256)) !== size) missing.push(sha256);
  }
  let removed = 0;
  for await (const sha256 of blobs.stored()) {
    if (named.has(sha256)) continue;
    await blobs.remove(sha256);
    removed++;
  }
  return { removed, missing };
}

const dropUnusedRows = (store: Store, before: number): Promise<unknown> =>
  store.write((writer) =>
    writer
      .deleteFrom("blobs")
      .where("created_at", "<", before)
      .where(
        sql<boolean>`not exists (select 1 from release_artifacts a where a.tenant = blobs.tenant and a.site = blobs.site
          and a.sha256 = blobs.sha256)`,
      )
      .execute(),
  );
