import { randomUUID } from "node:crypto";
import fastify, { type FastifyError, type FastifyInstance, LogController } from "fastify";
import { registerApi } from "../api/api.ts";
import { registerDdi } from "../ddi/routes.ts";
import { registerHealth } from "../health.ts";
import type { Refusal } from "../refusal.ts";
import { registerTree } from "../repository/tree-routes.ts";
import type { ServerContext } from "../server-context.ts";
import { Unavailable } from "../unavailable.ts";
import { registerWellKnown } from "../well-known.ts";
import { logFault } from "./log-fault.ts";
import { RateGuard } from "./rate-guard.ts";
import { replyRefusal, replyUnavailable } from "./reply-refusal.ts";

export type LogLevel = "debug" | "error" | "info" | "silent" | "warn";

export interface LogOptions {
  readonly level: LogLevel;
  /** One JSON line a call. */
  readonly stream: { write(line: string): void };
}

/** The HTTP side: bounds and errors for every route, then the routes. */
export function buildApp(context: ServerContext, log: LogOptions): FastifyInstance {
  const { limits } = context;
  const app = fastify({
    logger: { level: log.level, stream: log.stream, base: null },
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    bodyLimit: limits.apiBodyBytes,
    exposeHeadRoutes: false,
    forceCloseConnections: "idle",
    // A 503 while closing would make some clients install twice (server.md 4); what has arrived is answered.
    return503OnClosing: false,
    connectionTimeout: limits.idleTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    // A device behind a slow handshake keeps its connection from poll to poll (server.md 13).
    keepAliveTimeout: Math.max(75, Math.ceil(context.pollingSleepSeconds * 1.1) + 10) * 1000,
    http: { headersTimeout: limits.headersTimeoutMs, connectionsCheckingInterval: 2000, maxHeaderSize: 16 * 1024 },
    routerOptions: { maxParamLength: 512 },
    frameworkErrors: (_error, _request, reply) => replyRefusal(reply, { code: "bad-request" }),
    clientErrorHandler(error, socket) {
      if (error.code === "ECONNRESET" || !socket.writable) return;
      socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 22\r\n\r\n{"code":"bad-request"}');
    },
  });
  app.server.maxConnections = limits.connections;
  app.decorateRequest("device", null);
  app.decorateRequest("bearer", null);
  addGuards(app, context);
  addOutcomes(app);
  registerHealth(app, context);
  registerTree(app, context);
  registerWellKnown(app, context);
  registerApi(app, context);
  registerDdi(app, context);
  return app;
}

function addGuards(app: FastifyInstance, { limits, now }: ServerContext): void {
  const guard = new RateGuard(limits.requestsPerSecond);
  app.addHook("onRequest", async (request, reply) => {
    reply.headers({ "x-request-id": request.id, "x-content-type-options": "nosniff", "cache-control": "no-store" });
    if (guard.admit(request.ip, now()) === "refused") {
      return replyRefusal(reply.header("retry-after", "1"), { code: "too-many-requests" });
    }
    return undefined;
  });
  // Connections that fall idle while closing would keep the server waiting until their time-out.
  let closing: "no" | "yes" = "no";
  app.addHook("preClose", async () => {
    closing = "yes";
  });
  app.addHook("onResponse", async () => {
    if (closing === "yes") setImmediate(() => app.server.closeIdleConnections());
  });
  // An answer that comes before its request has ended ends the connection: nobody sends gigabytes into the void.
  app.addHook("onSend", async (request, reply) => {
    if (["POST", "PUT"].includes(request.method) && !request.raw.complete) reply.header("connection", "close");
  });
  // A body that trickles in would hold its buffers for as long as the longest upload may take.
  app.addHook("preParsing", async (request, _reply, payload) => {
    if (request.routeOptions.config.body === "stream" || !["POST", "PUT"].includes(request.method)) return payload;
    const timer = setTimeout(() => request.raw.destroy(), limits.bodyTimeoutMs).unref();
    request.raw.once("close", () => clearTimeout(timer)).once("end", () => clearTimeout(timer));
    return payload;
  });
}

/** One log line a request, without headers and bodies: tokens and device texts never reach the log. */
function addOutcomes(app: FastifyInstance): void {
  app.addHook("onResponse", async (request, reply) => {
    const status = reply.statusCode;
    const { log = "info", absent } = request.routeOptions.config;
    const isUsual = status < 400 || (status === 404 && absent === "usual");
    const level = isUsual ? log : status >= 500 ? "error" : "warn";
    request.log[level](
      {
        method: request.method,
        route: request.routeOptions.url ?? "none",
        ...(request.device === null ? {} : { device: request.device.controller_id }),
        ...(request.bearer === null ? {} : { token: request.bearer.label }),
        address: request.ip,
        status,
        ms: Math.round(reply.elapsedTime * 10) / 10,
      },
      "request",
    );
  });
  app.setNotFoundHandler((_request, reply) => replyRefusal(reply, { code: "not-found" }));
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    if (error instanceof Unavailable) {
      logFault(request.log, error);
      return replyUnavailable(reply, error, error.code === "disk-full" ? 507 : 503);
    }
    const refusal = refusalOf(error, request.routeOptions.bodyLimit ?? 0);
    if (refusal !== undefined) return replyRefusal(reply, refusal);
    request.log.error({ err: error }, "bug");
    return reply.code(500).send({ code: "bug" });
  });
}

/** Fastify's own refusals, all of them about the request. Its messages quote the request and are not repeated. */
function refusalOf(error: FastifyError, bodyLimit: number): Refusal | undefined {
  switch (error.statusCode) {
    case 413:
      return { code: "too-large", limit: bodyLimit };
    case 415:
      return { code: "unsupported-media-type" };
    default:
      return error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500
        ? { code: "bad-request" }
        : undefined;
  }
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** `usual`: whoever asks expects that there may be nothing, and 404 is no news for the log. */
    readonly absent?: "usual";
    /** `stream`: the handler reads the body itself and bounds it. */
    readonly body?: "stream";
    /** Level of the log line of an undisturbed request; polls are not worth more than `debug`. */
    readonly log?: "debug";
  }
}
