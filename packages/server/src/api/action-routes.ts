import type { FastifyInstance } from "fastify";
import { findAction } from "../actions/action-row.ts";
import { allowRetry, cancelAction, giveUpAction } from "../actions/operate.ts";
import { parseActionId } from "../ddi/action-id.ts";
import { bearerOf } from "../http/decorations.ts";
import { replyRefusal } from "../http/reply-refusal.ts";
import { requireRole } from "../http/require-role.ts";
import type { ServerContext } from "../server-context.ts";
import type { ActionRow } from "../store/schema.ts";
import { inScope } from "../store/store.ts";
import { parsePage } from "./page.ts";

/** An action as the API shows it. */
export interface ActionView {
  readonly id: number;
  readonly controllerId: string;
  readonly release: number;
  readonly state: ActionRow["state"];
  readonly open: boolean;
  readonly cancel: ActionRow["cancel"];
  readonly attempts: number;
  readonly unproven: boolean;
  readonly reason: string | null;
  readonly knownBy: ActionRow["known_by"];
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly closedAt: number | null;
}

export function registerActionRoutes(api: FastifyInstance, context: ServerContext): void {
  const { store, now } = context;
  const readers = requireRole(store, "read", "device-admin");
  const admins = requireRole(store, "device-admin");

  api.get("/actions", { onRequest: readers }, async (request, reply) => {
    const page = parsePage(request.query);
    if (!page.ok) return replyRefusal(reply, page.error);
    const rows = await store.read((reader) =>
      reader
        .selectFrom("actions")
        .selectAll()
        .where(inScope(store.scope, "actions"))
        .where("id", ">", parseActionId(page.value.after ?? "") ?? 0)
        .orderBy("id")
        .limit(page.value.limit)
        .execute(),
    );
    return reply.send({ actions: rows.map(viewAction) });
  });

  api.get<{ Params: { id: string } }>("/actions/:id", { onRequest: readers }, async (request, reply) => {
    const id = parseActionId(request.params.id);
    const row = id === undefined ? undefined : await store.read((reader) => findAction(reader, store.scope, id));
    if (row === undefined) return replyRefusal(reply, { code: "not-found" });
    const events = await store.read((reader) =>
      reader
        .selectFrom("events")
        .select(["id", "at", "kind", "actor", "data", "evidence"])
        .where(inScope(store.scope, "events"))
        .where("action_id", "=", row.id)
        .orderBy("id")
        .limit(2000)
        .execute(),
    );
    return reply.send({
      ...viewAction(row),
      events: events.map(({ data, ...event }) => ({ ...event, data: JSON.parse(data) as unknown })),
    });
  });

  for (const [verb, operate] of [
    ["cancel", cancelAction],
    ["retry", allowRetry],
    ["give-up", giveUpAction],
  ] as const) {
    api.post<{ Params: { id: string } }>(`/actions/:id/${verb}`, { onRequest: admins }, async (request, reply) => {
      const id = parseActionId(request.params.id);
      if (id === undefined) return replyRefusal(reply, { code: "not-found" });
      const result = await operate(store, id, `token:${bearerOf(request).label}`, now());
      return result.ok ? reply.send(viewAction(result.value)) : replyRefusal(reply, result.error);
    });
  }
}

const viewAction = (row: ActionRow): ActionView => ({
  id: row.id,
  controllerId: row.controller_id,
  release: row.release_id,
  state: row.state,
  open: row.link === "open",
  cancel: row.cancel,
  attempts: row.attempts,
  unproven: row.unproven === 1,
  reason: row.reason,
  knownBy: row.known_by,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  closedAt: row.closed_at,
});
