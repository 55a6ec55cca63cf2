import { nodeCrypto } from "@sumac/crypto/node";
import {
  Agent,
  type AgentEvent,
  type BlockPool,
  BranchFlash,
  createDdiClient,
  type DdiToken,
  Device,
  defaultStagingRules,
  explainDevice,
  type FlashBlocks,
  type FlashLayout,
  FlashSlots,
  FlashState,
  memoryLedger,
  planFlash,
  rememberVerdicts,
  StagingBudget,
  Unavailable,
} from "@sumac/device";
import { createNodeHttp, wait } from "@sumac/device/node";
import { exitCode } from "../exit-code.ts";
import { Failure } from "../failure.ts";
import { hostTime } from "../host-time.ts";
import { componentIdOf, type DeviceSettings } from "./device-settings.ts";
import type { FactoryPlan } from "./provision.ts";

export interface FleetPorts {
  readonly count: number;
  /** Names are this and a number of five digits or more. */
  readonly prefix: string;
  readonly baseUrl: string;
  readonly tenant: string;
  readonly token: DdiToken;
  readonly settings: DeviceSettings;
  /** Connections at once, of all devices together. */
  readonly connections: number;
  /** Over how many milliseconds the first polls are spread. */
  readonly rampMs: number;
  /** Shortens what the server asks for; undefined = as it asks. */
  readonly pollMs: number | undefined;
}

export interface FleetFigures {
  readonly devices: number;
  /** Of those that have polled: how many run which sequence number. */
  readonly running: Readonly<Record<string, number>>;
  readonly polls: number;
  readonly updates: number;
  readonly reverted: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, number>>;
  /** Megabytes of this process, at the most. */
  readonly peakMb: number;
}

/** Of a stored state, beside the trust record. */
const stateRoom = 1000;

/**
 * Many simulated devices in one process, for load on a server. They are provisioned once and share what they do not
 * change: flash content block by block, verdicts about the same signature, and connections. Nothing of them is stored.
 */
export class Fleet {
  readonly #ports: FleetPorts;
  readonly #factory: FlashBlocks;
  readonly #layout: FlashLayout;
  readonly #releases: BlockPool = new Map();
  readonly #crypto = rememberVerdicts(nodeCrypto);
  readonly #http;
  readonly #running = new Map<string, number>();
  readonly #refused = new Map<string, number>();
  readonly #faults = new Map<string, number>();
  #devices = 0;
  #polls = 0;
  #updates = 0;
  #reverted = 0;
  #peakMb = 0;

  private constructor(ports: FleetPorts, layout: FlashLayout, factory: FlashBlocks) {
    this.#ports = ports;
    this.#layout = layout;
    this.#factory = factory;
    // Thousands share the connections: who waits for one has not lost the server.
    const timeouts = {
      connectMs: 120_000,
      idleMs: 60_000,
      messageMs: 180_000,
      minimumRate: { bytes: 1, windowMs: 180_000 },
    };
    this.#http = createNodeHttp({ connections: ports.connections, timeouts });
  }

  /** Makes the one device that all of them are copies of. */
  static async provision(ports: FleetPorts, plan: FactoryPlan): Promise<Fleet> {
    const { release, identity, trustRecord } = plan;
    if (release === undefined) throw new Error("a fleet has a first release");
    const layout = planFlash({
      eraseBlock: 4096,
      writeSize: 16,
      components: ports.settings.components.map((component) => ({
        id: componentIdOf(component),
        capacity: component.bytes,
      })),
      envelope: 65_536,
      state: trustRecord.length + stateRoom,
    });
    const flash = new BranchFlash(layout.geometry);
    const slots = new FlashSlots(flash, layout, nodeCrypto);
    const device = new Device({ slots, state: new FlashState(flash, layout.state, nodeCrypto), crypto: nodeCrypto });
    const { envelope, image } = release;
    const provisioned = await device.provision({ identity, trustRecord, envelope, fetch: () => image });
    if (!provisioned.ok) {
      const { error } = provisioned;
      throw new Failure({ code: error.code, ...explainDevice(error), exit: exitCode.refused });
    }
    return new Fleet(ports, layout, flash.branch());
  }

