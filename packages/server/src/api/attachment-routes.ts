import type { FastifyInstance } from "fastify";
import Type from "typebox";
import { parseActionId } from "../ddi/action-id.ts";
import { bearerOf } from "../http/decorations.ts";
import { replyRefusal } from "../http/reply-refusal.ts";
import { requireRole } from "../http/require-role.ts";
import { decideArtifact, sendArtifact } from "../http/send-artifact.ts";
import { attach, attachmentsOf, mediaTypeOf } from "../releases/attachment.ts";
import type { ServerContext } from "../server-context.ts";
import { bodyParser } from "./parse-body.ts";

const parseAttach = bodyParser(
  Type.Object(
    { name: Type.String({ maxLength: 64 }), sha256: Type.String({ pattern: "^[0-9a-f]{64}$" }) },
    { additionalProperties: false },
  ),
);

/** Gate report, dossier and SBOM of a release: named after their upload as blobs, read by whoever may read releases. */
export function registerAttachmentRoutes(api: FastifyInstance, context: ServerContext): void {
  const { store, blobs } = context;

  api.post<{ Params: { id: string } }>(
    "/releases/:id/attachments",
    { onRequest: requireRole(store, "publish") },
    async (request, reply) => {
      const body = parseAttach(request.body);
      if (!body.ok) return replyRefusal(reply, body.error);
      const release = parseActionId(request.params.id);
      if (release === undefined) return replyRefusal(reply, { code: "not-found" });
      const done = await attach(context, { ...body.value, release, actor: `token:${bearerOf(request).label}` });
      if (!done.ok) return replyRefusal(reply, done.error);
      return reply.code(done.value.outcome === "attached" ? 201 : 200).send(done.value.view);
    },
  );

  api.route<{ Params: { id: string; name: string } }>({
    method: ["GET", "HEAD"],
    url: "/releases/:id/attachments/:name",
    onRequest: requireRole(store, "read", "publish", "device-admin"),
    handler: async (request, reply) => {
      const { id, name } = request.params;
      const release = parseActionId(id);
      const mediaType = mediaTypeOf(name);
      const rows =
        release === undefined ? [] : await store.read((reader) => attachmentsOf(reader, store.scope, release));
      const row = rows.find(({ filename }) => filename === name);
      if (row === undefined || mediaType === undefined) return replyRefusal(reply, { code: "not-found" });
      const { filename, ...blob } = row;
      const artifact = { filename, kind: "attachment", blob } as const;
      const answer = decideArtifact(request, artifact);
      // Saved, never shown: what a publisher sent does not become a page of this server.
      reply.header("content-disposition", `attachment; filename="${name}"`);
      return sendArtifact(reply, blobs, artifact, answer, { mediaType, keptBy: "private" });
    },
  });
}
