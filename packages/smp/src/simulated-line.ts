import { type Link, LinkFault } from "./link.ts";
import type { Timer } from "./timer.ts";

/** What goes wrong on a line. Probabilities for each piece that is written, 0 to 1. */
export interface LineFaults {
  /** Some bytes of it are lost. */
  readonly lost?: number;
  /** Some bytes arrive twice. */
  readonly doubled?: number;
  /** One bit is another. */
  readonly flipped?: number;
  /** It arrives later, and what comes after it too. */
  readonly delayed?: number;
  /** Text of a boot log comes before it. */
  readonly chatter?: number;
  /** All of it is lost. */
  readonly swallowed?: number;
}

export interface LineOptions {
  readonly timer: Timer;
  /** From 0 (included) to 1 (excluded); seeded, so that a run can be played again. */
  readonly random: () => number;
  /** Bits per second of each direction, ten for a byte; `unlimited` takes no time. */
  readonly baud: number | "unlimited";
  /** Milliseconds between the last byte of a piece and its arrival. */
  readonly turnaround?: number;
  readonly faults?: LineFaults;
  /** Whether pieces arrive as they were written, or cut anywhere. */
  readonly pieces: "whole" | "cut";
}

/** A serial line between two ends, with everything that happens on one. */
export function simulatedLine(options: LineOptions): readonly [Link, Link] {
  const forth = new Direction(options);
  const back = new Direction(options);
  return [end(back, forth), end(forth, back)];
}

const end = (incoming: Direction, outgoing: Direction): Link => ({
  read: () => incoming.read(),
  write: (bytes) => outgoing.write(bytes),
  async close() {
    incoming.end();
    outgoing.end();
  },
});

const bitsOfByte = 10;
const chatter = new TextEncoder().encode("\r\n[00:00:01.337] <inf> main: still alive\r\n");

class Direction {
  readonly #options: LineOptions;
  #arrived: Uint8Array[] = [];
  #ended = false;
  #arrival: PromiseWithResolvers<void> = Promise.withResolvers();
  #free: Promise<void> = Promise.resolve();

  constructor(options: LineOptions) {
    this.#options = options;
  }

  async *read(): AsyncGenerator<Uint8Array> {
    for (;;) {
      yield* this.#arrived.splice(0);
      if (this.#arrived.length > 0) continue;
      if (this.#ended) return;
      await this.#arrival.promise;
      this.#arrival = Promise.withResolvers();
    }
  }

  /** One piece after the other, whoever writes them. */
  write(bytes: Uint8Array): Promise<void> {
    if (this.#ended) return Promise.reject(new LinkFault("link-closed"));
    const sent = this.#free.then(() => this.#carry(bytes.slice()));
    this.#free = sent;
    return sent;
  }

  end(): void {
    this.#ended = true;
    this.#arrival.resolve();
  }

  async #carry(bytes: Uint8Array): Promise<void> {
    const { timer, baud, turnaround = 0, faults = {} } = this.#options;
    if (baud !== "unlimited") await timer.wait((bytes.length * bitsOfByte * 1000) / baud);
    const late = turnaround + (this.#happens(faults.delayed) ? this.#options.random() * 400 : 0);
    const arriving = this.#damage(bytes, faults);
    if (late === 0) this.#deliver(arriving);
    else void timer.wait(late).then(() => this.#deliver(arriving));
  }

  #damage(bytes: Uint8Array, faults: LineFaults): Uint8Array {
    let arriving = [...bytes];
    const at = Math.floor(this.#options.random() * bytes.length);
    const length = 1 + Math.floor(this.#options.random() * 8);
    if (this.#happens(faults.lost)) arriving.splice(at, length);
    if (this.#happens(faults.doubled)) arriving.splice(at, 0, ...arriving.slice(at, at + length));
    if (this.#happens(faults.flipped))
      arriving[at] = (arriving[at] ?? 0) ^ (1 << Math.floor(this.#options.random() * 8));
    if (this.#happens(faults.swallowed)) arriving = [];
    if (this.#happens(faults.chatter)) arriving.unshift(...chatter);
    return Uint8Array.from(arriving);
  }

  #deliver(bytes: Uint8Array): void {
    if (this.#ended || bytes.length === 0) return;
    const cut = this.#options.pieces === "cut" ? Math.floor(this.#options.random() * bytes.length) : 0;
    this.#arrived.push(...[bytes.subarray(0, cut), bytes.subarray(cut)].filter(({ length }) => length > 0));
    this.#arrival.resolve();
  }

  #happens(probability = 0): boolean {
    return this.#options.random() < probability;
  }
}
