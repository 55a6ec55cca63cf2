import { bytesToHex, type Crypto } from "@sumac/crypto";
import { sha256 } from "../sha256.ts";
import { checkGeometry, checkSpan, erasedByte, type Flash, type FlashGeometry } from "./flash.ts";

/** All erase blocks of a flash, in order. Never changed once handed out, so that branches share them. */
export type FlashBlocks = readonly Uint8Array[];

/** Blocks by the digest of what is in them. */
export type BlockPool = Map<string, Uint8Array>;

/**
 * NOR flash in memory that starts as the content of another and copies a block only when it changes: thousands of
 * branches of one device cost little more than what each of them writes.
 */
export class BranchFlash implements Flash {
  readonly geometry: FlashGeometry;
  readonly #blocks: Uint8Array[];
  /** Blocks that nobody else has. */
  readonly #own = new Set<number>();

  /** Starts erased without `blocks`. */
  constructor(geometry: FlashGeometry, blocks: FlashBlocks = erasedBlocks(geometry)) {
    this.geometry = geometry;
    this.#blocks = blocks.slice();
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    checkSpan(this.geometry, offset, length, 1);
    const { eraseBlock } = this.geometry;
    const first = Math.floor(offset / eraseBlock);
    const start = offset - first * eraseBlock;
    if (start + length <= eraseBlock) return this.#block(first).slice(start, start + length);
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      const block = Math.floor((offset + at) / eraseBlock);
      const from = offset + at - block * eraseBlock;
      const part = this.#block(block).subarray(from, from + length - at);
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    checkSpan(this.geometry, offset, bytes.length, this.geometry.writeSize);
    const { eraseBlock } = this.geometry;
    for (let at = 0; at < bytes.length; ) {
      const block = Math.floor((offset + at) / eraseBlock);
      const from = offset + at - block * eraseBlock;
      const part = bytes.subarray(at, at + eraseBlock - from);
      const own = this.#ownBlock(block);
      for (let i = 0; i < part.length; i++) own[from + i] = (own[from + i] ?? 0) & (part[i] ?? 0);
      at += part.length;
    }
  }

  async erase(offset: number): Promise<void> {
    const { eraseBlock } = this.geometry;
    checkSpan(this.geometry, offset, eraseBlock, eraseBlock);
    const block = offset / eraseBlock;
    this.#blocks[block] = new Uint8Array(eraseBlock).fill(erasedByte);
    this.#own.add(block);
  }

  /**
   * Exchanges the blocks of this span for equal ones that another flash has already put into the pool, or puts them there.
   * What is in the pool stays: for content that many have in common, such as a release.
   */
  share(pool: BlockPool, { offset, size }: { readonly offset: number; readonly size: number }, crypto: Crypto): void {
    const { eraseBlock } = this.geometry;
    checkSpan(this.geometry, offset, size, eraseBlock);
    for (let index = offset / eraseBlock; index < (offset + size) / eraseBlock; index++) {
      if (!this.#own.has(index)) continue;
      const block = this.#block(index);
      const name = bytesToHex(sha256(crypto, block));
      const known = pool.get(name);
      if (known === undefined) pool.set(name, block);
      else this.#blocks[index] = known;
      this.#own.delete(index);
    }
  }

  /** The content as it is now; what is written later is not seen in it. */
  branch(): FlashBlocks {
    this.#own.clear();
    return this.#blocks.slice();
  }

  #block(index: number): Uint8Array {
    const block = this.#blocks[index];
    if (block === undefined) throw new RangeError(`the flash has no block ${index}`);
    return block;
  }

  #ownBlock(index: number): Uint8Array {
    if (!this.#own.has(index)) {
      this.#blocks[index] = this.#block(index).slice();
      this.#own.add(index);
    }
    return this.#block(index);
  }
}

function erasedBlocks(geometry: FlashGeometry): FlashBlocks {
  checkGeometry(geometry);
  const erased = new Uint8Array(geometry.eraseBlock).fill(erasedByte);
  return Array.from({ length: geometry.size / geometry.eraseBlock }, () => erased);
}
