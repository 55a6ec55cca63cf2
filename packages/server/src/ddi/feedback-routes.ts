import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type FeedbackAnswer, recordCancelFeedback, recordFeedback } from "../actions/record-feedback.ts";
import { deviceOf } from "../http/decorations.ts";
import { logFault } from "../http/log-fault.ts";
import { replyRefusal, replyUnavailable } from "../http/reply-refusal.ts";
import type { ServerContext } from "../server-context.ts";
import { Unavailable } from "../unavailable.ts";
import { parseActionId } from "./action-id.ts";
import { readFeedback } from "./read-feedback.ts";

type IdRequest = FastifyRequest<{ Params: { id: string } }>;

/** Reports. Committed first, then answered with exactly 200 and nothing (server.md 1 fact 6, 4 rule 6). */
export function registerFeedbackRoutes(ddi: FastifyInstance, context: ServerContext): void {
  for (const [path, record] of [
    ["/deploymentBase/:id/feedback", recordFeedback],
    ["/cancelAction/:id/feedback", recordCancelFeedback],
  ] as const) {
    ddi.post(path, { errorHandler: retryLater }, async (request: IdRequest, reply) => {
      const id = parseActionId(request.params.id);
      const body = request.body instanceof Uint8Array ? request.body : new Uint8Array();
      const { store, limits, now } = context;
      const received = readFeedback(body, limits);
      const answer =
        id === undefined ? "unknown-action" : await record(store, deviceOf(request), id, received, now(), limits);
      return replyAnswer(reply, answer);
    });
  }
}

function replyAnswer(reply: FastifyReply, answer: FeedbackAnswer): FastifyReply {
  if (answer === "accepted") return reply.code(200).send();
  return replyRefusal(reply, { code: answer === "gone" ? "gone" : "not-found" });
}

/** 429, never 503: after 503 on a closing report a client downloads and installs everything again (server.md 4). */
function retryLater(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (!(error instanceof Unavailable)) throw error;
  logFault(request.log, error);
  return replyUnavailable(reply, error, 429);
}
