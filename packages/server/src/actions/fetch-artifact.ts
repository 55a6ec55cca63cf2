import type { Limits } from "../limits.ts";
import { appendEvent } from "../store/event.ts";
import type { ActionRow, BlobRow, DeviceRow, ReleaseArtifactRow, Scope } from "../store/schema.ts";
import { inScope, type Store, type Writer } from "../store/store.ts";
import { advance, close } from "./action.ts";
import { actionOf, findAction, forgetLastFeedback, openAction, saveAction } from "./action-row.ts";

export interface Artifact {
  readonly filename: string;
  readonly kind: ReleaseArtifactRow["kind"];
  readonly blob: Pick<BlobRow, "sha256" | "sha1" | "md5" | "size">;
}

/** An artifact of the release that this device is being offered, and of no other: everything else does not exist. */
export async function findArtifact(
  store: Store,
  device: DeviceRow,
  releaseId: number,
  filename: string,
): Promise<{ readonly action: ActionRow; readonly artifact: Artifact } | undefined> {
  return store.read(async (reader) => {
    const action = await openAction(reader, store.scope, device.controller_id);
    if (action === undefined || action.release_id !== releaseId) return undefined;
    const row = await reader
      .selectFrom("release_artifacts as a")
      .innerJoin("blobs as b", (join) =>
        join.onRef("b.tenant", "=", "a.tenant").onRef("b.site", "=", "a.site").onRef("b.sha256", "=", "a.sha256"),
      )
      .select(["a.filename", "a.kind", "b.sha256", "b.sha1", "b.md5", "b.size"])
      .where(inScope(store.scope, "a"))
      .where("a.release_id", "=", releaseId)
      .where("a.filename", "=", filename)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const { filename: name, kind, ...blob } = row;
    return { action, artifact: { filename: name, kind, blob } };
  });
}

/**
 * Notes that a device downloads an artifact. The first of a try starts it: attempt +1, `downloading`. `part: "rest"`
 * is a resumed download. Answers `stopped` when one action began the same payload too often.
 */
export async function noteDownload(
  store: Store,
  action: ActionRow,
  artifact: Artifact,
  part: "start" | "rest",
  at: number,
  limits: Limits,
): Promise<"go-on" | "stopped"> {
  const { kind } = artifact;
  // Papers are no delivery: whoever reads them has not begun to install.
  if (kind === "attachment") return "go-on";
  const counts = part === "start" && kind === "payload";
  // A device that waits looks at the manifest at every poll, and a resumed download has many parts: only read then.
  if (!counts && reached(action.fetched) >= reached(kind)) return "go-on";
  const { scope } = store;
  return store.write(async (writer) => {
    const row = await findAction(writer, scope, action.id);
    if (row === undefined || row.link === "closed") return "stopped";
    const change = { at, actor: `device:${row.controller_id}` };
    const before = actionOf(row);
    if (counts && (await countDownload(writer, scope, row.id, artifact.filename)) > limits.payloadDownloads) {
      await saveAction(writer, scope, row, close(before, "failed", "too-many-downloads"), { at, actor: "server" });
      return "stopped";
    }
    const first = before.fetched === "nothing";
    const after = {
      ...advance(before, "downloading"),
      started: true,
      attempts: first ? before.attempts + 1 : before.attempts,
      fetched: reached(kind) > reached(before.fetched) ? kind : before.fetched,
    };
    if (first) {
      await forgetLastFeedback(writer, scope, row.id);
      await appendEvent(writer, scope, {
        kind: "download-started",
        ...change,
        controllerId: row.controller_id,
        actionId: row.id,
        releaseId: row.release_id,
        data: { filename: artifact.filename, attempt: after.attempts },
      });
    }
    await saveAction(writer, scope, row, after, change);
    return "go-on";
  });
}

const reached = (fetched: ActionRow["fetched"]): number => ["nothing", "manifest", "payload"].indexOf(fetched);

async function countDownload(writer: Writer, scope: Scope, actionId: number, filename: string): Promise<number> {
  const row = await writer
    .insertInto("downloads")
    .values({ ...scope, action_id: actionId, filename, count: 1 })
    .onConflict((conflict) =>
      conflict
        .columns(["tenant", "site", "action_id", "filename"])
        .doUpdateSet((eb) => ({ count: eb("downloads.count", "+", 1) })),
    )
    .returning("count")
    .executeTakeFirstOrThrow();
  return row.count;
}
