import path from "node:path";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { measureBytes } from "../blobs/measure.ts";
import { readPlainFile } from "../http/plain-file.ts";
import { replyRefusal } from "../http/reply-refusal.ts";
import { decideArtifact, sendBytes } from "../http/send-artifact.ts";
import type { ServerContext } from "../server-context.ts";

/** Only names that are written (docs/spec/server.md): whatever else a path says, it leads nowhere. */
const segment = "[a-z0-9][a-z0-9._-]{0,63}";
const servedName = new RegExp(
  `^(?:metadata/(?:timestamp|[1-9][0-9]{0,15}\\.[a-z][a-z0-9-]{0,62})\\.json|targets/${segment}/${segment}/[0-9a-f]{64}\\.${segment})$`,
);

/** A device learns of a release a minute later at most; whoever polls through a cache costs the server nothing. */
const briefly = "public, max-age=60";
const forEver = "public, max-age=31536000, immutable";

/** `GET` and `HEAD /tuf/*`: the published tree as any web server would serve it. Anybody may read it: it is signed. */
export function registerTree(app: FastifyInstance, { repository, limits }: ServerContext): void {
  if (repository === undefined) return;
  app.route({
    method: ["GET", "HEAD"],
    url: "/tuf/*",
    // Every refresh asks for the root after the newest.
    config: { log: "debug", absent: "usual" },
    handler: async (request: FastifyRequest<{ Params: { "*": string } }>, reply): Promise<FastifyReply> => {
      const name = request.params["*"];
      const bytes = servedName.test(name)
        ? await readPlainFile(path.join(repository.folder, name), limits.repositoryBodyBytes)
        : "absent";
      // A root that is not there yet must not stay away for the life of a cache: the default is no-store.
      if (typeof bytes === "string") return replyRefusal(reply, { code: "not-found" });
      const { sha256, size } = measureBytes(bytes);
      const file = { blob: { sha256, size }, bytes };
      const isTimestamp = name === "metadata/timestamp.json";
      const type = name.startsWith("metadata/") ? "application/json" : "application/octet-stream";
      return sendBytes(reply, file, { type, cache: isTimestamp ? briefly : forEver }, decideArtifact(request, file));
    },
  });
}
