import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { SenderGone } from "../blobs/blob-store.ts";
import { findBlob, registerBlob } from "../blobs/register-blob.ts";
import { replyRefusal } from "../http/reply-refusal.ts";
import { requireRole } from "../http/require-role.ts";
import type { ServerContext } from "../server-context.ts";

type BlobRequest = FastifyRequest<{ Params: { sha256: string } }>;

/** Uploads: `HEAD` asks whether a blob is there, `PUT` streams it to the disk, verified before it has a name. */
export function registerBlobRoutes(app: FastifyInstance, context: ServerContext): void {
  const { store, blobs, limits } = context;
  let uploads = 0;
  // The handler reads the stream itself; nothing is collected in memory.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, payload, done) => done(null, payload));

  app.route({
    method: "HEAD",
    url: "/blobs/:sha256",
    onRequest: requireRole(store, "publish"),
    handler: async (request: BlobRequest, reply) => {
      const { sha256 } = request.params;
      if (!isDigest(sha256)) return replyRefusal(reply, { code: "invalid-parameter", parameter: "sha256" });
      const blob = await store.read((reader) => findBlob(reader, store.scope, sha256));
      // A blob that the disk has lost is to be sent again.
      const there = blob !== undefined && (await blobs.size(sha256)) === blob.size;
      if (!there) return replyRefusal(reply, { code: "not-found" });
      return reply.code(200).header("etag", `"${sha256}"`).header("content-length", blob.size).send();
    },
  });

  app.put(
    "/blobs/:sha256",
    { onRequest: requireRole(store, "publish"), config: { body: "stream" } },
    async (request: BlobRequest, reply) => {
      const { sha256 } = request.params;
      const size = contentLength(request);
      if (!isDigest(sha256)) return replyRefusal(reply, { code: "invalid-parameter", parameter: "sha256" });
      if (size === undefined) return replyRefusal(reply, { code: "length-required" });
      if (size > limits.blobBytes) return replyRefusal(reply, { code: "too-large", limit: limits.blobBytes });
      if (uploads >= limits.concurrentUploads) return replyRefusal(reply, { code: "too-many-uploads" });
      uploads++;
      try {
        return await receive(request, reply, sha256, size);
      } catch (thrown) {
        if (!(thrown instanceof SenderGone)) throw thrown;
        request.log.info("upload broken off");
        return replyRefusal(reply, { code: "bad-request" });
      } finally {
        uploads--;
      }
    },
  );

  async function receive(
    request: BlobRequest,
    reply: FastifyReply,
    sha256: string,
    size: number,
  ): Promise<FastifyReply> {
    const known = await store.read((reader) => findBlob(reader, store.scope, sha256));
    // A blob that the disk has lost is received again.
    const present = known !== undefined && (await blobs.size(sha256)) === known.size;
    const result = present
      ? await blobs.compare(sha256, size, request.raw)
      : await blobs.put(sha256, size, request.raw);
    if (!result.ok) return replyRefusal(reply, result.error);
    if (!present) await store.write((writer) => registerBlob(writer, store.scope, result.value, context.now()));
    return reply.code(present ? 200 : 201).send({ sha256, size });
  }
}

const isDigest = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);

function contentLength(request: FastifyRequest): number | undefined {
  const header = request.headers["content-length"];
  return header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
}
