import type { Limits } from "../limits.ts";
import { seriesOfComponents } from "../releases/series.ts";
import { appendEvent, type EventKind } from "../store/event.ts";
import type { ActionRow, DeviceRow, Scope } from "../store/schema.ts";
import { inScope, type Store, type Writer } from "../store/store.ts";
import { actionOf, findAction, saveAction } from "./action-row.ts";
import { decideCancelFeedback } from "./decide-cancel.ts";
import { decideFeedback } from "./decide-feedback.ts";
import type { Feedback } from "./feedback.ts";

/** A feedback request after reading: what was understood, and the evidence it rests on. */
export interface ReceivedFeedback {
  readonly feedback: Feedback;
  /** How much of the JSON could be read: a client that sends broken JSON is not asked to repeat it for ever. */
  readonly readAs: "json" | "json-repaired" | "pattern" | "nothing";
  /** SHA-256 of the whole body. */
  readonly digest: string;
  /** The body as text, cut to `storedFeedbackBytes`. */
  readonly raw: string;
}

export type FeedbackAnswer = "accepted" | "gone" | "unknown-action";

/**
 * Records a report and what follows from it, durably, before it is answered. The same body twice in a row is one
 * report whose answer was lost.
 */
export function recordFeedback(
  store: Store,
  device: DeviceRow,
  actionId: number,
  received: ReceivedFeedback,
  at: number,
  limits: Limits,
): Promise<FeedbackAnswer> {
  const { scope } = store;
  return store.write(async (writer): Promise<FeedbackAnswer> => {
    const row = await findAction(writer, scope, actionId, device.controller_id);
    if (row === undefined) return "unknown-action";
    if (row.last_feedback === lastOf("feedback", received)) return "accepted";
    const release = await writer
      .selectFrom("releases")
      .select(["manifest_digest", "components"])
      .where(inScope(scope, "releases"))
      .where("id", "=", row.release_id)
      .executeTakeFirstOrThrow();
    const { action, answer } = decideFeedback(actionOf(row), received.feedback, {
      maxAttempts: limits.attempts,
      reported: device.installed_digest === release.manifest_digest ? "this-release" : "another",
      series: seriesOfComponents(release.components),
    });
    await note(writer, scope, row, received, at, limits, answer === "gone" ? "late-feedback" : "feedback");
    await saveAction(writer, scope, row, action, { at, actor: actorOf(device), evidence: received.digest });
    return answer;
  });
}

/** The same for the answer to a cancellation. `unknown-action`: nobody asked this device to cancel that. */
export function recordCancelFeedback(
  store: Store,
  device: DeviceRow,
  actionId: number,
  received: ReceivedFeedback,
  at: number,
  limits: Limits,
): Promise<FeedbackAnswer> {
  const { scope } = store;
  return store.write(async (writer): Promise<FeedbackAnswer> => {
    const row = await findAction(writer, scope, actionId, device.controller_id);
    if (row === undefined || row.cancel === "none") return "unknown-action";
    if (row.last_feedback === lastOf("cancel-answered", received)) return "accepted";
    await note(writer, scope, row, received, at, limits, "cancel-answered");
    const next = decideCancelFeedback(actionOf(row), received.feedback);
    await saveAction(writer, scope, row, next, { at, actor: actorOf(device), evidence: received.digest });
    return "accepted";
  });
}

/** The same words mean different things on a deployment and on its cancellation. */
const lastOf = (kind: "cancel-answered" | "feedback", { digest }: ReceivedFeedback): string => `${kind} ${digest}`;

const actorOf = (device: DeviceRow): string => `device:${device.controller_id}`;

/** Beyond `feedbackPerAction` only the effect is kept: a device in a loop must not fill the disk. */
async function note(
  writer: Writer,
  scope: Scope,
  row: ActionRow,
  received: ReceivedFeedback,
  at: number,
  limits: Limits,
  kind: EventKind,
): Promise<void> {
  await writer
    .updateTable("actions")
    .set({
      feedback_count: row.feedback_count + 1,
      last_feedback: lastOf(kind === "cancel-answered" ? kind : "feedback", received),
    })
    .where(inScope(scope, "actions"))
    .where("id", "=", row.id)
    .execute();
  if (row.feedback_count >= limits.feedbackPerAction) return;
  const { feedback } = received;
  await appendEvent(writer, scope, {
    kind,
    at,
    actor: `device:${row.controller_id}`,
    controllerId: row.controller_id,
    actionId: row.id,
    releaseId: row.release_id,
    evidence: received.digest,
    data: { ...feedback, readAs: received.readAs, ...(received.readAs === "json" ? {} : { raw: received.raw }) },
  });
}
