import { type CborValue, err, ok, type Result } from "@sumac/cbor";
import { encodeBody } from "./body.ts";
import type { DeviceParameters } from "./device-parameters.ts";
import { smpHeaderLength } from "./labels.ts";
import type { RequestFailure, SmpClient } from "./smp-client.ts";

export interface UploadSource {
  /** Bytes, 1 or more. */
  readonly length: number;
  /** Of the whole file: not the digest that the device lists for the image in it. */
  readonly sha256: Uint8Array;
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** The command that takes the chunks. */
export interface UploadDestination {
  readonly group: number;
  readonly id: number;
  /** Members of the first request behind `off` and `data`, in this order: what the server has to know beforehand. */
  readonly first: Readonly<Record<string, CborValue | undefined>>;
}

export interface UploadOptions {
  readonly parameters: DeviceParameters;
  /**
   * Milliseconds until the first chunk, which may erase the slot, is sent again. Default 60,000: a server that erases
   * again when it hears the first chunk again must not hear it too early.
   */
  readonly eraseTimeout?: number;
  /** How often the first chunk is sent again before a shorter one is tried. Default 1. */
  readonly eraseRetries?: number;
  /** Go on from here, less than the length; the device corrects it if it expects another byte. Default 0. */
  readonly from?: number;
  readonly signal?: AbortSignal;
  onProgress?(progress: UploadProgress): void;
}

export interface UploadProgress {
  /** Bytes that the device has acknowledged. */
  readonly done: number;
  readonly total: number;
  /** Bytes of a chunk now. */
  readonly chunk: number;
  /** How often the device asked for an earlier byte, and how often it began anew. */
  readonly goBacks: number;
  readonly restarts: number;
}

export type UploadFailure =
  | RequestFailure
  /** Answers come, and the offset does not move. */
  | { readonly code: "upload-stuck"; readonly offset: number }
  /** The device claims bytes that were never sent to it. */
  | { readonly code: "offset-beyond"; readonly offset: number; readonly sent: number }
  /** It forgot the upload again and again. */
  | { readonly code: "upload-restarted"; readonly restarts: number }
  | { readonly code: "answer-without-offset" };

/** Write units of every flash seen are powers of two up to this; what is no multiple is cut and asked for again. */
const alignment = 32;
const mostStuck = 8;
const mostRestarts = 3;
const defaultEraseTimeout = 60_000;

/**
 * Sends a file in chunks, go-back-N: several may be under way where the device takes several, and after an answer that
 * names another offset than expected it goes on from there. The acknowledged offset is the device's word alone: it is
 * never assumed that what was sent has arrived.
 */
export async function uploadChunks(
  client: SmpClient,
  source: UploadSource,
  destination: UploadDestination,
  options: UploadOptions,
): Promise<Result<UploadProgress, UploadFailure>> {
  if (source.length < 1 || (options.from ?? 0) >= source.length) throw new RangeError("an upload of nothing");
  return new Upload(client, source, destination, options).run();
}

/** One chunk that was sent and not answered yet. */
interface Chunk {
  readonly from: number;
  readonly to: number;
  readonly givenUp: AbortController;
}

interface Answered {
  readonly chunk: Chunk;
  readonly result: Awaited<ReturnType<SmpClient["request"]>>;
}

class Upload {
  readonly #client: SmpClient;
  readonly #source: UploadSource;
  readonly #destination: UploadDestination;
  readonly #options: UploadOptions;
  #acknowledged: number;
  #next: number;
  /** The furthest byte that the device can have: sent since the last restart, or kept from an earlier upload. */
  #sentTo = 0;
  /** The furthest that it has acknowledged since then. */
  #furthest = 0;
  #heard: "nothing" | "answers" = "nothing";
  #firstChunk: number;
  #chunk: number;
  #goBacks = 0;
  #restarts = 0;
  #stuck = 0;
  /** By chunk: what is under way. */
  readonly #inFlight = new Map<Chunk, Promise<Answered>>();

  constructor(client: SmpClient, source: UploadSource, destination: UploadDestination, options: UploadOptions) {
    this.#client = client;
    this.#source = source;
    this.#destination = destination;
    this.#options = options;
    this.#acknowledged = options.from ?? 0;
    this.#next = this.#acknowledged;
    this.#firstChunk = this.#chunkFor("first");
    this.#chunk = this.#chunkFor("later");
  }

