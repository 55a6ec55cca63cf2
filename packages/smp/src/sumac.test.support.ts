import { setImmediate } from "node:timers/promises";
import { ok, type Result } from "@sumac/cbor";
import { consoleFraming } from "./console-framing.ts";
import { memoryLinks } from "./memory-link.ts";
import { SimulatedTime } from "./simulated-time.ts";
import { SmpClient } from "./smp-client.ts";
import { serveSmp } from "./smp-server.ts";
import type { SumacEvent, SumacEvents } from "./sumac-event.ts";
import type { SumacIdentity } from "./sumac-identity.ts";
import type { SumacAction } from "./sumac-labels.ts";
import { type SumacDevice, type SumacRefused, SumacServer } from "./sumac-server.ts";
import type { SumacVerdict } from "./sumac-verdict.ts";

const digest = (byte: number) => ({ algorithm: -16, bytes: new Uint8Array(32).fill(byte) });

export const identity: SumacIdentity = {
  protocol: 1,
  vendorIds: [new Uint8Array(16).fill(1)],
  classIds: [new Uint8Array(16).fill(2), new Uint8Array(16).fill(3)],
  deviceId: new Uint8Array(16).fill(4),
  components: [{ id: [Uint8Array.of(0x6d), Uint8Array.of(0)], maxSize: 524_288n, slot: 1 }],
  floor: 7n,
  state: "confirmed",
  manifest: digest(5),
  trust: digest(6),
};

/** A device that wants one payload after any envelope, takes it in units of 8, and does as it is told. */
export class ObedientDevice implements SumacDevice {
  readonly offered: Uint8Array[] = [];
  readonly done: string[] = [];
  payload: number[] = [];
  current: SumacVerdict = { state: "idle" };
  signedReport: Uint8Array | undefined;
  log: SumacEvent[] = [];
  refuses: SumacRefused | undefined;
  readonly payloadSize: number;

  constructor(payloadSize = 3000) {
    this.payloadSize = payloadSize;
  }

  async identity(): Promise<SumacIdentity> {
    return identity;
  }

  async verdict(): Promise<SumacVerdict> {
    return this.current.state === "wants-payload" ? { ...this.current, offset: this.payload.length } : this.current;
  }

  async offer(envelope: Uint8Array): Promise<void> {
    this.offered.push(envelope);
    this.current = {
      state: "wants-payload",
      uri: "#app.bin",
      component: [Uint8Array.of(0)],
      size: this.payloadSize,
      offset: this.payload.length,
      manifest: digest(9),
    };
  }

  async takePayload(offset: number, data: Uint8Array): Promise<Result<number, SumacRefused>> {
    if (offset !== this.payload.length) throw new Error("the server let another offset through");
    const ends = offset + data.length === this.payloadSize;
    this.payload.push(...(ends ? data : data.subarray(0, data.length - (data.length % 8))));
    if (ends) this.current = { state: "staged", manifest: digest(9) };
    return ok(this.payload.length);
  }

  async act(action: SumacAction): Promise<Result<undefined, SumacRefused>> {
    if (this.refuses !== undefined) return { ok: false, error: this.refuses };
    if (action !== "restart") this.done.push(action);
    if (action === "cancel") this.current = { state: "idle" };
    return ok(undefined);
  }

  async restart(): Promise<void> {
    this.done.push("restart");
  }

  async report(): Promise<Uint8Array | undefined> {
    return this.signedReport;
  }

  async events(after: number): Promise<SumacEvents> {
    return { events: this.log.filter(({ number }) => number > after), last: this.log.at(-1)?.number ?? 0 };
  }
}

export interface SumacLine {
  run<T>(task: (client: SmpClient) => Promise<T>): Promise<T>;
  close(): Promise<unknown>;
}

/** A client and a device on a line in memory. */
export function sumacLine(
  device: SumacDevice,
  { longestReply = 1020, version = 2 }: { readonly longestReply?: number; readonly version?: 1 | 2 } = {},
): SumacLine {
  const timer = new SimulatedTime(() => setImmediate());
  const [near, far] = memoryLinks();
  const framing = consoleFraming();
  const handler = new SumacServer({ device, longestReply });
  const serving = serveSmp({ link: far, framing, handler, form: "definite", longestReply, timer });
  const client = new SmpClient({ link: near, framing, timer, version });
  return {
    run: (task) => timer.run(task(client)),
    close: () => timer.run(Promise.all([client.close(), serving])),
  };
}
