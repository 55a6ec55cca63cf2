import type { BlobRow } from "../store/schema.ts";
import { inScope, type Reader, type Store, type Writer } from "../store/store.ts";
import type { BlobFacts } from "./measure.ts";

/** Records a blob whose file is already durable. The same blob twice is the same row. */
export async function registerBlob(writer: Writer, scope: Store["scope"], facts: BlobFacts, at: number): Promise<void> {
  await writer
    .insertInto("blobs")
    .values({ ...scope, ...facts, created_at: at })
    .onConflict((conflict) => conflict.columns(["tenant", "site", "sha256"]).doNothing())
    .execute();
}

export const findBlob = (reader: Reader, scope: Store["scope"], sha256: string): Promise<BlobRow | undefined> =>
  reader.selectFrom("blobs").selectAll().where(inScope(scope, "blobs")).where("sha256", "=", sha256).executeTakeFirst();
