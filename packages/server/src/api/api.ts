import type { FastifyInstance } from "fastify";
import { registerRepositoryRoutes } from "../repository/repository-routes.ts";
import type { ServerContext } from "../server-context.ts";
import { registerActionRoutes } from "./action-routes.ts";
import { registerAttachmentRoutes } from "./attachment-routes.ts";
import { registerBlobRoutes } from "./blob-routes.ts";
import { registerDeviceRoutes } from "./device-routes.ts";
import { registerReleaseRoutes } from "./release-routes.ts";

/** The publish API, `/api/v1`, for people and their tools; devices never see it. */
export function registerApi(app: FastifyInstance, context: ServerContext): void {
  app.register(
    async (api) => {
      // JSON only, whatever else Fastify would read.
      api.removeContentTypeParser("text/plain");
      registerReleaseRoutes(api, context);
      registerAttachmentRoutes(api, context);
      registerDeviceRoutes(api, context);
      registerActionRoutes(api, context);
      registerRepositoryRoutes(api, context);
      await api.register(async (blobs) => registerBlobRoutes(blobs, context));
    },
    { prefix: "/api/v1" },
  );
}
