import { appendEvent } from "../store/event.ts";
import type { ActionRow, Scope } from "../store/schema.ts";
import { inScope, type Reader, type Writer } from "../store/store.ts";
import type { Action } from "./action.ts";

export const actionOf = (row: ActionRow): Action => ({
  profile: row.profile,
  state: row.state,
  link: row.link,
  cancel: row.cancel,
  attempts: row.attempts,
  fetched: row.fetched,
  integrated: row.integrated === 1,
  retrieved: row.retrieved_at !== null,
  started: row.started_at !== null,
  unproven: row.unproven === 1,
  reason: row.reason,
  knownBy: row.known_by,
});

export interface Change {
  readonly at: number;
  readonly actor: string;
  readonly evidence?: string;
}

/**
 * Writes a decision: the row, and an event for each change of state or cancellation, in the caller's transaction.
 * The row is a projection: replaying its events gives the same state.
 */
export async function saveAction(
  writer: Writer,
  scope: Scope,
  row: ActionRow,
  next: Action,
  change: Change,
): Promise<void> {
  const { at } = change;
  await writer
    .updateTable("actions")
    .set({
      state: next.state,
      link: next.link,
      cancel: next.cancel,
      attempts: next.attempts,
      fetched: next.fetched,
      unproven: next.unproven ? 1 : 0,
      reason: next.reason,
      known_by: next.knownBy,
      retrieved_at: next.retrieved ? (row.retrieved_at ?? at) : null,
      started_at: next.started ? (row.started_at ?? at) : null,
      closed_at: next.link === "closed" ? (row.closed_at ?? at) : null,
      updated_at: at,
    })
    .where(inScope(scope, "actions"))
    .where("id", "=", row.id)
    .execute();
  if (next.state !== row.state || next.reason !== row.reason || next.attempts !== row.attempts) {
    await appendEvent(writer, scope, {
      kind: "action-state",
      ...change,
      controllerId: row.controller_id,
      actionId: row.id,
      releaseId: row.release_id,
      data: {
        from: row.state,
        to: next.state,
        attempts: next.attempts,
        ...(next.reason === null ? {} : { reason: next.reason }),
        ...(next.knownBy === null ? {} : { knownBy: next.knownBy }),
        ...(next.unproven ? { unproven: true } : {}),
      },
    });
  }
  if (next.state === "running-verified" && row.state !== "running-verified") {
    await rememberInstalled(writer, scope, row);
  }
  if (next.link === "closed" && row.link === "open") {
    // Whatever happened, what the device runs now is worth asking.
    await writer
      .updateTable("devices")
      .set({ attributes_wanted: 1 })
      .where(inScope(scope, "devices"))
      .where("controller_id", "=", row.controller_id)
      .execute();
  }
}

/** Until the device reports its attributes again, it runs what it said it runs. */
async function rememberInstalled(writer: Writer, scope: Scope, row: ActionRow): Promise<void> {
  const release = await writer
    .selectFrom("releases")
    .select(["sequence", "manifest_digest"])
    .where(inScope(scope, "releases"))
    .where("id", "=", row.release_id)
    .executeTakeFirstOrThrow();
  await writer
    .updateTable("devices")
    .set({
      installed_sequence: release.sequence,
      installed_digest: release.manifest_digest,
      installed_action: row.id,
    })
    .where(inScope(scope, "devices"))
    .where("controller_id", "=", row.controller_id)
    .execute();
}

/** The device went on after its last report: the same words again are a new report, not a repeated one. */
export async function forgetLastFeedback(writer: Writer, scope: Scope, id: number): Promise<void> {
  await writer
    .updateTable("actions")
    .set({ last_feedback: null })
    .where(inScope(scope, "actions"))
    .where("id", "=", id)
    .execute();
}

/** The one action of a device that DDI offers. */
export const openAction = (reader: Reader, scope: Scope, controllerId: string): Promise<ActionRow | undefined> =>
  reader
    .selectFrom("actions")
    .selectAll()
    .where(inScope(scope, "actions"))
    .where("controller_id", "=", controllerId)
    .where("link", "=", "open")
    .executeTakeFirst();

/** An action by its number; with `controllerId`, only if it is that device's. */
export const findAction = (
  reader: Reader,
  scope: Scope,
  id: number,
  controllerId?: string,
): Promise<ActionRow | undefined> => {
  const query = reader.selectFrom("actions").selectAll().where(inScope(scope, "actions")).where("id", "=", id);
  return (controllerId === undefined ? query : query.where("controller_id", "=", controllerId)).executeTakeFirst();
};
