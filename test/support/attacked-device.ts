import { createHash } from "node:crypto";
import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  Agent,
  type BootOutcome,
  createDdiClient,
  type Device,
  defaultDdiLimits,
  FlashState,
  flashDevice,
  MemoryFlash,
  planFlash,
  type Round,
  type TargetRepository,
  Unavailable,
} from "@sumac/device";
import { createNodeHttp, defaultNodeHttpTimeouts, wait } from "@sumac/device/node";
import { type Operations, serializeTrustRecord, type TrustRecord } from "@sumac/verifier";
import { firmware, identity, orThrow, type Release } from "./example-product.ts";

/** Slots of 32 KiB, twice what the example firmware needs. */
const layout = planFlash({
  eraseBlock: 4096,
  writeSize: 16,
  components: [{ id: firmware, capacity: 32_768 }],
  envelope: 8000,
  state: 4000,
});

export interface Access {
  readonly url: string;
  readonly token: string;
  readonly controllerId: string;
}

/** What holds on the device's side while it is attacked. */
export interface Conditions {
  readonly operations?: Operations;
  /** Seconds since 1970; absent = no trusted clock. */
  readonly now?: bigint;
  readonly selfTest?: "failed";
  /** Asked before the envelope is believed; absent: the device knows none. */
  readonly repository?: TargetRepository;
  /** Default: as long as a real device. */
  readonly patience?: "short";
  /** Somebody with a probe on the flash, between arming and restart. */
  readonly beforeRestart?: (flash: MemoryFlash, stagedImageOffset: number) => void;
}

export interface Outcome {
  /** `fault`: the round ended with a fault of the world. */
  readonly did: Round["did"] | "fault";
  /** Why the device refused, waits, fell back or could not go on; undefined = it did not have to. */
  readonly code: string | undefined;
}

/** What of a device an attack may not change: digests of the regions of its flash, and what they mean to it. */
export interface Impression {
  readonly stateRegion: string;
  readonly activeSlot: string;
  readonly stagingSlot: string;
  readonly runs: string;
  readonly floor: string;
  readonly trust: string;
}

/** A device on simulated flash with the real agent over HTTP. */
export class AttackedDevice {
  readonly #flash = new MemoryFlash(layout.geometry);
  readonly #device: Device = flashDevice(this.#flash, layout, nodeCrypto);
  #booted: BootOutcome = { kind: "not-provisioned" };

  static async provision(trust: TrustRecord, release: Release): Promise<AttackedDevice> {
    const device = new AttackedDevice();
    const trustRecord = serializeTrustRecord(trust);
    const { envelope, image } = release;
    orThrow(await device.#device.provision({ identity, trustRecord, envelope, fetch: () => once(image) }));
    await device.boot();
    return device;
  }

  /** Switches the device off and on. */
  async boot(): Promise<BootOutcome> {
    this.#booted = await this.#device.boot();
    return this.#booted;
  }

  /** Polls until there is something to do, and does it. Each time with a new agent: nothing of the last is remembered. */
  async meet(server: Access, conditions: Conditions = {}): Promise<Outcome> {
    const timeouts = conditions.patience === "short" ? shortTimeouts : defaultNodeHttpTimeouts;
    const http = createNodeHttp({ timeouts });
    try {
      const agent = this.#agent(server, http, conditions);
      let round = await agent.runOnce();
      // The first poll only tells the server what this device is.
      for (let polls = 1; round.did === "nothing" && polls < 3; polls++) round = await agent.runOnce();
      return { did: round.did, code: this.#codeOf(round) };
    } catch (fault) {
      if (!(fault instanceof Unavailable)) throw fault;
      return { did: "fault", code: fault.code };
    } finally {
      http.close();
    }
  }

  /** Every byte of its flash. */
  content(): Uint8Array {
    return this.#flash.snapshot();
  }

  /** Undoes whatever happened since, and boots. */
  async restore(content: Uint8Array): Promise<void> {
    this.#flash.tamper(0, content);
    await this.boot();
  }

  async impression(): Promise<Impression> {
    const { running, floor, boot } = this.#device.status();
    const reading = await new FlashState(this.#flash, layout.state, nodeCrypto).read();
    if (reading.kind !== "present") throw new Error(`the device lost its state: ${reading.kind}`);
    const content = this.#flash.snapshot();
    const region = (offset: number, size: number): string =>
      createHash("sha256")
        .update(content.subarray(offset, offset + size))
        .digest("hex");
    const slot = (name: "a" | "b"): string => {
      const { envelopeOffset, envelopeSize, imageSize } = layout.slots[name];
      return region(envelopeOffset, envelopeSize + imageSize);
    };
    return {
      stateRegion: region(layout.state.offset, 2 * layout.state.bankSize),
      activeSlot: slot(boot.active),
      stagingSlot: slot(boot.active === "a" ? "b" : "a"),
      runs: `${running.version} from slot ${running.slot}`,
      floor: `${floor.sequence} ${bytesToHex(floor.manifestDigest)}`,
      trust: bytesToHex(reading.state.trust.vendor.record),
    };
  }

  #agent({ url, token, controllerId }: Access, http: ReturnType<typeof createNodeHttp>, conditions: Conditions): Agent {
    return new Agent({
      device: this.#device,
      booted: this.#booted,
      server: createDdiClient({
        baseUrl: url,
        tenant: "DEFAULT",
        controllerId,
        token: { kind: "gateway", value: token },
        http,
        wait,
        limits: {
          ...defaultDdiLimits,
          download: { ...defaultDdiLimits.download, maxAttempts: 2, firstBackOffMs: 1, maxBackOffMs: 5 },
        },
      }),
      restart: async () => {
        const { active } = this.#device.status().boot;
        conditions.beforeRestart?.(this.#flash, layout.slots[active === "a" ? "b" : "a"].imageOffset);
        return this.boot();
      },
      selfTest: async () => conditions.selfTest ?? "passed",
      wait,
      random: () => 0,
      uptimeMs: () => 0,
      trustedTime: () => conditions.now,
      operations: async () => conditions.operations,
      ...(conditions.repository === undefined ? {} : { repository: conditions.repository }),
      observe: () => undefined,
    });
  }

  #codeOf(round: Round): string | undefined {
    if (round.did === "refused" || round.did === "waiting") return round.refusal.code;
    if (round.did === "undeliverable") return round.fault.code;
    if (round.did !== "reverted" || this.#booted.kind !== "running") return undefined;
    const refused = this.#booted.events.find((event) => event.event === "slot-refused");
    return refused?.problem.code ?? this.#booted.why;
  }
}

/** So that a test of slowness is not slow itself. */
const shortTimeouts = {
  connectMs: 5000,
  idleMs: 800,
  messageMs: 5000,
  minimumRate: { bytes: 4096, windowMs: 300 },
};

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
