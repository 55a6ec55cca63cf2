import type { FastifyInstance } from "fastify";
import Type from "typebox";
import { attributesFromJson } from "../devices/attributes.ts";
import { isControllerId } from "../devices/controller-id.ts";
import { registerDevice, replaceDeviceToken } from "../devices/device-row.ts";
import { profiles } from "../devices/profile.ts";
import { bearerOf } from "../http/decorations.ts";
import { replyRefusal } from "../http/reply-refusal.ts";
import { requireRole } from "../http/require-role.ts";
import type { ServerContext } from "../server-context.ts";
import type { ActionRow, DeviceRow } from "../store/schema.ts";
import { sequenceText } from "../store/sequence-key.ts";
import { inScope } from "../store/store.ts";
import { parsePage } from "./page.ts";
import { bodyParser } from "./parse-body.ts";

const parseNewDevice = bodyParser(
  Type.Object(
    {
      controllerId: Type.String({ minLength: 1, maxLength: 128 }),
      profile: Type.Optional(Type.Union(profiles.map((profile) => Type.Literal(profile)))),
    },
    { additionalProperties: false },
  ),
);

/** A device as the API shows it. `state` is that of its newest action; `installed` is what it reported last. */
export interface DeviceView {
  readonly controllerId: string;
  readonly profile: DeviceRow["profile"];
  readonly state: ActionRow["state"] | "idle";
  readonly action: number | null;
  readonly lastSeenAt: number | null;
  readonly lastAddress: string | null;
  readonly attributes: Readonly<Record<string, string>>;
  readonly attributesAt: number | null;
  readonly installed: { readonly sequence: string | null; readonly manifestDigest: string | null };
  readonly registeredAt: number;
}

export function registerDeviceRoutes(api: FastifyInstance, context: ServerContext): void {
  const { store, now } = context;
  const admins = requireRole(store, "device-admin");

  api.post("/devices", { onRequest: admins }, async (request, reply) => {
    const body = parseNewDevice(request.body);
    if (!body.ok) return replyRefusal(reply, body.error);
    const { controllerId, profile = "signed-report" } = body.value;
    if (!isControllerId(controllerId)) return replyRefusal(reply, { code: "invalid-body", field: "controllerId" });
    const device = await registerDevice(store, controllerId, profile, `token:${bearerOf(request).label}`, now());
    if (device === undefined) return replyRefusal(reply, { code: "device-exists", controllerId });
    return reply.code(201).send({ controllerId, profile, ...device });
  });

  api.post<{ Params: { controllerId: string } }>(
    "/devices/:controllerId/token",
    { onRequest: admins },
    async (request, reply) => {
      const { controllerId } = request.params;
      const replaced = await replaceDeviceToken(store, controllerId, `token:${bearerOf(request).label}`, now());
      return replaced === undefined
        ? replyRefusal(reply, { code: "not-found" })
        : reply.send({ controllerId, ...replaced });
    },
  );

  api.get("/devices", { onRequest: requireRole(store, "read", "device-admin") }, async (request, reply) => {
    const page = parsePage(request.query);
    if (!page.ok) return replyRefusal(reply, page.error);
    await context.lastSeen.flush();
    const { limit, after = "" } = page.value;
    const devices = await store.read(async (reader) => {
      const rows = await reader
        .selectFrom("devices")
        .selectAll()
        .where(inScope(store.scope, "devices"))
        .where("controller_id", ">", after)
        .orderBy("controller_id")
        .limit(limit)
        .execute();
      return Promise.all(
        rows.map(async (row) => {
          const action = await reader
            .selectFrom("actions")
            .select(["id", "state"])
            .where(inScope(store.scope, "actions"))
            .where("controller_id", "=", row.controller_id)
            .orderBy("id", "desc")
            .limit(1)
            .executeTakeFirst();
          return viewDevice(row, action);
        }),
      );
    });
    return reply.send({ devices });
  });
}

const viewDevice = (row: DeviceRow, action: Pick<ActionRow, "id" | "state"> | undefined): DeviceView => ({
  controllerId: row.controller_id,
  profile: row.profile,
  state: action?.state ?? "idle",
  action: action?.id ?? null,
  lastSeenAt: row.last_seen_at,
  lastAddress: row.last_address,
  attributes: Object.fromEntries(attributesFromJson(row.attributes)),
  attributesAt: row.attributes_at,
  installed: {
    sequence: row.installed_sequence === null ? null : sequenceText(row.installed_sequence),
    manifestDigest: row.installed_digest,
  },
  registeredAt: row.created_at,
});
