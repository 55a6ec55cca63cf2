import { bytesToHex } from "@sumac/crypto";
import type { FastifyReply } from "fastify";
import { httpStatus, type Refusal } from "../refusal.ts";
import type { Unavailable } from "../unavailable.ts";

/** Answers a refusal: its code and facts as JSON. The code of a refused envelope is the verifier's own. */
export function replyRefusal(reply: FastifyReply, refusal: Refusal): FastifyReply {
  const body = "refusal" in refusal ? { ...refusal.refusal, refused: refusedThing[refusal.code] } : refusal;
  return reply.code(httpStatus[refusal.code]).send(plainFacts(body));
}

const refusedThing = { "envelope-refused": "envelope", "repository-refused": "repository" } as const;

/** A fault of this side. The code only: what broke is in the log, and no business of a device. */
export const replyUnavailable = (reply: FastifyReply, fault: Unavailable, status: 429 | 503 | 507): FastifyReply =>
  reply.code(status).header("retry-after", "5").send({ code: fault.code });

/**
 * Facts as JSON: bytes as hex, 64-bit numbers as digits. Text comes from an untrusted file and is repeated by devices
 * in their own reports (eclipse-hawkbit/hawkbit#1321): no quotes, no markup, no control characters, bounded.
 */
function plainFacts(value: unknown): unknown {
  if (value instanceof Uint8Array) return bytesToHex(value);
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "string") return value.replace(/[^A-Za-z0-9 ._:/#@+=-]/g, "_").slice(0, 256);
  if (Array.isArray(value)) return value.slice(0, 64).map(plainFacts);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, fact]) => [key, plainFacts(fact)]));
}
