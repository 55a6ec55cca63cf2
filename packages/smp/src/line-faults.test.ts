/** A thousand uploads over bad lines: the file arrives whole, or there is a clear refusal; never a wrong file, never a hang. */
import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { SmpMap } from "./body.ts";
import { consoleFraming } from "./console-framing.ts";
import { askParameters } from "./device-parameters.ts";
import { uploadImage } from "./image-upload.ts";
import { seeded } from "./seeded-random.ts";
import { type LineFaults, type LineOptions, simulatedLine } from "./simulated-line.ts";
import { SimulatedTime } from "./simulated-time.ts";
import { SmpClient } from "./smp-client.ts";
import { type SmpCall, serveSmp } from "./smp-server.ts";

const file = Uint8Array.from({ length: 12_345 }, (_, i) => (i * 131) >> 4);
const source = {
  length: file.length,
  sha256: new Uint8Array(createHash("sha256").update(file).digest()),
  read: async (at: number, length: number) => file.subarray(at, at + length),
};

interface PeerOptions {
  readonly window: number;
  /** After so many chunks it forgets the upload, as a device that was reset. */
  readonly resetAfter?: number;
}

class Peer {
  received: number[] = [];
  #chunks = 0;
  readonly #options: PeerOptions;

  constructor(options: PeerOptions) {
    this.#options = options;
  }

  async handle({ group, id, body }: SmpCall): Promise<SmpMap> {
    if (group === 0 && id === 6) return { buf_size: 1024, buf_count: this.#options.window };
    const { off, data } = body;
    if (typeof off !== "number" || !(data instanceof Uint8Array)) return { rc: 3 };
    this.#chunks++;
    if (this.#chunks === this.#options.resetAfter) this.received = [];
    if (off === 0) this.received = [];
    if (off !== this.received.length) return { rc: 0, off: this.received.length };
    const taken = off + data.length === file.length ? data.length : data.length - (data.length % 8);
    this.received.push(...data.subarray(0, taken));
    return { rc: 0, off: this.received.length };
  }
}

interface Played {
  readonly outcome: string;
  readonly seconds: number;
}

interface PlayOptions extends PeerOptions {
  /** After so many answers the sender is gone, and another one goes on from the last byte it knows of. */
  readonly senderLeavesAfter?: number;
  /** What becomes of the device meanwhile. */
  readonly meanwhile?: "it stays" | "it restarts";
}

async function play(line: Omit<LineOptions, "timer">, options: PlayOptions): Promise<Played> {
  const timer = new SimulatedTime(() => setImmediate());
  const peer = new Peer(options);
  let acknowledged = 0;

  /** One sender, from its coming to its leaving; the device outlives it. */
  const connect = async (leavesAfter: number) => {
    const [near, far] = simulatedLine({ ...line, timer });
    const framing = consoleFraming();
    const serving = serveSmp({ link: far, framing, handler: peer, form: "indefinite", longestReply: 1020, timer });
    const client = new SmpClient({ link: near, framing, timer, timeout: 3000, retries: 6 });
    const leaving = new AbortController();
    let answers = 0;
    const upload = async () => {
      await client.drain();
      const parameters = await askParameters(client);
      if (!parameters.ok) return parameters;
      return uploadImage(client, source, {
        parameters: parameters.value,
        eraseTimeout: 3000,
        from: acknowledged,
        signal: leaving.signal,
        onProgress({ done }) {
          acknowledged = done;
          if (++answers === leavesAfter && done < file.length) leaving.abort();
        },
      });
    };
    const uploaded = await timer.run(upload());
    await timer.run(Promise.all([client.close(), serving]));
    return uploaded;
  };

  let uploaded = await connect(options.senderLeavesAfter ?? Number.POSITIVE_INFINITY);
  if (!uploaded.ok && uploaded.error.code === "cancelled") {
    if (options.meanwhile === "it restarts") peer.received = [];
    uploaded = await connect(Number.POSITIVE_INFINITY);
  }
  const seconds = timer.now() / 1000;
  if (!uploaded.ok) return { outcome: uploaded.error.code, seconds };
  expect(Uint8Array.from(peer.received)).toEqual(file);
  return { outcome: "arrived", seconds };
}

const bad: LineFaults = { lost: 0.03, doubled: 0.03, flipped: 0.03, delayed: 0.05, chatter: 0.1, swallowed: 0.02 };

describe("T-SER-LINE lines with every fault", () => {
  test("1,000 runs, named by their seeds", async () => {
    const outcomes = new Map<string, number>();
    for (let seed = 1; seed <= 1000; seed++) {
      const random = seeded(seed);
      const options = {
        window: 1 + (seed % 4),
        ...(seed % 5 === 0 ? { resetAfter: 3 + (seed % 7) } : {}),
        ...(seed % 3 === 0 ? { senderLeavesAfter: 1 + (seed % 8) } : {}),
        meanwhile: seed % 2 === 0 ? ("it restarts" as const) : ("it stays" as const),
      };
      const { outcome } = await play({ random, baud: 115_200, faults: bad, pieces: "cut" }, options);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    // Every other end would be a clear refusal; on lines like these there is no reason for one.
    expect(Object.fromEntries(outcomes)).toEqual({ arrived: 1000 });
  }, 120_000);

  test("a line that swallows everything ends with a refusal, in bounded time", async () => {
    const played = await play(
      { random: seeded(1), baud: 115_200, faults: { swallowed: 1 }, pieces: "whole" },
      { window: 1 },
    );
    expect(played.outcome).toBe("no-answer");
    expect(played.seconds).toBeLessThan(60);
  });

  test("a line that damages everything ends with a refusal, in bounded time", async () => {
    const played = await play(
      { random: seeded(1), baud: 115_200, faults: { flipped: 1, lost: 1 }, pieces: "cut" },
      { window: 4 },
    );
    expect(played.outcome).toBe("no-answer");
    expect(played.seconds).toBeLessThan(60);
  });
});
