/** How fast an upload is: on a simulated line, whose time passes only in its numbers, and on a real pseudo-terminal. */
import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { equalBytes } from "@sumac/crypto";
import {
  askParameters,
  consoleFraming,
  type LineFaults,
  type Link,
  SimulatedTime,
  type SmpCall,
  SmpClient,
  type SmpMap,
  seeded,
  serveSmp,
  simulatedLine,
  type Timer,
  type UploadProgress,
  uploadImage,
} from "@sumac/smp";
import { nodeTimer, openPtyLink, openSerialLink } from "@sumac/smp/node";

/** What the device answers when it is asked for its parameters. */
export interface PeerParameters {
  readonly buffer: number;
  readonly window: number;
}

export interface Speed {
  /** Of the upload alone. */
  readonly seconds: number;
  readonly bytesPerSecond: number;
  readonly progress: UploadProgress;
}

/** Takes an upload in order, and digests what it took. */
class DigestingPeer {
  readonly #parameters: PeerParameters;
  readonly #hash = createHash("sha256");
  #expected = 0;

  constructor(parameters: PeerParameters) {
    this.#parameters = parameters;
  }

  async handle({ group, body }: SmpCall): Promise<SmpMap> {
    if (group === 0) return { buf_size: this.#parameters.buffer, buf_count: this.#parameters.window };
    const { off, data } = body;
    if (typeof off !== "number" || !(data instanceof Uint8Array)) return { rc: 3 };
    if (off === this.#expected) {
      this.#hash.update(data);
      this.#expected += data.length;
    }
    return { rc: 0, off: this.#expected };
  }

  digest(): Uint8Array {
    return new Uint8Array(this.#hash.digest());
  }
}

/** The answering end; `stop` ends it and says what it has. */
function startPeer(far: Link, timer: Timer, parameters: PeerParameters): { stop(): Promise<Uint8Array> } {
  const peer = new DigestingPeer(parameters);
  const framing = consoleFraming();
  const serving = serveSmp({ link: far, framing, handler: peer, form: "indefinite", longestReply: 1020, timer });
  return {
    async stop() {
      await far.close();
      await serving;
      return peer.digest();
    },
  };
}

const fileOf = (bytes: number): Uint8Array => Uint8Array.from({ length: bytes }, (_, i) => (i * 131) >> 4);
const digestOf = (file: Uint8Array): Uint8Array => new Uint8Array(createHash("sha256").update(file).digest());

async function send(near: Link, timer: Timer, bytes: number): Promise<Speed> {
  const client = new SmpClient({ link: near, framing: consoleFraming(), timer });
  const told = await askParameters(client);
  if (!told.ok) throw new Error(told.error.code);
  const file = fileOf(bytes);
  const source = {
    length: bytes,
    sha256: digestOf(file),
    read: async (at: number, length: number) => file.subarray(at, at + length),
  };
  const begun = timer.now();
  const uploaded = await uploadImage(client, source, { parameters: told.value, eraseTimeout: 3000 });
  const seconds = (timer.now() - begun) / 1000;
  if (!uploaded.ok) throw new Error(uploaded.error.code);
  await client.close();
  return { seconds, bytesPerSecond: bytes / seconds, progress: uploaded.value };
}

async function upload(
  [near, far]: readonly [Link, Link],
  timer: Timer,
  parameters: PeerParameters,
  bytes: number,
): Promise<Speed> {
  const peer = startPeer(far, timer, parameters);
  const speed = await send(near, timer, bytes);
  mustBeWhole(await peer.stop(), bytes);
  return speed;
}

export function mustBeWhole(digest: Uint8Array, bytes: number): void {
  if (!equalBytes(digest, digestOf(fileOf(bytes)))) throw new Error("another file arrived");
}

export interface SimulatedUpload extends PeerParameters {
  readonly bytes: number;
  readonly baud: number;
  /** Milliseconds. */
  readonly turnaround: number;
  readonly faults?: LineFaults;
  readonly seed: number;
}

export function simulatedUpload({ bytes, baud, turnaround, faults, seed, ...peer }: SimulatedUpload): Promise<Speed> {
  const timer = new SimulatedTime(() => setImmediate());
  const line = { timer, random: seeded(seed), baud, turnaround, pieces: "whole", ...(faults && { faults }) } as const;
  return timer.run(upload(simulatedLine(line), timer, peer, bytes));
}

export interface TerminalPeer {
  readonly path: string;
  /** Ends it; SHA-256 of what arrived. */
  stop(): Promise<Uint8Array>;
}

export function terminalPeer(parameters: PeerParameters): TerminalPeer {
  const far = openPtyLink();
  return { path: far.path, ...startPeer(far, nodeTimer, parameters) };
}

export const sendOverTerminal = async (path: string, bytes: number): Promise<Speed> =>
  send(await openSerialLink({ path, baud: 115_200, controlLines: "leave" }), nodeTimer, bytes);

/** Head of the data and everything beside it, in a later request and in an answer. */
const besideData = 8 + 18;
const answerOnLine = 39;

/**
 * What the framing allows at best, in bytes of the file per second, at ten bits per byte: `one-at-a-time` counts the answer,
 * for a peer that takes one request; `pipelined` the requests alone.
 */
export function computedSpeed(
  { buffer, baud }: { readonly buffer: number; readonly baud: number },
  how: "one-at-a-time" | "pipelined",
): number {
  const chunk = Math.floor((buffer - 4 - besideData) / 32) * 32;
  const request = consoleFraming().lengthOnLine(chunk + besideData);
  return ((baud / 10) * chunk) / (request + (how === "pipelined" ? 0 : answerOnLine));
}
