import type { FastifyBaseLogger } from "fastify";
import { logFault } from "../http/log-fault.ts";
import { Unavailable } from "../unavailable.ts";
import type { PublishedRepository } from "./published-repository.ts";

/** Renews now and then, and says in the log what an operator has to do. The same alarm is not repeated every minute. */
export async function keepRenewed(
  repository: PublishedRepository,
  log: FastifyBaseLogger,
  everyMs: number,
): Promise<{ stop(): Promise<void> }> {
  let told = "";
  const look = async (): Promise<void> => {
    try {
      const renewed = await repository.renew();
      if (renewed.ok && renewed.value.outcome === "published") {
        log.info({ files: renewed.value.files }, "repository signed again");
      }
    } catch (thrown) {
      if (thrown instanceof Unavailable) logFault(log, thrown);
      else log.error({ err: thrown }, "bug");
    }
    const { verdict, code, role } = repository.standing;
    const alarm = `${code} ${role ?? ""}`;
    if (verdict !== "ok" && alarm !== told) log[verdict === "failed" ? "error" : "warn"]({ code, role }, "repository");
    told = alarm;
  };
  await look();
  let running: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    running = running.then(look);
  }, everyMs).unref();
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
