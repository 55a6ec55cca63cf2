import type { FastifyInstance } from "fastify";
import type { ServerContext } from "./server-context.ts";
import { Unavailable } from "./unavailable.ts";

/** How long an answer is repeated: the check writes to the disk, and anybody may ask. */
const repeatMs = 1000;

interface Health {
  readonly status: "ok" | "warning" | "failed";
  readonly database: string;
  readonly blobs: string;
  /** Absent: no signed tree is published here. */
  readonly repository?: string;
  /** Whom of the repository it is about. */
  readonly role?: string;
}

/**
 * `GET /health`: 200 if the database can be written, a blob could be stored and the signed tree is renewed, else 503 with
 * the code of the fault. `warning` is 200: people have to sign a role again soon.
 */
export function registerHealth(app: FastifyInstance, context: ServerContext): void {
  let last: { readonly at: number; readonly health: Promise<Health> } | undefined;
  app.get("/health", { config: { log: "debug" } }, async (_request, reply) => {
    const now = context.now();
    if (last === undefined || Math.abs(now - last.at) >= repeatMs) last = { at: now, health: check(context) };
    const health = await last.health;
    return reply.code(health.status === "failed" ? 503 : 200).send(health);
  });
}

async function check({ store, blobs, repository }: ServerContext): Promise<Health> {
  const database = await codeOf(async () => store.probe());
  const disk = await codeOf(() => blobs.probe());
  const standing = repository?.standing;
  const own = database === "ok" && disk === "ok" ? "ok" : "failed";
  return {
    status: own === "ok" && standing !== undefined ? standing.verdict : own,
    database,
    blobs: disk,
    ...(standing === undefined ? {} : { repository: standing.code }),
    ...(standing?.role === undefined ? {} : { role: standing.role }),
  };
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
