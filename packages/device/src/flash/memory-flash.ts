import { checkGeometry, checkSpan, erasedByte, type Flash, type FlashGeometry } from "./flash.ts";

/** NOR flash in memory: for tests, power-cut sweeps and fleets. */
export class MemoryFlash implements Flash {
  readonly geometry: FlashGeometry;
  /** Erases of each block since the flash was made. */
  readonly wear: Uint32Array;
  readonly #bytes: Uint8Array;
  /** One flag a write unit. Reprogramming is legal NOR but breaks parts with ECC, so it is counted. */
  readonly #programmed: Uint8Array;
  #reprogrammed = 0;

  /** Starts erased, or as `content` (copied, `size` bytes long). */
  constructor(geometry: FlashGeometry, content?: Uint8Array) {
    checkGeometry(geometry);
    this.geometry = geometry;
    this.#bytes = content === undefined ? new Uint8Array(geometry.size).fill(erasedByte) : content.slice();
    if (this.#bytes.length !== geometry.size) throw new RangeError("flash content is not as long as the flash");
    this.wear = new Uint32Array(geometry.size / geometry.eraseBlock);
    this.#programmed = new Uint8Array(geometry.size / geometry.writeSize);
  }

  /** How many write units were written again without an erase between. */
  get reprogrammed(): number {
    return this.#reprogrammed;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    checkSpan(this.geometry, offset, length, 1);
    return this.#bytes.slice(offset, offset + length);
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    const { writeSize } = this.geometry;
    checkSpan(this.geometry, offset, bytes.length, writeSize);
    for (let unit = offset / writeSize; unit < (offset + bytes.length) / writeSize; unit++) {
      if (this.#programmed[unit] === 1) this.#reprogrammed++;
      this.#programmed[unit] = 1;
    }
    for (let i = 0; i < bytes.length; i++) {
      this.#bytes[offset + i] = (this.#bytes[offset + i] ?? 0) & (bytes[i] ?? 0);
    }
  }

  async erase(offset: number): Promise<void> {
    const { eraseBlock, writeSize } = this.geometry;
    checkSpan(this.geometry, offset, eraseBlock, eraseBlock);
    this.#bytes.fill(erasedByte, offset, offset + eraseBlock);
    this.#programmed.fill(0, offset / writeSize, (offset + eraseBlock) / writeSize);
    const block = offset / eraseBlock;
    this.wear[block] = (this.wear[block] ?? 0) + 1;
  }

  /** A copy of the whole content. */
  snapshot(): Uint8Array {
    return this.#bytes.slice();
  }

  /** Changes bytes behind the back of whoever uses the flash, in either direction: an attacker with a probe, or decay. */
  tamper(offset: number, bytes: Uint8Array): void {
    this.#bytes.set(bytes, offset);
  }
}