  async run(): Promise<Result<UploadProgress, UploadFailure>> {
    try {
      while (this.#acknowledged < this.#source.length || this.#sentTo === 0) {
        while (this.#inFlight.size < this.#window() && this.#next < this.#source.length) this.#send();
        const { chunk, result } = await Promise.race(this.#inFlight.values());
        // Given up: it was sent before the device named another offset, and its answer says nothing any more.
        if (!this.#inFlight.delete(chunk)) continue;
        const failure = this.#take(chunk, result);
        if (failure !== undefined) return err(failure);
        this.#options.onProgress?.(this.#progress());
      }
      return ok(this.#progress());
    } finally {
      this.#giveUp(() => true);
    }
  }

  /** The first chunk travels alone: it may erase, and everything after it depends on the answer. */
  #window(): number {
    return this.#acknowledged === 0 ? 1 : this.#options.parameters.window;
  }

  #send(): void {
    const from = this.#next;
    const to = Math.min(from + (from === 0 ? this.#firstChunk : this.#chunk), this.#source.length);
    this.#next = to;
    this.#sentTo = Math.max(this.#sentTo, to);
    const chunk: Chunk = { from, to, givenUp: new AbortController() };
    this.#inFlight.set(chunk, this.#transfer(chunk));
  }

  async #transfer(chunk: Chunk): Promise<Answered> {
    const { from, to, givenUp } = chunk;
    const { group, id } = this.#destination;
    const { signal, eraseTimeout: timeout = defaultEraseTimeout, eraseRetries: retries = 1 } = this.#options;
    const data = await this.#source.read(from, to - from);
    const result = await this.#client.request({
      operation: "write",
      group,
      id,
      body: this.#body(from, data),
      signal: signal === undefined ? givenUp.signal : AbortSignal.any([givenUp.signal, signal]),
      ...(from === 0 ? { timeout, retries } : {}),
    });
    return { chunk, result };
  }

  #giveUp(which: (chunk: Chunk) => boolean): void {
    for (const [chunk, answered] of this.#inFlight) {
      if (!which(chunk)) continue;
      this.#inFlight.delete(chunk);
      // Nobody waits for it any more, not even for its fault: the line being gone shows at the next sending.
      answered.catch(() => undefined);
      chunk.givenUp.abort();
    }
  }

  /** In the order in which every client writes them: servers with small readers stop at what they know. */
  #body(off: number, data: Uint8Array): Parameters<typeof encodeBody>[0] {
    if (off > 0) return { off, data };
    return { off, data, ...this.#destination.first };
  }

  #take({ from, to }: Chunk, result: Answered["result"]): UploadFailure | undefined {
    if (this.#options.signal?.aborted === true) return { code: "cancelled" };
    const named = result.ok ? result.value["off"] : offsetIn(result.error);
    if (named === undefined) return result.ok ? { code: "answer-without-offset" } : this.#refused(result.error);
    if (typeof named !== "number" || named < 0) return { code: "answer-without-offset" };
    // Servers that keep an upload by its digest answer the first chunk with where they were; and when an upload is taken
    // up again, the last answers of the earlier one may have been lost.
    const mayHaveMore = from === 0 || this.#heard === "nothing";
    this.#heard = "answers";
    if (named > (mayHaveMore ? this.#source.length : this.#sentTo)) {
      return { code: "offset-beyond", offset: named, sent: this.#sentTo };
    }
    this.#sentTo = Math.max(this.#sentTo, named);
    this.#judgeProgress(named);
    if (named === to && result.ok) {
      this.#acknowledged = Math.max(this.#acknowledged, named);
      // Answers get lost too: what lies before an acknowledged byte needs none.
      this.#giveUp((chunk) => chunk.to <= this.#acknowledged);
      return undefined;
    }
    return this.#goTo(named, from);
  }

  /** A device that goes back and forth, or moves on by a byte at a time, would keep its client for days. */
  #judgeProgress(offset: number): void {
    if (offset < this.#furthest + alignment && offset < this.#source.length) return;
    this.#furthest = offset;
    this.#stuck = 0;
  }

  /** Nobody answered, or the message was too long: smaller ones may get through where larger ones did not. */
  #refused(failure: RequestFailure): UploadFailure | undefined {
    const mayBeTooLong =
      failure.code === "no-answer" || (failure.code === "device-error" && failure.name === "message-too-large");
    if (!mayBeTooLong || this.#chunk <= alignment * 2) return failure;
    this.#chunk = aligned(this.#chunk / 2);
    this.#firstChunk = Math.min(this.#firstChunk, this.#chunk);
    this.#giveUp(() => true);
    this.#next = this.#acknowledged;
    return undefined;
  }

  #goTo(offset: number, from: number): UploadFailure | undefined {
    this.#giveUp(() => true);
    if (offset < this.#next) this.#goBacks++;
    if (offset === 0 && from > 0) {
      this.#restarts++;
      if (this.#restarts > mostRestarts) return { code: "upload-restarted", restarts: this.#restarts };
      this.#sentTo = 0;
      this.#furthest = 0;
    }
    this.#stuck++;
    if (this.#stuck > mostStuck) return { code: "upload-stuck", offset };
    this.#acknowledged = offset;
    this.#next = offset;
    return undefined;
  }

  #chunkFor(which: "first" | "later"): number {
    const { parameters } = this.#options;
    const members = which === "first" ? this.#body(0, nothing) : { off: this.#source.length, data: nothing };
    // A byte string of this length needs three bytes of head, one of which is counted already.
    const around = smpHeaderLength + encodeBody(members).length + 2;
    return aligned(parameters.longestMessage - around);
  }

  #progress(): UploadProgress {
    return {
      done: this.#acknowledged,
      total: this.#source.length,
      chunk: this.#chunk,
      goBacks: this.#goBacks,
      restarts: this.#restarts,
    };
  }
}

const nothing = new Uint8Array(0);

const aligned = (bytes: number): number => Math.max(alignment, Math.floor(bytes / alignment) * alignment);

const offsetIn = (failure: RequestFailure): number | undefined =>
  failure.code === "device-error" ? failure.offset : undefined;
