import type { FastifyInstance } from "fastify";
import { findArtifact, noteDownload } from "../actions/fetch-artifact.ts";
import { deviceOf } from "../http/decorations.ts";
import { replyRefusal } from "../http/reply-refusal.ts";
import { decideArtifact, sendArtifact } from "../http/send-artifact.ts";
import type { ServerContext } from "../server-context.ts";
import { parseActionId } from "./action-id.ts";

const md5Suffix = ".MD5SUM";

/** The files of the action that a device holds. Everything else is 404, whether it exists or not. */
export function registerArtifactRoutes(ddi: FastifyInstance, context: ServerContext): void {
  const { store, blobs, limits, now } = context;
  ddi.route<{ Params: { module: string; file: string } }>({
    method: ["GET", "HEAD"],
    url: "/softwaremodules/:module/artifacts/:file",
    handler: async (request, reply) => {
      const { module, file } = request.params;
      const releaseId = parseActionId(module);
      const md5 = file.endsWith(md5Suffix);
      const filename = md5 ? file.slice(0, -md5Suffix.length) : file;
      const found =
        releaseId === undefined ? undefined : await findArtifact(store, deviceOf(request), releaseId, filename);
      if (found === undefined) return replyRefusal(reply, { code: "not-found" });
      const { action, artifact } = found;
      if (md5) {
        return reply
          .type("text/plain")
          .header("content-disposition", `attachment;filename=${file}`)
          .send(`${artifact.blob.md5}  ${filename}`);
      }
      const answer = decideArtifact(request, artifact);
      if (answer.kind === "bytes") {
        const part = answer.start === 0 ? "start" : "rest";
        if ((await noteDownload(store, action, artifact, part, now(), limits)) === "stopped") {
          return replyRefusal(reply, { code: "not-found" });
        }
      }
      return sendArtifact(reply, blobs, artifact, answer);
    },
  });
}
