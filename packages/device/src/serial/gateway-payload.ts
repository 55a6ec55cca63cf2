import { hexToBytes } from "@sumac/crypto";
import type { UploadSource } from "@sumac/smp";
import type { DdiClient } from "../ddi/ddi-client.ts";
import type { DdiArtifact } from "../ddi/ddi-client-reply.ts";
import { Unavailable } from "../unavailable.ts";

/** What a line may ask for again without a new connection. */
const keptBytes = 16_384;

/**
 * An artifact of the server as a source for an upload: one stream that is read forwards, from wherever the device wants to
 * go on, and no more memory than the last chunks. A device that asks for earlier bytes costs a new request for the rest.
 */
export class GatewayPayload implements UploadSource {
  readonly length: number;
  readonly sha256: Uint8Array;
  readonly #server: Pick<DdiClient, "download">;
  readonly #artifact: DdiArtifact;
  readonly #signal: AbortSignal;
  #stream: AsyncIterator<Uint8Array> | undefined;
  /** Of the artifact, what lies in memory: from `#at` on. */
  #kept: Uint8Array = new Uint8Array(0);
  #at = 0;
  /** One read after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(server: Pick<DdiClient, "download">, artifact: DdiArtifact, signal: AbortSignal) {
    this.#server = server;
    this.#artifact = artifact;
    this.#signal = signal;
    this.length = artifact.size;
    this.sha256 = hexToBytes(artifact.hashes.sha256 ?? "00".repeat(32));
  }

  read(offset: number, length: number): Promise<Uint8Array> {
    const reading = this.#turn.then(() => this.#read(offset, length));
    this.#turn = reading.catch(() => undefined);
    return reading;
  }

  async #read(offset: number, length: number): Promise<Uint8Array> {
    if (this.#stream === undefined || offset < this.#at || offset > this.#at + this.#kept.length) {
      await this.close();
      this.#stream = this.#server
        .download(this.#artifact, { from: offset, signal: this.#signal })
        [Symbol.asyncIterator]();
      this.#at = offset;
    }
    const end = Math.min(offset + length, this.length);
    while (this.#at + this.#kept.length < end) await this.#more(offset);
    return this.#kept.slice(offset - this.#at, end - this.#at);
  }

  async #more(offset: number): Promise<void> {
    const next = await this.#stream?.next();
    if (next === undefined || next.done === true) {
      throw new Unavailable("link-lost", { retryable: true, detail: "the artifact ended early" });
    }
    const dropped = Math.max(0, offset - this.#at - keptBytes);
    const joined = new Uint8Array(this.#kept.length - dropped + next.value.length);
    joined.set(this.#kept.subarray(dropped));
    joined.set(next.value, this.#kept.length - dropped);
    this.#kept = joined;
    this.#at += dropped;
  }

  /** Ends the download. */
  async close(): Promise<void> {
    const stream = this.#stream;
    this.#stream = undefined;
    this.#kept = new Uint8Array(0);
    await stream?.return?.();
  }
}
