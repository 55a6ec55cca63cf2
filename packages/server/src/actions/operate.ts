import { err, ok, type Result } from "@sumac/cbor";
import type { Refusal } from "../refusal.ts";
import { appendEvent } from "../store/event.ts";
import type { ActionRow } from "../store/schema.ts";
import { inScope, type Store } from "../store/store.ts";
import { actionOf, findAction, saveAction } from "./action-row.ts";
import { decideCancel, decideGiveUp } from "./decide-cancel.ts";

/** An operator asks to stop an action. Asking twice is asking once. */
export function cancelAction(store: Store, id: number, actor: string, at: number): Promise<Result<ActionRow, Refusal>> {
  const { scope } = store;
  return store.write(async (writer): Promise<Result<ActionRow, Refusal>> => {
    const row = await findAction(writer, scope, id);
    if (row === undefined) return err({ code: "not-found" });
    const decided = decideCancel(actionOf(row));
    if (!decided.ok) return decided;
    if (row.state !== "cancelled" && row.cancel !== "requested") {
      await appendEvent(writer, scope, {
        kind: "cancel-requested",
        at,
        actor,
        controllerId: row.controller_id,
        actionId: id,
        releaseId: row.release_id,
      });
      await saveAction(writer, scope, row, decided.value, { at, actor });
    }
    return ok((await findAction(writer, scope, id)) ?? row);
  });
}

/** An operator lets a device try a release again after it failed, rolled back or was cancelled. */
export function allowRetry(store: Store, id: number, actor: string, at: number): Promise<Result<ActionRow, Refusal>> {
  const { scope } = store;
  return store.write(async (writer): Promise<Result<ActionRow, Refusal>> => {
    const row = await findAction(writer, scope, id);
    if (row === undefined) return err({ code: "not-found" });
    if (row.link === "open") return err({ code: "action-open", state: row.state });
    await writer
      .updateTable("actions")
      .set({ forgiven: 1, updated_at: at })
      .where(inScope(scope, "actions"))
      .where("controller_id", "=", row.controller_id)
      .where("release_id", "=", row.release_id)
      .where("link", "=", "closed")
      .execute();
    await appendEvent(writer, scope, {
      kind: "retry-allowed",
      at,
      actor,
      controllerId: row.controller_id,
      actionId: id,
      releaseId: row.release_id,
    });
    return ok(row);
  });
}

/**
 * An operator stops waiting for a device that installed and was never heard of again, or lost its state: the way out
 * of an action that cannot be cancelled any more.
 */
export function giveUpAction(store: Store, id: number, actor: string, at: number): Promise<Result<ActionRow, Refusal>> {
  const { scope } = store;
  return store.write(async (writer): Promise<Result<ActionRow, Refusal>> => {
    const row = await findAction(writer, scope, id);
    if (row === undefined) return err({ code: "not-found" });
    const decided = decideGiveUp(actionOf(row));
    if (!decided.ok) return decided;
    await saveAction(writer, scope, row, decided.value, { at, actor });
    return ok((await findAction(writer, scope, id)) ?? row);
  });
}
