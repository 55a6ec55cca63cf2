import type { FastifyReply, FastifyRequest, onRequestAsyncHookHandler } from "fastify";
import type { Store } from "../store/store.ts";
import { credentials, type TokenRole } from "../tokens/token.ts";
import { findToken } from "../tokens/token-store.ts";
import { replyRefusal } from "./reply-refusal.ts";

/** Lets a request pass only with a token in force that has one of these roles. Runs before any body is read. */
export function requireRole(store: Store, ...roles: readonly TokenRole[]): onRequestAsyncHookHandler {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const token = credentials(request.headers.authorization, "Bearer");
    const bearer = token === undefined ? undefined : await findToken(store, token);
    if (bearer === undefined) {
      return replyRefusal(reply.header("www-authenticate", "Bearer"), { code: "unauthorized" });
    }
    if (!roles.includes(bearer.role)) return replyRefusal(reply, { code: "role-missing", need: roles.join(" ") });
    request.bearer = bearer;
    return undefined;
  };
}
