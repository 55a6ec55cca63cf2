import { ok, type Result } from "@sumac/cbor";
import { osCommand, smpGroup } from "./labels.ts";
import type { RequestFailure, SmpClient } from "./smp-client.ts";

/** What a device can take at once. */
export interface DeviceParameters {
  /** Bytes of the longest message, header included. */
  readonly longestMessage: number;
  /** Requests that may wait for their answer at the same time. */
  readonly window: number;
  /** `assumed`: the device does not say. */
  readonly known: "told" | "assumed";
}

/** Length word and checksum lie in the same buffer as the message. */
const frameOverhead = 4;
const assumed: DeviceParameters = { longestMessage: 256, window: 1, known: "assumed" };
const smallestBuffer = 64;
const largestBuffer = 65_535;
const mostInFlight = 16;

/** Asks the device. One that does not know the question gets messages that every device takes. */
export async function askParameters(client: SmpClient): Promise<Result<DeviceParameters, RequestFailure>> {
  const reply = await client.request({ operation: "read", group: smpGroup.os, id: osCommand.parameters });
  if (!reply.ok) return reply.error.code === "device-error" ? ok(assumed) : reply;
  const size = reply.value["buf_size"];
  const count = reply.value["buf_count"];
  if (typeof size !== "number" || size < smallestBuffer) return ok(assumed);
  return ok({
    longestMessage: Math.min(size, largestBuffer) - frameOverhead,
    window: typeof count === "number" && count >= 1 ? Math.min(count, mostInFlight) : 1,
    known: "told",
  });
}
