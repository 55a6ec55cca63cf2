import type { Flash, FlashGeometry } from "./flash.ts";

/**
 * Lets everything else in the process have its turn after each operation: staging and verifying an image is thousands of
 * them, and a control cycle beside it must not wait for more than one (CR 7.1).
 */
export class PacedFlash implements Flash {
  readonly geometry: FlashGeometry;
  readonly #inner: Flash;
  readonly #pause: () => Promise<void>;

  /** `pause` returns when the others had their turn. */
  constructor(inner: Flash, pause: () => Promise<void>) {
    this.geometry = inner.geometry;
    this.#inner = inner;
    this.#pause = pause;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const bytes = await this.#inner.read(offset, length);
    await this.#pause();
    return bytes;
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    await this.#inner.write(offset, bytes);
    await this.#pause();
  }

  async erase(offset: number): Promise<void> {
    await this.#inner.erase(offset);
    await this.#pause();
  }
}
