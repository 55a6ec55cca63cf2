import { describe, expect, test } from "vitest";
import { deploymentOf, fault, TestServer } from "../ddi/ddi-server.test.support.ts";
import type { Device } from "../device/device.ts";
import type { MemoryFlash } from "../flash/memory-flash.ts";
import { provisioned, second } from "../flash/simulated-device.test.support.ts";
import { Unavailable } from "../unavailable.ts";
import { type AgentAtWork, begin, start } from "./agent.test.support.ts";
import type { AgentPorts } from "./agent-ports.ts";

describe("a cut connection", () => {
  test("is resumed by the next round, from what lies in the flash", async () => {
    const { agent, server } = await begin();
    server.offered = deploymentOf("7", second);
    server.cutAfter = 600;
    await expect(agent.runOnce()).rejects.toMatchObject({ code: "link-lost" });
    server.cutAfter = undefined;
    expect(await agent.runOnce()).toMatchObject({ did: "updated" });
    expect(server.calls.filter((call) => call.startsWith("GET firmware"))).toEqual([
      "GET firmware.bin from 0",
      "GET firmware.bin from 512",
    ]);
  });

  test("does not lose the report of a confirmed update", async () => {
    const { agent, flash, server } = await begin();
    server.offered = deploymentOf("7", second);
    server.intercept = (call) => {
      if (call.includes("closed")) throw fault("server-unreachable");
    };
    await expect(agent.runOnce()).rejects.toMatchObject({ code: "server-unreachable" });
    await expect(agent.runOnce()).rejects.toMatchObject({ code: "server-unreachable" });
    server.intercept = () => undefined;
    const next = await start(flash, server);
    expect(await next.agent.runOnce()).toMatchObject({ did: "updated", action: "7" });
    expect(server.feedbacks.at(-1)).toBe("POST 7 closed/success running-verified");
    expect(next.device.status().report).toBeUndefined();
  });
});

class Killed extends Error {}

describe("killed at any call, before it is sent or after it was heard", () => {
  /** Ever new processes on one flash, a round each, until one has nothing to do. */
  async function untilDone(flash: MemoryFlash, server: TestServer): Promise<Device> {
    for (let round = 0; round < 6; round++) {
      const { agent, device } = await start(flash, server);
      if ((await agent.runOnce()).did === "nothing") return device;
    }
    throw new Error("never done");
  }

  for (const moment of ["before", "after"] as const) {
    for (const restart of ["in the process", "by a new process"] as const) {
      test(`${moment}, restarting ${restart}: the update arrives, and its action hears of it`, async () => {
        let killed = 0;
        for (let kill = 0; kill === killed; kill++) {
          const { flash } = await provisioned();
          const server = new TestServer();
          server.offered = deploymentOf("7", second);
          let calls = 0;
          server.intercept = (_call, when) => {
            if (when !== moment || calls++ !== kill) return;
            killed++;
            throw new Killed();
          };
          const end = async (): Promise<never> => {
            throw new Killed();
          };
          const { agent } = await start(flash, server, restart === "by a new process" ? { restart: end } : {});
          const outcome = await agent.runOnce().catch((error: unknown) => error);
          expect(outcome instanceof Killed || kill === killed).toBe(true);
          server.intercept = () => undefined;
          expect((await untilDone(flash, server)).status()).toMatchObject({
            running: { sequence: 6n },
            mode: "confirmed",
            floor: { sequence: 6n },
            report: undefined,
          });
          expect(server.feedbacks.at(-1)).toBe("POST 7 closed/success running-verified");
          expect(server.feedbacks.filter((call) => call.includes("failure"))).toEqual([]);
        }
        expect(killed).toBeGreaterThanOrEqual(restart === "in the process" ? 10 : 8);
      });
    }
  }
});

describe("run", () => {
  /** Runs for so many rounds; answers how long it waited after each. */
  async function waits(
    rounds: number,
    prepare: (simulated: AgentAtWork) => void,
    ports: Partial<AgentPorts> = {},
  ): Promise<number[]> {
    const waited: number[] = [];
    const stop = new AbortController();
    const simulated = await begin({
      wait: async (ms) => {
        waited.push(ms);
        if (waited.length === rounds) stop.abort();
      },
      ...ports,
    });
    prepare(simulated);
    await simulated.agent.run(stop.signal);
    return waited;
  }

  test("sleeps as long as the server asks, and up to a tenth more", async () => {
    expect(await waits(2, ({ server }) => (server.sleepMs = 60_000))).toEqual([60_000, 60_000]);
    expect(await waits(1, ({ server }) => (server.sleepMs = 60_000), { random: () => 1 })).toEqual([66_000]);
  });

  test("waits longer after each failure, never more than five minutes, and less again after a success", async () => {
    let polls = 0;
    const waited = await waits(14, ({ server }) => {
      server.intercept = () => {
        if (polls++ < 12) throw fault("server-unreachable");
      };
    });
    expect(waited).toEqual([
      500, 1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 128_000, 150_000, 150_000, 150_000, 5000, 5000,
    ]);
  });

  test("gives a server the pause it asks for", async () => {
    const waited = await waits(1, ({ server }) => {
      server.intercept = () => {
        throw fault("too-many-requests", true, 90_000);
      };
    });
    expect(waited).toEqual([90_000]);
  });

  test("goes on after faults that no waiting will mend: somebody may mend them", async () => {
    const waited = await waits(3, ({ server }) => {
      server.intercept = () => {
        throw fault("not-authorised", false);
      };
    });
    expect(waited).toHaveLength(3);
  });

  test("ends at once when its signal is aborted, even inside a download", async () => {
    const stop = new AbortController();
    const { agent, server } = await begin();
    server.offered = deploymentOf("7", second);
    server.intercept = (call) => {
      if (!call.startsWith("GET firmware")) return;
      stop.abort();
      throw fault("aborted", false);
    };
    expect(await agent.run(stop.signal)).toMatchObject({ kind: "running", booted: { sequence: 5n } });
    expect(server.feedbacks).toEqual([]);
  });

  test("ends with the fault when the storage fails", async () => {
    const { agent, server } = await begin();
    server.intercept = () => {
      throw new Unavailable("storage-failed", { retryable: true });
    };
    await expect(agent.run(new AbortController().signal)).rejects.toMatchObject({ code: "storage-failed" });
  });

  test("a bug is not waited out", async () => {
    const { agent, server } = await begin();
    server.intercept = () => {
      throw new TypeError("a bug");
    };
    await expect(agent.run(new AbortController().signal)).rejects.toThrow(TypeError);
  });
});
