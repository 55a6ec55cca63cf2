import type { Flash, FlashGeometry } from "./flash.ts";

/** Thrown by every flash operation from the cut on: whoever catches it and goes on is a ghost. */
export class PowerCut extends Error {
  readonly code = "power-cut";

  constructor() {
    super("the power is cut");
    this.name = "PowerCut";
  }
}

/** `before`: the operation never began. `torn`: it stopped in the middle. `after`: it was done, but nobody heard of it. */
export type CutMoment = "before" | "torn" | "after";

export const cutMoments: readonly CutMoment[] = ["before", "torn", "after"];

export interface CutPoint {
  /** Counts writes and erases from 0; reads change nothing and are not counted. */
  readonly operation: number;
  readonly moment: CutMoment;
}

/**
 * Flash whose power fails at one operation. A torn write leaves its first half written, its middle unit half
 * programmed and the rest untouched; a torn erase leaves every unit old, erased, or something between. What the
 * something is follows from `seed`, so that every failure can be repeated.
 *
 * It does not model brown-outs that disturb other blocks, nor cells that read differently each time.
 */
export class PowerCutFlash implements Flash {
  readonly geometry: FlashGeometry;
  readonly #inner: Flash;
  readonly #cut: CutPoint | undefined;
  readonly #random: () => number;
  #operations = 0;
  #dead = false;

  /** Without `cut` it only counts. */
  constructor(inner: Flash, cut: CutPoint | undefined, seed: number) {
    this.geometry = inner.geometry;
    this.#inner = inner;
    this.#cut = cut;
    this.#random = seededBytes(seed);
  }

  get operations(): number {
    return this.#operations;
  }

  /** Whether the cut has happened. */
  get dead(): boolean {
    return this.#dead;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    if (this.#dead) throw new PowerCut();
    return this.#inner.read(offset, length);
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    await this.#count(
      () => this.#inner.write(offset, bytes),
      () => this.#tearWrite(offset, bytes),
    );
  }

  async erase(offset: number): Promise<void> {
    await this.#count(
      () => this.#inner.erase(offset),
      () => this.#tearErase(offset),
    );
  }

  async #count(whole: () => Promise<void>, torn: () => Promise<void>): Promise<void> {
    if (this.#dead) throw new PowerCut();
    if (this.#operations++ !== this.#cut?.operation) return whole();
    this.#dead = true;
    if (this.#cut.moment === "after") await whole();
    if (this.#cut.moment === "torn") await torn();
    throw new PowerCut();
  }

  async #tearWrite(offset: number, bytes: Uint8Array): Promise<void> {
    const { writeSize } = this.geometry;
    const middle = Math.floor(bytes.length / writeSize / 2) * writeSize;
    const torn = bytes.slice(0, Math.min(middle + writeSize, bytes.length));
    // A half programmed unit has some of its bits still at 1.
    for (let i = middle; i < torn.length; i++) torn[i] = (torn[i] ?? 0) | this.#random();
    await this.#inner.write(offset, torn);
  }

  async #tearErase(offset: number): Promise<void> {
    const { eraseBlock, writeSize } = this.geometry;
    const content = await this.#inner.read(offset, eraseBlock);
    for (let unit = 0; unit < eraseBlock; unit += writeSize) {
      const fate = this.#random() % 4;
      for (let i = unit; i < unit + writeSize; i++) {
        if (fate === 1) content[i] = 0xff;
        if (fate === 2) content[i] = (content[i] ?? 0) | this.#random();
        if (fate === 3) content[i] = this.#random();
      }
    }
    await this.#inner.erase(offset);
    await this.#inner.write(offset, content);
  }
}

/** A small generator of bytes (mulberry32): repeatable noise, not randomness. */
export function seededBytes(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 8) & 0xff;
  };
}
