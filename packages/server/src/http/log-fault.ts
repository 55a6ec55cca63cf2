import type { FastifyBaseLogger } from "fastify";
import type { Unavailable } from "../unavailable.ts";

/** A fault of disk or database for the operator: its code, and what the system said. */
export const logFault = (log: FastifyBaseLogger, fault: Unavailable): void =>
  log.error(
    { code: fault.code, err: fault.cause instanceof Error ? fault.cause.message : fault.message },
    "unavailable",
  );
