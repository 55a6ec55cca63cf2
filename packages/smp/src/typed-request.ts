import { ok, type Result } from "@sumac/cbor";
import { type AnswerFields, readAnswer, type UnexpectedAnswer } from "./answer-fields.ts";
import { LinkFault } from "./link.ts";
import type { RequestFailure, SmpClient, SmpRequest } from "./smp-client.ts";

export type CommandFailure = RequestFailure | UnexpectedAnswer;

/** Asks, and reads the answer as what it must be. */
export async function ask<T>(
  client: SmpClient,
  request: SmpRequest,
  parse: (fields: AnswerFields) => T,
): Promise<Result<T, CommandFailure>> {
  const reply = await client.request(request);
  if (!reply.ok) return reply;
  return readAnswer(reply.value, { group: request.group, command: request.id }, parse);
}

/** `line-gone`: the line died before the answer came, as it does where the device itself is the port. */
export type RestartBegun = "answered" | "line-gone";

/**
 * Asks once and never again: a second restart of an image on trial takes it back. Throws `LinkFault` if the line was gone
 * before.
 */
export async function askForRestart(
  client: SmpClient,
  request: Omit<SmpRequest, "retries">,
): Promise<Result<RestartBegun, RequestFailure>> {
  const before = client.line;
  try {
    const reply = await client.request({ ...request, retries: 0 });
    return reply.ok ? ok("answered") : reply;
  } catch (fault) {
    if (before === "gone" || !(fault instanceof LinkFault) || fault.code === "link-stalled") throw fault;
    return ok("line-gone");
  }
}
