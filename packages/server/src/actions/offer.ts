import { asideComponents } from "../releases/series.ts";
import { appendEvent } from "../store/event.ts";
import type { ActionRow, DeviceRow, Scope } from "../store/schema.ts";
import { inScope, nextNumber, type Reader, type Store, type Writer } from "../store/store.ts";
import { close } from "./action.ts";
import { actionOf, findAction, forgetLastFeedback, openAction, saveAction } from "./action-row.ts";
import { type Candidate, decideOffer, type History, type OfferDecision } from "./decide-offer.ts";

export interface OfferPolicy {
  readonly maxAttempts: number;
  readonly sleepMs: number;
}

/**
 * The action a device shall see now, creating or superseding one where the decision says so. A poll that changes
 * nothing only reads; one that changes something decides again inside its transaction.
 */
export async function offerAction(
  store: Store,
  device: DeviceRow,
  now: number,
  policy: OfferPolicy,
): Promise<ActionRow | undefined> {
  const seen = await store.read((reader) => assess(reader, store.scope, device, now, policy));
  if (seen.decision === "keep" || seen.decision === "nothing") return seen.open;
  return store.write(async (writer) => {
    const { decision, open, candidate } = await assess(writer, store.scope, device, now, policy);
    if (candidate === undefined || decision === "keep" || decision === "nothing") return open;
    if (open !== undefined) {
      await saveAction(writer, store.scope, open, close(actionOf(open), "superseded", null), {
        at: now,
        actor: "server",
      });
    }
    return createAction(writer, store.scope, device, candidate.releaseId, now);
  });
}

interface Assessment {
  readonly decision: OfferDecision;
  readonly open: ActionRow | undefined;
  readonly candidate: Candidate | undefined;
}

async function assess(
  reader: Reader,
  scope: Scope,
  device: DeviceRow,
  now: number,
  policy: OfferPolicy,
): Promise<Assessment> {
  const open = await openAction(reader, scope, device.controller_id);
  const candidates = [
    ...(await undoneAside(reader, scope, device, "trust-record")),
    ...(await newestRelease(reader, scope, device)),
    ...(await undoneAside(reader, scope, device, "recovery")),
  ];
  const decide = (history: History, candidate?: Candidate): OfferDecision =>
    decideOffer({
      ...(open === undefined ? {} : { open: { releaseId: open.release_id, action: actionOf(open) } }),
      ...(candidate === undefined ? {} : { candidate }),
      history,
      now,
      ...policy,
    });
  // The first that may be tried: an update that keeps failing does not stand in the way of the next series.
  for (const candidate of candidates) {
    if (candidate.releaseId === open?.release_id)
      return { decision: decide({ attempts: 0 }, candidate), open, candidate };
    const history = await historyOf(reader, scope, device.controller_id, candidate.releaseId);
    const decision = decide(history, candidate);
    if (decision === "create" || decision === "supersede-and-create") return { decision, open, candidate };
  }
  return { decision: decide({ attempts: 0 }), open, candidate: undefined };
}

/**
 * Trust updates or recovery images that this device has not had, the oldest first: each may be signed by keys that the one
 * before it brought. No attribute tells of them; what counts is the device's own report, that it has this one or a later.
 */
async function undoneAside(
  reader: Reader,
  scope: Scope,
  device: DeviceRow,
  series: keyof typeof asideComponents,
): Promise<readonly Candidate[]> {
  if (device.vendor_id === null || device.class_id === null) return [];
  const rows = await reader
    .selectFrom("releases")
    .select("id")
    .where(inScope(scope, "releases"))
    .where("vendor_id", "=", device.vendor_id)
    .where("class_id", "=", device.class_id)
    .where("components", "in", asideComponents[series])
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom("actions")
            .select("actions.id")
            .where(inScope(scope, "actions"))
            .whereRef("actions.release_id", "=", "releases.id")
            .where("actions.controller_id", "=", device.controller_id)
            .where((eb) =>
              eb.or([eb("actions.state", "=", "running-verified"), eb("actions.reason", "=", "rollback")]),
            ),
        ),
      ),
    )
    .orderBy("sequence")
    .execute();
  return rows.map(({ id }) => ({ releaseId: id }));
}

