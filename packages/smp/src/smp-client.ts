import { type CborValue, err, type Result } from "@sumac/cbor";
import { decodeBody, encodeBody, type MalformedBody, type SmpMap } from "./body.ts";
import type { FrameReader, Framing } from "./framing.ts";
import { type SmpOperation, type SmpVersion, smpHeaderLength } from "./labels.ts";
import { type Link, LinkFault } from "./link.ts";
import { parseMessage, type SmpMessage, serializeMessage } from "./message.ts";
import { type DeviceError, readReply } from "./reply.ts";
import { RoundTrip } from "./round-trip.ts";
import type { Timer } from "./timer.ts";

export interface SmpRequest {
  readonly operation: "read" | "write";
  readonly group: number;
  readonly id: number;
  /** Default that of the client. */
  readonly version?: SmpVersion;
  /** Written in this order; `undefined` members are left away. */
  readonly body?: Readonly<Record<string, CborValue | undefined>>;
  /** Most milliseconds for one try; default that of the client. Erasing a slot takes long. */
  readonly timeout?: number;
  /** How often it is sent again; default that of the client. 0 for what must not be done twice. */
  readonly retries?: number;
  /** Aborted: the answer is not wanted any more. */
  readonly signal?: AbortSignal;
}

/** Why a request has no good answer. Nothing here says that the device did not do what it was asked for. */
export type RequestFailure =
  | DeviceError
  /** Sent so many times, and nothing came that answers it. `heard`: what came besides. */
  | {
      readonly code: "no-answer";
      readonly sent: number;
      readonly milliseconds: number;
      readonly framing: Framing["name"];
      /** Bytes of the message, header included. */
      readonly messageLength: number;
      readonly heard: "nothing" | "no-lines" | "noise" | "damaged-frames" | "other-answers";
    }
  | MalformedBody
  | { readonly code: "cancelled" };

export interface SmpClientOptions {
  readonly link: Link;
  readonly framing: Framing;
  readonly timer: Timer;
  /** Default 2. Answers of either version are understood. */
  readonly version?: SmpVersion;
  /** Milliseconds; default 2,000: the most to wait for one answer. Once some were timed it waits less. */
  readonly timeout?: number;
  /** Default 4. */
  readonly retries?: number;
  /** Milliseconds without a byte that count as quiet; default 50. */
  readonly quiet?: number;
  readonly signal?: AbortSignal;
}

interface Waiting {
  readonly message: SmpMessage;
  settle(body: SmpMessage["body"]): void;
  /** Looks again at once, because the line is gone. */
  wake(): void;
}

const leastTimeout = 100;
/** Milliseconds, for a line of 1,200 baud and everything faster. */
const leastWriteTimeout = 10_000;
const writeTimeoutPerByte = 10;
const sequences = 256;

/**
 * The asking end of a line. Answers are matched by sequence number, group, command and operation; everything else that
 * arrives is counted and dropped, since late answers to requests that were given up do come. A request that is sent again
 * keeps its sequence number, so that whichever answer comes first is the answer.
 */
export class SmpClient {
  readonly #link: Link;
  readonly #framing: Framing;
  readonly #timer: Timer;
  readonly #version: SmpVersion;
  readonly #timeout: number;
  readonly #retries: number;
  readonly #quiet: number;
  readonly #signal: AbortSignal | undefined;
  readonly #reader: FrameReader;
  readonly #waiting = new Map<number, Waiting>();
  readonly #roundTrip: RoundTrip;
  #nextSequence = 0;
  #strangers = 0;
  #bytes = 0;
  #lastByteAt = 0;
  #closed: LinkFault | undefined;
  readonly #pump: Promise<void>;

  constructor(options: SmpClientOptions) {
    this.#link = options.link;
    this.#framing = options.framing;
    this.#timer = options.timer;
    this.#version = options.version ?? 2;
    this.#timeout = options.timeout ?? 2000;
    this.#retries = options.retries ?? 4;
    this.#quiet = options.quiet ?? 50;
    this.#signal = options.signal;
    this.#reader = options.framing.startReading();
    this.#roundTrip = new RoundTrip(Math.min(leastTimeout, this.#timeout), this.#timeout);
    this.#lastByteAt = this.#timer.now();
    this.#pump = this.#readAll();
  }

  get framing(): Framing {
    return this.#framing;
  }

  /** `gone`: closed at either end, or torn off. */
  get line(): "open" | "gone" {
    return this.#closed === undefined ? "open" : "gone";
  }

