import type { CommandFailure } from "@sumac/smp";

/** Refusals of a device that knows the question, and cannot answer it now, or not in its buffer. */
const notNow: readonly (string | undefined)[] = ["message-too-large", "busy", "no-memory", "timed-out"];

/** Whether whoever refuses to say who it is, is no Sumac device. The names for that differ from server to server. */
export const isOtherKind = (failure: CommandFailure): boolean =>
  failure.code === "device-error" && !notNow.includes(failure.name);
