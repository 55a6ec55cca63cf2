import { realpath } from "node:fs/promises";
import path from "node:path";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { measureBytes } from "./blobs/measure.ts";
import { readPlainFile } from "./http/plain-file.ts";
import { replyRefusal } from "./http/reply-refusal.ts";
import { decideArtifact, sendBytes } from "./http/send-artifact.ts";
import type { ServerContext } from "./server-context.ts";
import { guardStorage } from "./unavailable.ts";

/** What a CSAF 2.0 provider and RFC 9116 have; another ending is not served. */
const mediaTypes: ReadonlyMap<string, string> = new Map([
  [".json", "application/json"],
  [".txt", "text/plain; charset=utf-8"],
  [".csv", "text/csv; charset=utf-8"],
  [".sha256", "text/plain; charset=utf-8"],
  [".sha512", "text/plain; charset=utf-8"],
  [".asc", "text/plain; charset=utf-8"],
]);

/** No name begins with a dot: neither `..` nor a file that an editor or a version control left. */
const servedName = /^(?:security\.txt|csaf(?:\/[A-Za-z0-9_][A-Za-z0-9_+.-]{0,127}){1,6})$/;

/** Advisories change in place, and whoever looks for them should not see yesterday's. */
const cache = "public, max-age=300";

/** `GET` and `HEAD /.well-known/security.txt` and `/.well-known/csaf/*`: a folder as it is. Anybody may read it. */
export function registerWellKnown(app: FastifyInstance, { wellKnown, limits }: ServerContext): void {
  if (wellKnown === undefined) return;
  app.route({
    method: ["GET", "HEAD"],
    url: "/.well-known/*",
    config: { absent: "usual" },
    handler: async (request: FastifyRequest<{ Params: { "*": string } }>, reply): Promise<FastifyReply> => {
      const name = request.params["*"];
      const type = mediaTypes.get(path.extname(name));
      const file = type !== undefined && servedName.test(name) ? await ownFile(wellKnown, name) : undefined;
      const bytes = file === undefined ? "absent" : await readPlainFile(file, limits.wellKnownFileBytes);
      if (bytes === "too-large") request.log.error({ code: "too-large", name }, "not served");
      if (type === undefined || typeof bytes === "string") return replyRefusal(reply, { code: "not-found" });
      const { sha256, size } = measureBytes(bytes);
      const found = { blob: { sha256, size }, bytes };
      return sendBytes(reply, found, { type, cache }, decideArtifact(request, found));
    },
  });
}

/** The folder may be a link, so that it can be exchanged whole; nothing below it may be one. */
function ownFile(folder: string, name: string): Promise<string | undefined> {
  return guardStorage(async () => {
    try {
      const expected = path.join(await realpath(folder), name);
      return (await realpath(expected)) === expected ? expected : undefined;
    } catch (thrown) {
      const { code } = thrown as NodeJS.ErrnoException;
      if (code === "ENOENT" || code === "ELOOP" || code === "ENOTDIR") return undefined;
      throw thrown;
    }
  });
}
