import type { Flash, FlashGeometry } from "../flash/flash.ts";

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

/** What changes a flash. */
export type FlashOperation =
  | { readonly do: "write"; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly do: "erase"; readonly offset: number };

/** What a power failure at this moment of the operation leaves behind; `seed` is for the noise. */
export async function carryOutUntil(
  flash: Flash,
  operation: FlashOperation,
  moment: CutMoment,
  seed: number,
): Promise<void> {
  if (moment === "torn") await tear(flash, operation, seededBytes(seed));
  if (moment === "after") await carryOut(flash, operation);
}

const carryOut = (flash: Flash, operation: FlashOperation): Promise<void> =>
  operation.do === "write" ? flash.write(operation.offset, operation.bytes) : flash.erase(operation.offset);

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
  readonly #seed: number;
  #operations = 0;
  #dead = false;

  /** Without `cut` it only counts. */
  constructor(inner: Flash, cut: CutPoint | undefined, seed: number) {
    this.geometry = inner.geometry;
    this.#inner = inner;
    this.#cut = cut;
    this.#seed = seed;
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
    await this.#count({ do: "write", offset, bytes });
  }

  async erase(offset: number): Promise<void> {
    await this.#count({ do: "erase", offset });
  }

  async #count(operation: FlashOperation): Promise<void> {
    if (this.#dead) throw new PowerCut();
    if (this.#operations++ !== this.#cut?.operation) return carryOut(this.#inner, operation);
    this.#dead = true;
    await carryOutUntil(this.#inner, operation, this.#cut.moment, this.#seed);
    throw new PowerCut();
  }
}

async function tear(flash: Flash, operation: FlashOperation, random: () => number): Promise<void> {
  await (operation.do === "write" ? tearWrite(flash, operation, random) : tearErase(flash, operation.offset, random));
}

async function tearWrite(
  flash: Flash,
  { offset, bytes }: FlashOperation & { readonly do: "write" },
  random: () => number,
): Promise<void> {
  const { writeSize } = flash.geometry;
  const middle = Math.floor(bytes.length / writeSize / 2) * writeSize;
  const torn = bytes.slice(0, Math.min(middle + writeSize, bytes.length));
  // A half programmed unit has some of its bits still at 1.
  for (let i = middle; i < torn.length; i++) torn[i] = (torn[i] ?? 0) | random();
  await flash.write(offset, torn);
}

async function tearErase(flash: Flash, offset: number, random: () => number): Promise<void> {
  const { eraseBlock, writeSize } = flash.geometry;
  const content = await flash.read(offset, eraseBlock);
  for (let unit = 0; unit < eraseBlock; unit += writeSize) {
    const fate = random() % 4;
    for (let i = unit; i < unit + writeSize; i++) {
      if (fate === 1) content[i] = 0xff;
      if (fate === 2) content[i] = (content[i] ?? 0) | random();
      if (fate === 3) content[i] = random();
    }
  }
  await flash.erase(offset);
  await flash.write(offset, content);
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
