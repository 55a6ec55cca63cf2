import {
  imageCommand,
  osCommand,
  type SmpCall,
  type SmpHandler,
  type SmpMap,
  SumacServer,
  smpGroup,
  smpResult,
  sumacGroup,
} from "@sumac/smp";
import type { Device } from "../device/device.ts";
import { otherSlot } from "../slots/slot.ts";
import { slotLabel } from "../state/state-labels.ts";
import { SmpDevice, type SmpDevicePorts } from "./smp-device.ts";

export interface SmpDeviceBuffer {
  /** Bytes in which a request is put together, as the device says; 64 to 65,535. */
  readonly size: number;
  /** Requests that it takes before it answers the first. */
  readonly count: number;
}

const notSupported = smpResult.indexOf("not-supported");
const invalidValue = smpResult.indexOf("invalid-value");

/** Length word and checksum lie in the buffer too. */
export const longestMessageIn = ({ size }: SmpDeviceBuffer): number => size - 4;

/** A whole device on a line: Sumac's group, and of the others what every client asks for first. */
export class SmpDeviceHandler implements SmpHandler {
  readonly #device: Device;
  readonly #buffer: SmpDeviceBuffer;
  readonly #sumac: SumacServer;
  readonly #sumacDevice: SmpDevice;

  constructor(ports: SmpDevicePorts, buffer: SmpDeviceBuffer) {
    this.#device = ports.device;
    this.#buffer = buffer;
    this.#sumacDevice = new SmpDevice(ports);
    this.#sumac = new SumacServer({ device: this.#sumacDevice, longestReply: longestMessageIn(buffer) });
  }

  async handle(call: SmpCall): Promise<SmpMap> {
    if (call.group === sumacGroup) return this.#sumac.handle(call);
    if (call.group === smpGroup.os) return this.#answerOs(call);
    const listing = call.group === smpGroup.image && call.id === imageCommand.state && call.operation === "read";
    return listing ? this.#list() : { rc: notSupported };
  }

  async afterwards(call: SmpCall): Promise<void> {
    if (isReset(call)) await this.#sumacDevice.powerCycle();
    else await this.#sumac.afterwards(call);
  }

  /** For whoever takes the power away in the middle: the handler is of no use any more. */
  loseMemory(): Promise<void> {
    return this.#sumacDevice.loseMemory();
  }

  #answerOs(call: SmpCall): SmpMap {
    const { id, operation, body } = call;
    if (isReset(call)) return { rc: 0 };
    if (id === osCommand.echo) return typeof body["d"] === "string" ? { r: body["d"] } : { rc: invalidValue };
    const { size, count } = this.#buffer;
    if (id === osCommand.parameters && operation === "read") return { buf_size: size, buf_count: count };
    return { rc: notSupported };
  }

  /** For clients that know only the standard groups. The hash is that of the manifest, which is what is signed here. */
  #list(): SmpMap {
    const { running, mode, boot } = this.#device.status();
    const { slot, version, sequence, manifestDigest } = running;
    const image: SmpMap = {
      slot: slotLabel[slot],
      version: version ?? `sequence ${sequence}`,
      hash: manifestDigest,
      bootable: true,
      active: true,
      ...(mode === "confirmed" ? { confirmed: true } : {}),
    };
    const waits = boot.state === "staged" || boot.state === "armed";
    const staged: SmpMap = {
      slot: slotLabel[otherSlot(boot.active)],
      version: boot.state,
      ...(boot.state === "armed" ? { pending: true } : {}),
    };
    return { images: waits ? [image, staged] : [image] };
  }
}

const isReset = ({ group, id, operation }: SmpCall): boolean =>
  group === smpGroup.os && id === osCommand.reset && operation === "write";
