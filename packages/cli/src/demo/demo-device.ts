import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  Agent,
  type AgentEvent,
  type BootOutcome,
  createDdiClient,
  type Device,
  type Factory,
  FlashState,
  flashDevice,
  MemoryFlash,
  type PowerCutSubject,
  planFlash,
  type Round,
} from "@sumac/device";
import { createNodeHttp, wait } from "@sumac/device/node";
import type { ComponentId } from "@sumac/suit";

/** The one component of the demo device. */
export const demoComponent: ComponentId = [new TextEncoder().encode("firmware")];

/** Slots of 64 KiB, twice what the example firmware needs. */
export const demoLayout: PowerCutSubject["layout"] = planFlash({
  eraseBlock: 4096,
  writeSize: 16,
  components: [{ id: demoComponent, capacity: 65_536 }],
  envelope: 8192,
  state: 4000,
});

export interface DemoServer {
  readonly url: string;
  readonly token: string;
  readonly controllerId: string;
}

export interface RoundReport {
  readonly round: Round;
  /** The code under which the device refused, or fell back; undefined = it did neither. */
  readonly code: string | undefined;
}

/** Somebody with access to the flash, between arming and restart. */
export type BeforeRestart = (flash: MemoryFlash, staging: "a" | "b") => Promise<void>;

/** A device on simulated flash, with the real agent speaking DDI over HTTP. */
export class DemoDevice {
  readonly #flash = new MemoryFlash(demoLayout.geometry);
  readonly #device: Device = flashDevice(this.#flash, demoLayout, nodeCrypto);
  readonly #http = createNodeHttp();
  readonly #observe: (event: AgentEvent) => void;
  #booted: BootOutcome = { kind: "not-provisioned" };

  constructor(observe: (event: AgentEvent) => void) {
    this.#observe = observe;
  }

  async provision(factory: Factory): Promise<void> {
    const provisioned = await this.#device.provision(factory);
    if (!provisioned.ok) throw new Error(`provisioning: ${provisioned.error.code}`);
  }

  async boot(): Promise<BootOutcome> {
    this.#booted = await this.#device.boot();
    this.#observe({ event: "booted", outcome: this.#booted });
    return this.#booted;
  }

  /** Polls until there is something to do, and does it. Each time with a new agent: nothing of the last is remembered. */
  async update(server: DemoServer, beforeRestart?: BeforeRestart): Promise<RoundReport> {
    let code: string | undefined;
    const agent = new Agent({
      device: this.#device,
      booted: this.#booted,
      server: createDdiClient({
        baseUrl: server.url,
        tenant: "DEFAULT",
        controllerId: server.controllerId,
        token: { kind: "gateway", value: server.token },
        http: this.#http,
        wait,
      }),
      restart: async () => {
        const { boot } = this.#device.status();
        await beforeRestart?.(this.#flash, boot.active === "a" ? "b" : "a");
        this.#booted = await this.#device.boot();
        return this.#booted;
      },
      selfTest: async () => "passed",
      wait,
      random: Math.random,
      uptimeMs: () => performance.now(),
      trustedTime: () => undefined,
      operations: async () => undefined,
      observe: (event) => {
        code = refusalCode(event) ?? code;
        this.#observe(event);
      },
    });
    let round = await agent.runOnce();
    // The first poll only tells the server what this device is.
    for (let polls = 1; round.did === "nothing" && polls < 3; polls++) round = await agent.runOnce();
    return { round, code };
  }

  /** Everything that a refused update must leave alone, as one text to compare. */
  async untouchables(): Promise<string> {
    const { running, floor, boot } = this.#device.status();
    const { envelopeOffset, envelopeSize, imageOffset, imageSize } = demoLayout.slots[boot.active];
    const digest = nodeCrypto.startDigest("sha-256");
    digest.update(await this.#flash.read(envelopeOffset, envelopeSize));
    digest.update(await this.#flash.read(imageOffset, imageSize));
    const reading = await new FlashState(this.#flash, demoLayout.state, nodeCrypto).read();
    if (reading.kind !== "present") throw new Error(`the device lost its state: ${reading.kind}`);
    return [
      `slot ${boot.active} holds ${bytesToHex(digest.digest())}`,
      `runs ${running.version} from ${running.slot}`,
      `floor ${floor.sequence} ${bytesToHex(floor.manifestDigest)}`,
      `trust ${bytesToHex(reading.state.trust.vendor.record)}`,
    ].join("\n");
  }

  close(): void {
    this.#http.close();
  }
}

function refusalCode(event: AgentEvent): string | undefined {
  if (event.event === "refused" || event.event === "waiting") return event.refusal.code;
  if (event.event === "undeliverable") return event.fault.code;
  if (event.event !== "booted" || event.outcome.kind !== "running") return undefined;
  return event.outcome.events.find((found) => found.event === "slot-refused")?.problem.code;
}
