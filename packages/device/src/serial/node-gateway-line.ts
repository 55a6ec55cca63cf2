import { consoleFraming, rawFraming, SmpClient } from "@sumac/smp";

export interface GatewayLineOptions {
  readonly path: string;
  readonly baud: number;
  readonly framing: "console" | "raw";
  readonly controlLines: "leave" | "low";
}

/** The line to a secondary, quiet. Throws `LinkFault`. */
export async function openGatewayLine({ framing, ...options }: GatewayLineOptions): Promise<SmpClient> {
  // Native code: loaded by gateways that have serial devices, and by nobody else.
  const { nodeTimer, openSerialLink } = await import("@sumac/smp/node");
  const link = await openSerialLink(options);
  const client = new SmpClient({
    link,
    framing: framing === "raw" ? rawFraming() : consoleFraming(),
    timer: nodeTimer,
  });
  await client.drain();
  return client;
}
