/** A provisioned device in memory at the end of a line in memory, for tests. */
import { createHash } from "node:crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  consoleFraming,
  type Link,
  memoryLinks,
  type SmpCall,
  SmpClient,
  type SmpMap,
  serveSmp,
  sumacCommand,
  sumacGroup,
  type UploadSource,
} from "@sumac/smp";
import { nodeTimer } from "@sumac/smp/node";
import { Device } from "../device/device.ts";
import { makeRelease, type Release, testFactory, testLayout } from "../device/release.test.support.ts";
import type { Flash } from "../flash/flash.ts";
import { FlashSlots } from "../flash/flash-slots.ts";
import { MemoryFlash } from "../flash/memory-flash.ts";
import { streamOf } from "../flash/simulated-device.test.support.ts";
import { FlashState } from "../state/flash-state.ts";
import type { DeviceKey } from "../statement/device-key.ts";
import type { SmpDevicePorts } from "./smp-device.ts";
import { longestMessageIn, SmpDeviceHandler } from "./smp-device-handler.ts";

export interface SmpScene {
  readonly flash: MemoryFlash;
  readonly device: Device;
  readonly handler: SmpDeviceHandler;
  /** Asks as the server of a line would: the restart comes after the answer. */
  ask(command: keyof typeof sumacCommand, body?: SmpMap): Promise<SmpMap>;
  call(call: SmpCall): Promise<SmpMap>;
}

export interface SmpSceneOptions {
  readonly flash?: MemoryFlash;
  readonly selfTest?: "passed" | "failed";
  readonly key?: DeviceKey;
  readonly operations?: SmpDevicePorts["operations"];
  readonly trustRecord?: Uint8Array;
  readonly first?: Release;
}

const buffer = { size: 1024, count: 1 };

const partsOn = (flash: Flash): { slots: FlashSlots; device: Device } => {
  const slots = new FlashSlots(flash, testLayout, nodeCrypto);
  return {
    slots,
    device: new Device({ slots, state: new FlashState(flash, testLayout.state, nodeCrypto), crypto: nodeCrypto }),
  };
};

/** Provisioned with sequence 5 and running; or, on a flash that is given, whatever boots there. */
export async function smpScene(options: SmpSceneOptions = {}): Promise<SmpScene> {
  const flash = options.flash ?? new MemoryFlash(testLayout.geometry);
  const { slots, device } = partsOn(flash);
  if (options.flash === undefined) {
    const release = options.first ?? makeRelease({ sequence: 5n });
    const trustRecord = options.trustRecord ?? testFactory.trustRecord;
    const made = await device.provision({
      ...testFactory,
      trustRecord,
      ...release,
      fetch: () => streamOf(release.image),
    });
    if (!made.ok) throw new Error(made.error.code);
  }
  const boot = async (): Promise<void> => {
    const outcome = await device.boot();
    if (outcome.kind !== "running") throw new Error(outcome.kind);
  };
  await boot();
  const handler = new SmpDeviceHandler(
    {
      device,
      slots,
      crypto: nodeCrypto,
      restart: boot,
      selfTest: async () => options.selfTest ?? "passed",
      trustedTime: () => undefined,
      operations: options.operations ?? (async () => undefined),
      ...(options.key === undefined ? {} : { key: options.key }),
    },
    buffer,
  );
  const call = async (asked: SmpCall): Promise<SmpMap> => {
    const answer = await handler.handle(asked);
    await handler.afterwards(asked);
    return answer;
  };
  return {
    flash,
    device,
    handler,
    call,
    ask: (command, body = {}) => {
      const operation = ["identity", "verdict", "report", "log"].includes(command) ? "read" : "write";
      return call({ operation, group: sumacGroup, id: sumacCommand[command], version: 2, body });
    },
  };
}

const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash("sha256").update(bytes).digest());

export const sourceOf = (bytes: Uint8Array): UploadSource => ({
  length: bytes.length,
  sha256: sha256(bytes),
  read: async (offset, length) => bytes.subarray(offset, offset + length),
});

/** Sends an envelope whole; answers the verdict. */
export async function offerOver({ ask }: SmpScene, envelope: Uint8Array): Promise<SmpMap> {
  for (let off = 0; off < envelope.length; off += 512) {
    const first = off === 0 ? { len: envelope.length, sha: sha256(envelope) } : {};
    await ask("envelope", { off, data: envelope.subarray(off, off + 512), ...first });
  }
  return ask("verdict");
}

/** Sends the bytes of a payload from one byte to another; answers the last answer. */
export async function payloadOver(
  { ask }: SmpScene,
  image: Uint8Array,
  { from = 0, to = image.length, uri = "firmware.bin" }: { from?: number; to?: number; uri?: string } = {},
): Promise<SmpMap> {
  let answer: SmpMap = {};
  for (let off = from; off < to; off += 96) {
    const first = off === 0 ? { uri, len: image.length } : {};
    answer = await ask("payload", { off, data: image.subarray(off, Math.min(off + 96, to)), ...first });
  }
  return answer;
}

/** The same device behind a line, with a client at the other end. */
export function overALine(handler: SmpDeviceHandler): { client: SmpClient; far: Link; ended: Promise<void> } {
  const [near, far] = memoryLinks();
  const framing = consoleFraming();
  const ended = serveSmp({
    link: far,
    framing,
    handler,
    form: "definite",
    longestReply: longestMessageIn(buffer),
    timer: nodeTimer,
  });
  return { client: new SmpClient({ link: near, framing, timer: nodeTimer, timeout: 500 }), far, ended };
}
