/** Who fills a queue, and can be told to wait. */
export interface QueueSource {
  pause(): void;
  resume(): void;
}

/** Bytes that wait before their source is paused: a peer that talks without end fills no memory. */
const mostWaiting = 1 << 18;

/** Bytes between somebody who hands them in when they come and somebody who reads them when there is time. */
export class ByteQueue {
  readonly #source: QueueSource | undefined;
  #chunks: Uint8Array[] = [];
  #length = 0;
  #flow: "flowing" | "paused" = "flowing";
  #end: { readonly fault: Error | undefined } | undefined;
  #arrival: PromiseWithResolvers<void> = Promise.withResolvers();

  /** Without a source nothing holds back whoever fills it. */
  constructor(source?: QueueSource) {
    this.#source = source;
  }

  /** false = nobody reads any more. */
  push(chunk: Uint8Array): boolean {
    if (this.#end !== undefined) return false;
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (this.#length > mostWaiting) this.#setFlow("paused");
    this.#arrival.resolve();
    return true;
  }

  /** What waits is still read; then reading ends, or throws. */
  end(fault?: Error): void {
    this.#end ??= { fault };
    this.#arrival.resolve();
  }

  async *read(): AsyncGenerator<Uint8Array> {
    for (;;) {
      for (let chunk = this.#chunks.shift(); chunk !== undefined; chunk = this.#chunks.shift()) {
        this.#length -= chunk.length;
        if (this.#length <= mostWaiting) this.#setFlow("flowing");
        yield chunk;
      }
      if (this.#end?.fault !== undefined) throw this.#end.fault;
      if (this.#end !== undefined) return;
      await this.#arrival.promise;
      this.#arrival = Promise.withResolvers();
    }
  }

  #setFlow(flow: "flowing" | "paused"): void {
    if (this.#source === undefined || this.#flow === flow) return;
    this.#flow = flow;
    if (flow === "paused") this.#source.pause();
    else this.#source.resume();
  }
}
