import type { FastifyInstance, FastifyRequest } from "fastify";
import { replyRefusal } from "../http/reply-refusal.ts";
import type { ServerContext } from "../server-context.ts";
import { registerArtifactRoutes } from "./artifact-routes.ts";
import { authenticateDevice } from "./authenticate-device.ts";
import { registerControllerRoutes } from "./controller-routes.ts";
import { registerFeedbackRoutes } from "./feedback-routes.ts";

/** hawkBit's Direct Device Integration, v1 (server.md 2), below `/{tenant}/controller/v1/{controllerId}`. */
export function registerDdi(app: FastifyInstance, context: ServerContext): void {
  const { store, now } = context;
  app.register(
    async (ddi) => {
      ddi.addHook<{ Params: { tenant: string; controllerId: string } }>("onRequest", async (request, reply) => {
        if (request.params.tenant !== store.scope.tenant) return replyRefusal(reply, { code: "not-found" });
        const { controllerId } = request.params;
        const device = await authenticateDevice(store, controllerId, request.headers.authorization, now());
        if (device === undefined) return replyRefusal(reply, { code: "unauthorized" });
        request.device = device;
        context.lastSeen.note(device.controller_id, now(), request.ip);
        return undefined;
      });
      // Whatever a client calls it: bodies are read leniently, and bounded.
      ddi.removeAllContentTypeParsers();
      ddi.addHook("onRoute", (route) => {
        route.bodyLimit = context.limits.deviceBodyBytes;
      });
      ddi.addContentTypeParser("*", { parseAs: "buffer" }, keepBytes);
      registerControllerRoutes(ddi, context);
      registerFeedbackRoutes(ddi, context);
      registerArtifactRoutes(ddi, context);
    },
    { prefix: "/:tenant/controller/v1/:controllerId" },
  );
}

const keepBytes = (_request: FastifyRequest, body: Buffer, done: (error: null, body: Buffer) => void): void =>
  done(null, body);
