import type { FastifyInstance } from "fastify";
import type { ServerContext } from "./server-context.ts";
import { Unavailable } from "./unavailable.ts";

/** How long an answer is repeated: the check writes to the disk, and anybody may ask. */
const repeatMs = 1000;

interface Health {
  readonly status: "ok" | "failed";
  readonly database: string;
  readonly blobs: string;
}

/** `GET /health`: 200 if the database can be written and a blob could be stored, else 503 with the code of the fault. */
export function registerHealth(app: FastifyInstance, context: ServerContext): void {
  let last: { readonly at: number; readonly health: Promise<Health> } | undefined;
  app.get("/health", { config: { log: "debug" } }, async (_request, reply) => {
    const now = context.now();
    if (last === undefined || Math.abs(now - last.at) >= repeatMs) last = { at: now, health: check(context) };
    const health = await last.health;
    return reply.code(health.status === "ok" ? 200 : 503).send(health);
  });
}

async function check({ store, blobs }: ServerContext): Promise<Health> {
  const database = await codeOf(async () => store.probe());
  const disk = await codeOf(() => blobs.probe());
  return { status: database === "ok" && disk === "ok" ? "ok" : "failed", database, blobs: disk };
}

async function codeOf(probe: () => Promise<void>): Promise<string> {
  try {
    await probe();
    return "ok";
  } catch (thrown) {
    if (thrown instanceof Unavailable) return thrown.code;
    throw thrown;
  }
}