  /** Waits until nothing has come for a while, and forgets what came: bytes of an earlier conversation may still lie there. */
  async drain(longest = 2000): Promise<void> {
    const begun = this.#timer.now();
    this.#lastByteAt = begun;
    for (;;) {
      const now = this.#timer.now();
      const left = Math.min(this.#lastByteAt + this.#quiet, begun + longest) - now;
      if (left <= 0 || this.#closed !== undefined || this.#signal?.aborted === true) break;
      await this.#timer.wait(left, this.#signal);
    }
    this.#reader.reset();
  }

  async request(request: SmpRequest): Promise<Result<SmpMap, RequestFailure>> {
    const { operation, group, id, body = {}, retries = this.#retries } = request;
    const sequence = this.#takeSequence();
    const message: SmpMessage = {
      version: request.version ?? this.#version,
      operation,
      group,
      sequence,
      id,
      body: encodeBody(body),
    };
    const frame = this.#framing.frame(serializeMessage(message));
    const before = { ...this.#reader.dropped, strangers: this.#strangers, bytes: this.#bytes };
    const begun = this.#timer.now();
    let answer: Uint8Array | undefined;
    const given = new AbortController();
    this.#waiting.set(sequence, {
      message,
      settle: (bytes) => {
        answer ??= bytes;
        given.abort();
      },
      wake: () => given.abort(),
    });
    try {
      let sent = 0;
      while (answer === undefined) {
        if (this.#signal?.aborted === true || request.signal?.aborted === true) return err({ code: "cancelled" });
        if (this.#closed !== undefined) throw this.#closed;
        if (sent > retries) return err(this.#noAnswer(message, sent, begun, before));
        const sentAt = this.#timer.now();
        if (!(await this.#write(frame, request.signal))) continue;
        // A request that may take long says so, and how fast the others were says nothing about it.
        const patience = Math.max(request.timeout ?? this.#roundTrip.timeout(sent), this.#quietToRecover());
        sent++;
        if (answer === undefined) await this.#timer.wait(patience, anyOf(given.signal, this.#signal, request.signal));
        if (answer !== undefined && sent === 1 && request.timeout === undefined) {
          this.#roundTrip.measured(this.#timer.now() - sentAt);
        }
      }
    } finally {
      this.#waiting.delete(sequence);
    }
    const decoded = decodeBody(answer);
    return decoded.ok ? readReply(decoded.value, group, id) : decoded;
  }

  async close(): Promise<void> {
    await this.#link.close();
    await this.#pump;
  }

  /** false = it was cancelled first. Throws `link-stalled` where nobody takes the bytes: a wait for that has an end too. */
  async #write(frame: Uint8Array, signal: AbortSignal | undefined): Promise<boolean> {
    const given = new AbortController();
    const written = this.#link.write(frame).then(() => "written" as const);
    const patience = leastWriteTimeout + frame.length * writeTimeoutPerByte;
    const waited = this.#timer.wait(patience, anyOf(given.signal, this.#signal, signal)).then(() => "waited" as const);
    try {
      if ((await Promise.race([written, waited])) === "written") return true;
    } finally {
      given.abort();
    }
    written.catch(() => undefined);
    if (this.#signal?.aborted === true || signal?.aborted === true) return false;
    throw new LinkFault("link-stalled");
  }

  /** Milliseconds. A peer that waits for the rest of a damaged message takes the next one for it until it was quiet. */
  #quietToRecover(): number {
    const { inputTimeout } = this.#framing;
    return inputTimeout === "none" ? 0 : inputTimeout + this.#quiet;
  }

  async #readAll(): Promise<void> {
    try {
      for await (const chunk of this.#link.read()) {
        const now = this.#timer.now();
        const { inputTimeout } = this.#framing;
        if (inputTimeout !== "none" && now - this.#lastByteAt >= inputTimeout) this.#reader.reset();
        this.#lastByteAt = now;
        this.#bytes += chunk.length;
        for (const bytes of this.#reader.read(chunk)) this.#receive(bytes);
      }
      this.#closed = new LinkFault("link-closed");
    } catch (fault) {
      if (!(fault instanceof LinkFault)) throw fault;
      this.#closed = fault;
    }
    for (const { wake } of this.#waiting.values()) wake();
  }

  #receive(bytes: Uint8Array): void {
    const parsed = parseMessage(bytes);
    const waiting = parsed.ok ? this.#waiting.get(parsed.value.sequence) : undefined;
    if (!parsed.ok || waiting === undefined || !answers(parsed.value, waiting.message)) {
      this.#strangers++;
      return;
    }
    waiting.settle(parsed.value.body);
  }

  #takeSequence(): number {
    for (let tried = 0; tried < sequences; tried++) {
      const sequence = this.#nextSequence;
      this.#nextSequence = (sequence + 1) % sequences;
      if (!this.#waiting.has(sequence)) return sequence;
    }
    throw new Error("256 requests wait for an answer");
  }

  #noAnswer(
    message: SmpMessage,
    sent: number,
    begun: number,
    before: { readonly noise: number; readonly damaged: number; readonly strangers: number; readonly bytes: number },
  ): RequestFailure {
    const { noise, damaged } = this.#reader.dropped;
    const heard =
      this.#strangers > before.strangers
        ? "other-answers"
        : damaged > before.damaged
          ? "damaged-frames"
          : noise > before.noise
            ? "noise"
            : this.#bytes > before.bytes
              ? "no-lines"
              : "nothing";
    return {
      code: "no-answer",
      sent,
      milliseconds: Math.round(this.#timer.now() - begun),
      framing: this.#framing.name,
      messageLength: smpHeaderLength + message.body.length,
      heard,
    };
  }
}

const answerTo: Readonly<Record<"read" | "write", SmpOperation>> = { read: "read-response", write: "write-response" };

const answers = (answer: SmpMessage, { operation, group, id }: SmpMessage): boolean =>
  (operation === "read" || operation === "write") &&
  answer.operation === answerTo[operation] &&
  answer.group === group &&
  answer.id === id;

const anyOf = (...signals: (AbortSignal | undefined)[]): AbortSignal =>
  AbortSignal.any(signals.filter((signal) => signal !== undefined));
