import type { ImageSource, RemotePayload } from "../slots/stage-update.ts";
import { Unavailable } from "../unavailable.ts";

/** The payload that is waited for. */
export interface WantedPayload extends RemotePayload {
  /** The next byte. */
  readonly offset: number;
}

/**
 * Chunks that are handed in, as the stream that an installation pulls. A chunk counts as taken when the next one is asked
 * for: by then it lies in the slot.
 */
export class PayloadFeed implements ImageSource {
  #wanted: WantedPayload | undefined;
  #chunk: PromiseWithResolvers<Uint8Array> = Promise.withResolvers();
  #taken: PromiseWithResolvers<void> = Promise.withResolvers();
  /** Resolved whenever more is wanted; who waits looks again. */
  #change: PromiseWithResolvers<void> = Promise.withResolvers();
  #state: "open" | "aborted" = "open";

  get wanted(): WantedPayload | undefined {
    return this.#wanted;
  }

  /** Until more is wanted, or `end` comes. */
  async settled(end: Promise<void>): Promise<void> {
    if (this.#wanted === undefined) await Promise.race([this.#change.promise, end]);
  }

  async *fetch(from: number, payload: RemotePayload): AsyncGenerator<Uint8Array> {
    for (let offset = from; offset < payload.size; ) {
      const chunk = await this.#next({ ...payload, offset });
      yield chunk;
      offset += chunk.length;
      this.#taken.resolve();
    }
  }

  /** Only what is wanted now: its next byte first, and none beyond its size (`RangeError`). Until it lies in the slot. */
  hand(offset: number, chunk: Uint8Array): Promise<void> {
    const wanted = this.#wanted;
    if (wanted?.offset !== offset || offset + chunk.length > wanted.size || chunk.length === 0) {
      throw new RangeError(`bytes ${offset}+${chunk.length} are not wanted`);
    }
    this.#wanted = undefined;
    this.#taken = Promise.withResolvers();
    this.#chunk.resolve(chunk);
    return this.#taken.promise;
  }

  /** The installation ends, and what arrived by then is kept. */
  abort(): void {
    this.#state = "aborted";
    this.#wanted = undefined;
    this.#chunk.reject(aborted());
    // Nobody may be waiting for it.
    this.#chunk.promise.catch(() => undefined);
  }

  async #next(wanted: WantedPayload): Promise<Uint8Array> {
    if (this.#state === "aborted") throw aborted();
    this.#chunk = Promise.withResolvers();
    this.#wanted = wanted;
    this.#change.resolve();
    this.#change = Promise.withResolvers();
    return this.#chunk.promise;
  }
}

const aborted = (): Unavailable => new Unavailable("aborted", { retryable: true, detail: "the payload was given up" });
