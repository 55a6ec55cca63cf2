import type { FastifyInstance, FastifyRequest } from "fastify";
import Type from "typebox";
import { bodyParser } from "../api/parse-body.ts";
import { measureBytes } from "../blobs/measure.ts";
import { bearerOf } from "../http/decorations.ts";
import { replyRefusal } from "../http/reply-refusal.ts";
import { requireRole } from "../http/require-role.ts";
import type { ServerContext } from "../server-context.ts";
import { appendEvent } from "../store/event.ts";

const base64 = Type.String({
  pattern: "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
  minLength: 4,
});

const parseGroup = bodyParser(
  Type.Object(
    {
      roots: Type.Array(base64, { maxItems: 256 }),
      targets: Type.Optional(base64),
      roles: Type.Array(
        Type.Object({ role: Type.String({ maxLength: 64 }), file: base64 }, { additionalProperties: false }),
        { maxItems: 1024 },
      ),
    },
    { additionalProperties: false },
  ),
);

/** `LINE/MODEL/DIGEST.VERSION.suit`, as the tree stores it. */
const targetName = /^[a-z0-9][a-z0-9._-]{0,63}\/[a-z0-9][a-z0-9._-]{0,63}\/([0-9a-f]{64})\.[a-z0-9][a-z0-9._-]{0,63}$/;

/** What a publisher brings: envelopes first, then the role files that list them, all of a kind at once. */
export function registerRepositoryRoutes(api: FastifyInstance, context: ServerContext): void {
  const { repository, store, limits, now } = context;
  if (repository === undefined) return;

  api.get(
    "/repository",
    { onRequest: requireRole(store, "read", "publish", "device-admin") },
    async (_request, reply) =>
      reply.send({
        roles: Object.fromEntries(
          Array.from(repository.roles, ([role, { version, expires }]) => [role, { version, expires: Number(expires) }]),
        ),
        standing: repository.standing,
      }),
  );

  api.post(
    "/repository/metadata",
    { onRequest: requireRole(store, "publish"), bodyLimit: limits.repositoryBodyBytes },
    async (request, reply) => {
      const body = parseGroup(request.body);
      if (!body.ok) return replyRefusal(reply, body.error);
      const { roots, targets, roles } = body.value;
      const published = await repository.publish({
        roots: roots.map(fromBase64),
        targets: targets === undefined ? undefined : fromBase64(targets),
        lines: new Map(roles.map(({ role, file }) => [role, fromBase64(file)])),
      });
      if (!published.ok) return replyRefusal(reply, { code: "repository-refused", refusal: published.error });
      const { outcome, files } = published.value;
      if (outcome === "published") {
        const actor = `token:${bearerOf(request).label}`;
        await store.write((writer) =>
          appendEvent(writer, store.scope, {
            kind: "repository-published",
            at: now(),
            actor,
            data: { files: files.join(" ") },
          }),
        );
      }
      return reply.code(outcome === "published" ? 201 : 200).send({ outcome, files });
    },
  );

  api.register(async (targets) => {
    targets.removeAllContentTypeParsers();
    targets.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
    targets.put(
      "/repository/targets/*",
      { onRequest: requireRole(store, "publish"), bodyLimit: limits.envelopeBytes },
      async (request: FastifyRequest<{ Params: { "*": string } }>, reply) => {
        const name = request.params["*"];
        const expected = targetName.exec(name)?.[1];
        if (expected === undefined) return replyRefusal(reply, { code: "invalid-parameter", parameter: "target" });
        const bytes = request.body instanceof Uint8Array ? new Uint8Array(request.body) : new Uint8Array();
        const computed = measureBytes(bytes).sha256;
        if (computed !== expected) return replyRefusal(reply, { code: "digest-mismatch", expected, computed });
        const outcome = repository.putTarget(name, bytes);
        return reply.code(outcome === "created" ? 201 : 200).send({ sha256: expected, size: bytes.length });
      },
    );
  });
}

const fromBase64 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64"));
