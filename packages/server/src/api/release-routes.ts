import type { FastifyInstance } from "fastify";
import Type from "typebox";
import { parseActionId } from "../ddi/action-id.ts";
import { bearerOf } from "../http/decorations.ts";
import { replyRefusal } from "../http/reply-refusal.ts";
import { requireRole } from "../http/require-role.ts";
import { attachmentsOf, viewAttachment } from "../releases/attachment.ts";
import { publishRelease } from "../releases/publish-release.ts";
import { findRelease } from "../releases/release-row.ts";
import type { ServerContext } from "../server-context.ts";
import { inScope } from "../store/store.ts";
import { parsePage } from "./page.ts";
import { bodyParser } from "./parse-body.ts";
import { viewRelease } from "./release-view.ts";

const parsePublish = bodyParser(
  Type.Object(
    {
      envelope: Type.String({
        pattern: "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
        minLength: 4,
      }),
      payloads: Type.Array(
        Type.Object(
          { uri: Type.String({ maxLength: 1024 }), sha256: Type.String({ pattern: "^[0-9a-f]{64}$" }) },
          { additionalProperties: false },
        ),
        { maxItems: 64 },
      ),
      version: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
      notes: Type.Optional(Type.String({ maxLength: 4096 })),
    },
    { additionalProperties: false },
  ),
);

/** Publishing, and reading what was published. */
export function registerReleaseRoutes(api: FastifyInstance, context: ServerContext): void {
  const { store } = context;
  const readers = requireRole(store, "read", "publish", "device-admin");

  api.post("/releases", { onRequest: requireRole(store, "publish") }, async (request, reply) => {
    const body = parsePublish(request.body);
    if (!body.ok) return replyRefusal(reply, body.error);
    const { envelope, ...rest } = body.value;
    const actor = `token:${bearerOf(request).label}`;
    const published = await publishRelease(context, { ...rest, envelope: fromBase64(envelope), actor });
    if (!published.ok) return replyRefusal(reply, published.error);
    return reply.code(published.value.outcome === "created" ? 201 : 200).send(viewRelease(published.value.release));
  });

  api.get("/releases", { onRequest: readers }, async (request, reply) => {
    const page = parsePage(request.query);
    if (!page.ok) return replyRefusal(reply, page.error);
    const after = parseActionId(page.value.after ?? "") ?? 0;
    const rows = await store.read((reader) =>
      reader
        .selectFrom("releases")
        .selectAll()
        .where(inScope(store.scope, "releases"))
        .where("id", ">", after)
        .orderBy("id")
        .limit(page.value.limit)
        .execute(),
    );
    return reply.send({ releases: rows.map(viewRelease) });
  });

  api.get<{ Params: { id: string } }>("/releases/:id", { onRequest: readers }, async (request, reply) => {
    const id = parseActionId(request.params.id);
    const row = id === undefined ? undefined : await store.read((reader) => findRelease(reader, store.scope, id));
    if (row === undefined) return replyRefusal(reply, { code: "not-found" });
    const artifacts = await store.read((reader) =>
      reader
        .selectFrom("release_artifacts")
        .select(["filename", "sha256", "kind"])
        .where(inScope(store.scope, "release_artifacts"))
        .where("release_id", "=", row.id)
        .where("kind", "!=", "attachment")
        .orderBy("kind")
        .orderBy("filename")
        .execute(),
    );
    const attached = await store.read((reader) => attachmentsOf(reader, store.scope, row.id));
    return reply.send({ ...viewRelease(row), artifacts, attachments: attached.map(viewAttachment) });
  });
}

const fromBase64 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64"));
