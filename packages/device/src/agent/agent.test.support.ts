/** An agent on a simulated device and a server in memory. For tests. */
import { nodeCrypto } from "@sumac/crypto/node";
import { TestServer } from "../ddi/ddi-server.test.support.ts";
import type { Device } from "../device/device.ts";
import { testLayout } from "../device/release.test.support.ts";
import type { MemoryFlash } from "../flash/memory-flash.ts";
import { provisioned } from "../flash/simulated-device.test.support.ts";
import { flashDevice } from "../flash/simulated-device.ts";
import { Agent } from "./agent.ts";
import type { AgentEvent } from "./agent-event.ts";
import type { AgentPorts } from "./agent-ports.ts";

export interface AgentAtWork {
  readonly agent: Agent;
  readonly device: Device;
  readonly flash: MemoryFlash;
  readonly server: TestServer;
  readonly events: AgentEvent[];
  /** Its uptime, which stands still until a test moves it. */
  readonly clock: { ms: number };
}

/** A new process on the same flash: what only memory knew is gone. */
export async function start(
  flash: MemoryFlash,
  server: TestServer,
  ports: Partial<AgentPorts> = {},
): Promise<AgentAtWork> {
  const device = flashDevice(flash, testLayout, nodeCrypto);
  const booted = await device.boot();
  const events: AgentEvent[] = [];
  const clock = { ms: 0 };
  const agent = new Agent({
    device,
    booted,
    server,
    restart: () => device.boot(),
    selfTest: async () => "passed",
    wait: async () => undefined,
    random: () => 0,
    uptimeMs: () => clock.ms,
    trustedTime: () => undefined,
    operations: async () => undefined,
    observe: (event) => events.push(event),
    ...ports,
  });
  return { agent, device, flash, server, events, clock };
}

export async function begin(ports: Partial<AgentPorts> = {}, trustRecord?: Uint8Array): Promise<AgentAtWork> {
  const { flash } = await provisioned(trustRecord);
  return start(flash, new TestServer(), ports);
}
