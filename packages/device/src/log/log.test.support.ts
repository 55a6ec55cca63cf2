/** Logs and device keys for tests. The keys are made anew in every run; nothing here is part of the product. */
import { generateKeyPairSync, sign } from "node:crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import type { Flash, FlashGeometry } from "../flash/flash.ts";
import { MemoryFlash } from "../flash/memory-flash.ts";
import type { DeviceKey } from "../statement/device-key.ts";
import { Unavailable } from "../unavailable.ts";
import { testLogOptions } from "./event-log.contract.ts";
import { EventLog, type EventLogOptions } from "./event-log.ts";
import { type FlashLogRegion, FlashLogStore, logRegionSize, planFlashLog } from "./flash-log-store.ts";

export function testDeviceKey(): DeviceKey {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const der = new Uint8Array(publicKey.export({ type: "spki", format: "der" }));
  return {
    publicKey: { scheme: "ed25519", bytes: der.slice(-32) },
    sign: async (message) => new Uint8Array(sign(null, message, privateKey)),
  };
}

const blocks = { eraseBlock: 256, writeSize: 16 };
export const testLogRegion: FlashLogRegion = planFlashLog(blocks, 0, 6);
export const testLogGeometry: FlashGeometry = { ...blocks, size: logRegionSize(testLogRegion) };

export const testLogStore = (flash: Flash): FlashLogStore => new FlashLogStore(flash, testLogRegion, nodeCrypto);

export const memoryLog = async (
  options: Partial<EventLogOptions> = {},
): Promise<{ flash: MemoryFlash; log: EventLog }> => {
  const flash = new MemoryFlash(testLogGeometry);
  return { flash, log: await openTestLog(flash, options) };
};

export const openTestLog = (flash: Flash, options: Partial<EventLogOptions> = {}): Promise<EventLog> =>
  EventLog.open(testLogStore(flash), { ...testLogOptions, ...options });

/** Flash that fails on demand: `write` before a write, `halfway` in the middle of one. */
export class FailingFlash implements Flash {
  readonly geometry: FlashGeometry;
  readonly #inner: Flash;
  fails: "no" | "write" | "halfway" | "read" = "no";
  code: "storage-failed" | "storage-full" = "storage-failed";
  writes = 0;

  constructor(inner: Flash) {
    this.#inner = inner;
    this.geometry = inner.geometry;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    if (this.fails === "read") throw this.#fault();
    return this.#inner.read(offset, length);
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    this.writes++;
    if (this.fails === "halfway") {
      const { writeSize } = this.geometry;
      await this.#inner.write(offset, bytes.subarray(0, Math.ceil(bytes.length / 2 / writeSize) * writeSize));
    }
    if (this.fails !== "no") throw this.#fault();
    await this.#inner.write(offset, bytes);
  }

  async erase(offset: number): Promise<void> {
    if (this.fails !== "no") throw this.#fault();
    await this.#inner.erase(offset);
  }

  #fault(): Unavailable {
    return new Unavailable(this.code, { retryable: true });
  }
}