/** The release with the highest sequence number above the device's own, for exactly its vendor and class. */
async function newestRelease(reader: Reader, scope: Scope, device: DeviceRow): Promise<readonly Candidate[]> {
  if (device.vendor_id === null || device.class_id === null) return [];
  const row = await reader
    .selectFrom("releases")
    .select("id")
    .where(inScope(scope, "releases"))
    .where("vendor_id", "=", device.vendor_id)
    .where("class_id", "=", device.class_id)
    .where("components", "not in", Object.values(asideComponents).flat())
    .where("sequence", ">", device.installed_sequence ?? "")
    .orderBy("sequence", "desc")
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? [] : [{ releaseId: row.id }];
}

async function historyOf(reader: Reader, scope: Scope, controllerId: string, releaseId: number): Promise<History> {
  const rows = await reader
    .selectFrom("actions")
    .select(["state", "attempts", "closed_at"])
    .where(inScope(scope, "actions"))
    .where("controller_id", "=", controllerId)
    .where("release_id", "=", releaseId)
    .where("link", "=", "closed")
    .where("forgiven", "=", 0)
    .where("state", "!=", "superseded")
    .orderBy("id", "desc")
    .execute();
  const attempts = rows.reduce((sum, row) => sum + row.attempts, 0);
  const [last] = rows;
  return last === undefined ? { attempts } : { attempts, last: { state: last.state, closedAt: last.closed_at ?? 0 } };
}

async function createAction(
  writer: Writer,
  scope: Scope,
  device: DeviceRow,
  releaseId: number,
  at: number,
): Promise<ActionRow> {
  const payload = await writer
    .selectFrom("release_artifacts")
    .select("filename")
    .where(inScope(scope, "release_artifacts"))
    .where("release_id", "=", releaseId)
    .where("kind", "=", "payload")
    .executeTakeFirst();
  const id = await nextNumber(writer, scope, "action");
  const row = await writer
    .insertInto("actions")
    .values({
      ...scope,
      id,
      controller_id: device.controller_id,
      release_id: releaseId,
      profile: device.profile,
      state: "approved",
      link: "open",
      cancel: "none",
      attempts: 0,
      fetched: "nothing",
      integrated: payload === undefined ? 1 : 0,
      unproven: 0,
      reason: null,
      known_by: null,
      forgiven: 0,
      retrieved_at: null,
      started_at: null,
      closed_at: null,
      created_at: at,
      updated_at: at,
      feedback_count: 0,
      last_feedback: null,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  const about = { at, actor: "server", controllerId: device.controller_id, actionId: id, releaseId };
  await appendEvent(writer, scope, { kind: "action-offered", ...about });
  await appendEvent(writer, scope, { kind: "action-state", ...about, data: { from: "offered", to: "approved" } });
  return row;
}

/** The device asked for the deployment: from now on it can be cancelled, but not withdrawn. */
export async function markRetrieved(store: Store, action: ActionRow, at: number): Promise<void> {
  if (action.retrieved_at !== null) return;
  const { scope } = store;
  await store.write(async (writer) => {
    const row = await findAction(writer, scope, action.id);
    if (row === undefined || row.retrieved_at !== null) return;
    const actor = `device:${row.controller_id}`;
    await appendEvent(writer, scope, {
      kind: "action-retrieved",
      at,
      actor,
      controllerId: row.controller_id,
      actionId: row.id,
      releaseId: row.release_id,
    });
    await saveAction(writer, scope, row, { ...actionOf(row), retrieved: true }, { at, actor });
    await forgetLastFeedback(writer, scope, row.id);
  });
}
