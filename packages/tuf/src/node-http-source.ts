import http from "node:http";
import https from "node:https";
import { TufUnavailable } from "./tuf-unavailable.ts";

export interface HttpLimits {
  /** Name, route and TLS handshake, and until the first byte of the answer. */
  readonly answerMs: number;
  /** Without a byte. */
  readonly idleMs: number;
  /** A body must bring this much in each window of waiting; its last window may bring less. */
  readonly minimumRate: { readonly bytes: number; readonly windowMs: number };
}

/** 512 bytes a second: what the slowest link in use still brings, and what a server that wants to stall does not. */
export const defaultHttpLimits: HttpLimits = {
  answerMs: 15_000,
  idleMs: 15_000,
  minimumRate: { bytes: 5_120, windowMs: 10_000 },
};

export type HttpBody =
  /** `start` is the offset of its first byte: 0 if the server did not go along with a range. */
  | { readonly kind: "body"; readonly start: number; readonly chunks: AsyncIterable<Uint8Array> }
  | { readonly kind: "absent" };

/** Too slow, or silent in the middle of a body. */
export class Stalled extends Error {}

/** PEM; absent: the system's authorities, and no certificate of our own. */
export interface HttpTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** GETs below one base URL, over kept connections. Redirects are refused, so a request goes where its URL says. */
export class HttpSource {
  readonly #base: string;
  readonly #limits: HttpLimits;
  readonly #agent: http.Agent;
  readonly #request: typeof http.request;

  constructor(baseUrl: string, limits: HttpLimits = defaultHttpLimits, tls: HttpTls = {}) {
    this.#base = baseUrl.endsWith("/") ? baseUrl : `${baseUrl}/`;
    this.#limits = limits;
    const secure = new URL(this.#base).protocol === "https:";
    this.#agent = secure ? new https.Agent({ keepAlive: true, ...tls }) : new http.Agent({ keepAlive: true });
    this.#request = secure ? https.request : http.request;
  }

  close(): void {
    this.#agent.destroy();
  }

  /** `path` is percent-encoded already. `from` asks for the rest of a file; the answer says whether it is that. */
  async open(path: string, from = 0): Promise<HttpBody> {
    const response = await this.#answer(path, from);
    const status = response.statusCode ?? 0;
    if (status === 200 || (status === 206 && from > 0 && startsAt(response, from))) {
      return { kind: "body", start: status === 206 ? from : 0, chunks: this.#body(response) };
    }
    response.destroy();
    // 403 is what object stores answer for a file that is not there.
    if (status === 404 || status === 403) return { kind: "absent" };
    if (status === 416 && from > 0) return this.open(path);
    if (status >= 300 && status < 400) throw new TufUnavailable("redirect-refused", `${path} (status ${status})`);
    throw new TufUnavailable("unexpected-status", `${path} (status ${status})`);
  }

  #answer(path: string, from: number): Promise<http.IncomingMessage> {
    return new Promise((resolve, reject) => {
      const headers: Record<string, string> = { "accept-encoding": "identity" };
      if (from > 0) headers["range"] = `bytes=${from}-`;
      const sent = this.#request(this.#base + path, { agent: this.#agent, headers });
      const timer = setTimeout(() => sent.destroy(new Error("no answer in time")), this.#limits.answerMs);
      sent.once("response", (response) => {
        clearTimeout(timer);
        resolve(response);
      });
      // Stays for the life of the request: an error without a listener would end the process.
      sent.on("error", (cause: NodeJS.ErrnoException) => {
        clearTimeout(timer);
        // A connection that was kept and that the server has closed meanwhile says nothing about the server.
        if (sent.reusedSocket && cause.code === "ECONNRESET") resolve(this.#answer(path, from));
        else reject(new TufUnavailable("unreachable", `${path} (${cause.code ?? cause.message})`, cause));
      });
      sent.end();
    });
  }

  async *#body(response: http.IncomingMessage): AsyncGenerator<Uint8Array, void, undefined> {
    const { idleMs, minimumRate } = this.#limits;
    const chunks: AsyncIterator<Uint8Array> = response[Symbol.asyncIterator]();
    let waitedMs = 0;
    let received = 0;
    try {
      for (;;) {
        const since = performance.now();
        const chunk = await withLimit(chunks.next(), idleMs);
        if (chunk.done === true) return;
        // Time that the consumer takes is not the server's.
        waitedMs += performance.now() - since;
        received += chunk.value.length;
        if (waitedMs >= minimumRate.windowMs) {
          if (received < minimumRate.bytes) throw new Stalled();
          waitedMs = 0;
          received = 0;
        }
        yield chunk.value;
      }
    } catch (error) {
      if (error instanceof Stalled) throw error;
      throw new TufUnavailable("unreachable", "the connection was lost", error);
    } finally {
      if (!response.readableEnded) response.destroy();
    }
  }
}

function startsAt(response: http.IncomingMessage, from: number): boolean {
  return response.headers["content-range"]?.startsWith(`bytes ${from}-`) ?? false;
}

async function withLimit<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Stalled()), ms);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}