  figures(): FleetFigures {
    this.#measure();
    return {
      devices: this.#devices,
      running: Object.fromEntries(this.#running),
      polls: this.#polls,
      updates: this.#updates,
      reverted: this.#reverted,
      refused: Object.fromEntries(this.#refused),
      faults: Object.fromEntries(this.#faults),
      peakMb: Math.round(this.#peakMb),
    };
  }

  /** Until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const watch = setInterval(() => this.#measure(), 250);
    const { count, rampMs } = this.#ports;
    try {
      const lives = Array.from({ length: count }, async (_, i) => {
        await wait((rampMs * i) / count, signal);
        if (!signal.aborted) await this.#live(i, signal);
      });
      await Promise.all(lives);
    } finally {
      clearInterval(watch);
      this.#http.close();
    }
  }

  async #live(index: number, signal: AbortSignal): Promise<void> {
    const { prefix, baseUrl, tenant, token, pollMs } = this.#ports;
    const layout = this.#layout;
    const flash = new BranchFlash(layout.geometry, this.#factory);
    const crypto = this.#crypto;
    const uptimeMs = (): number => performance.now();
    const device = new Device({
      slots: new FlashSlots(flash, layout, crypto),
      state: new FlashState(flash, layout.state, crypto),
      crypto,
      stagings: new StagingBudget({ ledger: memoryLedger(), rules: defaultStagingRules, uptimeMs }),
    });
    const booted = await device.boot();
    this.#devices++;
    let runs = sequenceOf(device);
    this.#count(this.#running, runs, 1);
    const controllerId = `${prefix}${String(index + 1).padStart(5, "0")}`;
    const agent = new Agent({
      device,
      booted,
      server: createDdiClient({ baseUrl, tenant, controllerId, token, http: this.#http, wait, signal }),
      restart: () => device.boot(),
      selfTest: async () => "passed",
      wait: (ms, aborted) => wait(pollMs === undefined ? ms : Math.min(ms, pollMs), aborted),
      random: Math.random,
      uptimeMs,
      trustedTime: hostTime,
      operations: async () => undefined,
      observe: (event) => {
        this.#observe(event);
        if (event.event === "confirmed") this.#share(flash);
        if (event.event !== "booted") return;
        this.#count(this.#running, runs, -1);
        runs = sequenceOf(device);
        this.#count(this.#running, runs, 1);
      },
    });
    try {
      await agent.run(signal);
    } catch (fault) {
      if (!(fault instanceof Unavailable)) throw fault;
      this.#count(this.#faults, fault.code, 1);
    }
  }

  /** What a release has put into the slots is the same on all devices. */
  #share(flash: BranchFlash): void {
    for (const { envelopeOffset, envelopeSize, imageSize } of [this.#layout.slots.a, this.#layout.slots.b]) {
      flash.share(this.#releases, { offset: envelopeOffset, size: envelopeSize + imageSize }, this.#crypto);
    }
  }

  #observe(event: AgentEvent): void {
    switch (event.event) {
      case "polled":
        this.#polls++;
        break;
      case "confirmed":
        this.#updates++;
        break;
      case "refused":
        this.#count(this.#refused, event.refusal.code, 1);
        break;
      case "retrying":
      case "undeliverable":
        this.#count(this.#faults, event.fault.code, 1);
        break;
      case "self-tested":
        if (event.result === "failed") this.#reverted++;
        break;
    }
  }

  #count(counts: Map<string, number>, name: string, by: 1 | -1): void {
    const count = (counts.get(name) ?? 0) + by;
    if (count === 0) counts.delete(name);
    else counts.set(name, count);
  }

  #measure(): void {
    this.#peakMb = Math.max(this.#peakMb, process.memoryUsage.rss() / 1e6);
  }
}

function sequenceOf(device: Device): string {
  try {
    return String(device.status().running.sequence);
  } catch {
    return "nothing";
  }
}
