import { err, ok, type Result } from "@sumac/cbor";
import { findBlob } from "../blobs/register-blob.ts";
import type { Refusal } from "../refusal.ts";
import type { ServerContext } from "../server-context.ts";
import { appendEvent } from "../store/event.ts";
import type { BlobRow, Scope } from "../store/schema.ts";
import { inScope, type Reader } from "../store/store.ts";
import { findRelease } from "./release-row.ts";

/**
 * What may go with a release beside envelope and payloads, and as what it is handed out. A closed list: a server that
 * passes on any file under any type is a place to leave pages that run scripts.
 */
const attachmentTypes: Readonly<Record<string, string>> = {
  "gate-report.dsse.json": "application/vnd.dsse.envelope.v1+json",
  "dossier.tar": "application/x-tar",
  "sbom.cdx.json": "application/vnd.cyclonedx+json",
};

export const mediaTypeOf = (name: string): string | undefined =>
  Object.hasOwn(attachmentTypes, name) ? attachmentTypes[name] : undefined;

/** An attachment as the API shows it. */
export interface AttachmentView {
  readonly name: string;
  readonly sha256: string;
  readonly size: number;
  readonly mediaType: string;
}

export interface AttachRequest {
  readonly release: number;
  readonly name: string;
  readonly sha256: string;
  readonly actor: string;
}

export type Attached = { readonly view: AttachmentView; readonly outcome: "attached" | "already-attached" };

/** Names an uploaded blob as part of a release. What is once attached stays: customers have read it. */
export async function attach(context: ServerContext, request: AttachRequest): Promise<Result<Attached, Refusal>> {
  const { store, blobs, limits } = context;
  const { scope } = store;
  const { release, name, sha256, actor } = request;
  const mediaType = mediaTypeOf(name);
  if (mediaType === undefined) return err({ code: "invalid-body", field: "name" });
  const stored = await store.read((reader) => findBlob(reader, scope, sha256));
  if (stored === undefined || (await blobs.size(sha256)) !== stored.size)
    return err({ code: "blob-missing", uri: name, sha256 });
  if (stored.size > limits.attachmentBytes) return err({ code: "too-large", limit: limits.attachmentBytes });
  const view: AttachmentView = { name, sha256, size: stored.size, mediaType };
  return store.write(async (writer): Promise<Result<Attached, Refusal>> => {
    if ((await findRelease(writer, scope, release)) === undefined) return err({ code: "not-found" });
    const before = await writer
      .selectFrom("release_artifacts")
      .select(["sha256", "kind"])
      .where(inScope(scope, "release_artifacts"))
      .where("release_id", "=", release)
      .where("filename", "=", name)
      .executeTakeFirst();
    if (before !== undefined) {
      const same = before.kind === "attachment" && before.sha256 === sha256;
      return same ? ok({ view, outcome: "already-attached" }) : err({ code: "attachment-exists", name });
    }
    await writer
      .insertInto("release_artifacts")
      .values({ ...scope, release_id: release, filename: name, sha256, kind: "attachment" })
      .execute();
    await appendEvent(writer, scope, {
      kind: "release-attached",
      at: context.now(),
      actor,
      releaseId: release,
      evidence: sha256,
      data: { name },
    });
    return ok({ view, outcome: "attached" });
  });
}

type AttachmentRow = { readonly filename: string } & Pick<BlobRow, "sha256" | "sha1" | "md5" | "size">;

/** All attachments of a release, by name. */
export const attachmentsOf = (reader: Reader, scope: Scope, release: number): Promise<AttachmentRow[]> =>
  reader
    .selectFrom("release_artifacts as a")
    .innerJoin("blobs as b", (join) =>
      join.onRef("b.tenant", "=", "a.tenant").onRef("b.site", "=", "a.site").onRef("b.sha256", "=", "a.sha256"),
    )
    .select(["a.filename", "b.sha256", "b.sha1", "b.md5", "b.size"])
    .where(inScope(scope, "a"))
    .where("a.release_id", "=", release)
    .where("a.kind", "=", "attachment")
    .orderBy("a.filename")
    .execute();

export const viewAttachment = ({ filename, sha256, size }: AttachmentRow): AttachmentView => ({
  name: filename,
  sha256,
  size,
  mediaType: mediaTypeOf(filename) ?? "application/octet-stream",
});
