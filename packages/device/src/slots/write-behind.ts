import type { OpenFile } from "../files/file-system.ts";

const bufferSize = 1 << 18;
/** So that the disk works while the image still arrives, and a power cut costs little of it. */
const syncEvery = 1 << 23;

/**
 * Writes a file from front to back while its next bytes are still on their way, with two buffers and no more memory. What
 * arrives slowly is written at once, what arrives quickly in large pieces.
 */
export class WriteBehind {
  readonly #file: OpenFile;
  readonly #onSafe: ((offset: number) => Promise<void>) | undefined;
  #offset: number;
  #filling = new Uint8Array(bufferSize);
  #filled = 0;
  #spare = new Uint8Array(bufferSize);
  #writing: Promise<void> | undefined;
  /** Resolves when the buffers have been exchanged, or never will be again. */
  #exchange = Promise.withResolvers<void>();
  #unsynced = 0;
  #syncing: Promise<void> = Promise.resolve();
  #fault: { readonly thrown: unknown } | undefined;

  /** `offset`: where the first bytes go. `onSafe` hears now and then how far a power cut can no longer set it back. */
  constructor(file: OpenFile, offset: number, onSafe?: (offset: number) => Promise<void>) {
    this.#file = file;
    this.#offset = offset;
    this.#onSafe = onSafe;
  }

  /** Takes a copy, and returns when there is room for more. Throws what an earlier write has come to. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      this.#throwFault();
      if (this.#filled === bufferSize) {
        await this.#exchange.promise;
        continue;
      }
      const piece = bytes.subarray(at, at + bufferSize - this.#filled);
      this.#filling.set(piece, this.#filled);
      this.#filled += piece.length;
      at += piece.length;
      this.#writing ??= this.#drain();
    }
  }

  /** Returns when everything can be read, though it may not be safe. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  /** Returns when everything is safe, and closes the file in any case. */
  async finish(): Promise<void> {
    try {
      await this.#writing;
      await this.#syncing;
      this.#throwFault();
      await this.#file.sync();
    } finally {
      await this.#file.close();
    }
  }

  /** Lets go of the file. What was handed over is written if it can be. */
  async abandon(): Promise<void> {
    await this.#writing;
    await this.#syncing;
    await this.#file.close();
  }

  async #drain(): Promise<void> {
    try {
      while (this.#filled > 0 && this.#fault === undefined) {
        const bytes = this.#filling.subarray(0, this.#filled);
        [this.#filling, this.#spare] = [this.#spare, this.#filling];
        this.#filled = 0;
        this.#announceExchange();
        await this.#file.write(this.#offset, bytes);
        this.#offset += bytes.length;
        this.#unsynced += bytes.length;
        if (this.#unsynced >= syncEvery) await this.#startSync();
      }
    } catch (thrown) {
      this.#fault ??= { thrown };
      this.#announceExchange();
    } finally {
      this.#writing = undefined;
    }
  }

  #announceExchange(): void {
    this.#exchange.resolve();
    this.#exchange = Promise.withResolvers();
  }

  /** Waits for the sync before it, not for this one. */
  async #startSync(): Promise<void> {
    await this.#syncing;
    this.#unsynced = 0;
    this.#syncing = this.#sync(this.#offset);
  }

  async #sync(offset: number): Promise<void> {
    try {
      await this.#file.sync();
      await this.#onSafe?.(offset);
    } catch (thrown) {
      this.#fault ??= { thrown };
    }
  }

  #throwFault(): void {
    if (this.#fault !== undefined) throw this.#fault.thrown;
  }
}
