import { logRegionSize } from "../log/flash-log-store.ts";
import { Unavailable } from "../unavailable.ts";
import type { Flash, FlashGeometry } from "./flash.ts";
import type { FlashLayout } from "./flash-layout.ts";

/**
 * `stuck-bits`: 64 bits of slot b read 0, whatever is written. `log-full`: the event log takes nothing. `disk-full`: the
 * slots take nothing.
 */
export type FlashFault = "stuck-bits" | "log-full" | "disk-full";

export interface FlashFaultPorts {
  readonly layout: FlashLayout;
  readonly faults: readonly FlashFault[];
  /** Hears of each kind when it first has an effect. */
  tell(fault: FlashFault, what: string): void;
}

const stuckBits = 64;

/** A flash that fails in ways that are asked for: to see what a device does, and what its log says about it. */
export class FaultyFlash implements Flash {
  readonly geometry: FlashGeometry;
  readonly #inner: Flash;
  readonly #ports: FlashFaultPorts;
  readonly #told = new Set<FlashFault>();

  constructor(inner: Flash, ports: FlashFaultPorts) {
    this.geometry = inner.geometry;
    this.#inner = inner;
    this.#ports = ports;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const bytes = await this.#inner.read(offset, length);
    if (!this.#ports.faults.includes("stuck-bits")) return bytes;
    for (const { at, bit } of this.#stuck()) {
      const byte = bytes[at - offset];
      if (byte !== undefined) bytes[at - offset] = byte & ~bit;
    }
    return bytes;
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    this.#refuse(offset);
    const stuck = this.#stuck().find(({ at, bit }) => ((bytes[at - offset] ?? 0) & bit) !== 0);
    if (stuck !== undefined) this.#tell("stuck-bits", `a bit of byte ${stuck.at}, in slot b, stays 0`);
    await this.#inner.write(offset, bytes);
  }

  async erase(offset: number): Promise<void> {
    this.#refuse(offset);
    await this.#inner.erase(offset);
  }

  #refuse(offset: number): void {
    const { layout, faults } = this.#ports;
    const { log, slots } = layout;
    const inLog = offset >= log.offset && offset < log.offset + logRegionSize(log);
    if (inLog && faults.includes("log-full")) this.#full("log-full", "the event log takes no record");
    const inSlot = [slots.a, slots.b].some(
      ({ imageOffset, imageSize }) => offset >= imageOffset && offset < imageOffset + imageSize,
    );
    if (inSlot && faults.includes("disk-full")) this.#full("disk-full", "a slot takes no byte");
  }

  #full(fault: FlashFault, what: string): never {
    this.#tell(fault, what);
    throw new Unavailable("storage-full", { retryable: true, detail: what });
  }

  /** Spread over the beginning of the image, where there is something in every release. */
  #stuck(): readonly { readonly at: number; readonly bit: number }[] {
    const { layout, faults } = this.#ports;
    if (!faults.includes("stuck-bits")) return [];
    const { imageOffset, imageSize } = layout.slots.b;
    return Array.from({ length: stuckBits }, (_, i) => {
      return { at: imageOffset + ((17 + i * 251) % imageSize), bit: 1 << (i % 8) };
    });
  }

  #tell(fault: FlashFault, what: string): void {
    if (this.#told.has(fault)) return;
    this.#told.add(fault);
    this.#ports.tell(fault, what);
  }
}
