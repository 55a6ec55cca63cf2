import http from "node:http";
import https from "node:https";
import { Unavailable } from "../unavailable.ts";
import { ddiFault } from "./ddi-client-fault.ts";
import type { HttpAnswer, HttpPort, HttpRequest } from "./ddi-client-http.ts";

export interface NodeHttpTimeouts {
  /** Name, route and TLS handshake. */
  readonly connectMs: number;
  /** Without a byte, while this side is waiting for one. */
  readonly idleMs: number;
  /** From sending a request to the end of a message. */
  readonly messageMs: number;
  /** A stream must bring this much in each window of waiting; time the consumer takes does not count. */
  readonly minimumRate: { readonly bytes: number; readonly windowMs: number };
}

export const defaultNodeHttpTimeouts: NodeHttpTimeouts = {
  connectMs: 10_000,
  idleMs: 30_000,
  messageMs: 60_000,
  minimumRate: { bytes: 4096, windowMs: 60_000 },
};

/** PEM texts. The server's certificate is always checked: against `ca` if given, else against the system's list. */
export interface NodeHttpTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export interface NodeHttp extends HttpPort {
  /** Closes the idle connections; without it they end by themselves and keep no process alive. */
  close(): void;
}

/** HTTP/1.1 by `node:http` and `node:https`, with connections kept for the next poll. */
export function createNodeHttp(
  options: {
    readonly timeouts?: NodeHttpTimeouts;
    readonly tls?: NodeHttpTls;
    /** At once to one server; default 4. */
    readonly connections?: number;
  } = {},
): NodeHttp {
  const { timeouts = defaultNodeHttpTimeouts, connections: maxSockets = 4 } = options;
  const plain = new http.Agent({ keepAlive: true, maxSockets });
  const secure = new https.Agent({
    keepAlive: true,
    maxSockets,
    ...options.tls,
    minVersion: "TLSv1.2",
    // Said aloud: the environment variable NODE_TLS_REJECT_UNAUTHORIZED would otherwise switch the check off.
    rejectUnauthorized: true,
  });

  /** Those whose handshake is over. A request that waited for one is not told that it is used again. */
  const established = new WeakSet<object>();

  function open({ method, url, headers, body }: HttpRequest): http.ClientRequest {
    const sized = body === undefined ? headers : { ...headers, "content-length": String(body.length) };
    return url.startsWith("https:")
      ? https.request(url, { method, headers: sized, agent: secure })
      : http.request(url, { method, headers: sized, agent: plain });
  }

  return {
    async request(request) {
      const answer = await exchange(() => open(request), request, timeouts, established);
      if (answer !== "stale-connection") return answer;
      // A kept connection was closed as this side wrote to it (RFC 9112 9.3.1). Asking again is safe: not a POST.
      const again = await exchange(() => open(request), request, timeouts, established);
      if (again === "stale-connection") throw ddiFault("link-lost", "closed twice before an answer");
      return again;
    },
    close() {
      plain.destroy();
      secure.destroy();
    },
  };
}

/** One request on its way. It ends with one reason; whatever Node reports after that is an echo of it. */
class Call {
  readonly sent: http.ClientRequest;
  #reason: Unavailable | undefined;

  constructor(sent: http.ClientRequest) {
    this.sent = sent;
  }

  end(fault: Unavailable): void {
    this.#reason ??= fault;
    this.sent.destroy(this.#reason);
  }

  /** Ends the call after `ms` unless the answer is called first. */
  limit(ms: number, detail: string): () => void {
    const timer = setTimeout(() => this.end(ddiFault("timed-out", detail)), ms);
    return () => clearTimeout(timer);
  }

  why(error: unknown): Unavailable {
    return this.#reason ?? nodeFault(error);
  }
}

function exchange(
  open: () => http.ClientRequest,
  request: HttpRequest,
  timeouts: NodeHttpTimeouts,
  established: WeakSet<object>,
): Promise<HttpAnswer | "stale-connection"> {
  return new Promise((resolve, reject) => {
    if (request.signal?.aborted === true) throw ddiFault("aborted", "before the request");
    const call = new Call(openOrExplain(open));
    const { sent } = call;

    const abort = () => call.end(ddiFault("aborted", "by the caller"));
    request.signal?.addEventListener("abort", abort, { once: true });
    const messageDone =
      request.expect === "message" ? call.limit(timeouts.messageMs, "message not complete") : () => undefined;
    const connected = call.limit(timeouts.connectMs, "no connection");
    let answering = () => undefined as unknown;
    const finished = () => {
      connected();
      answering();
      messageDone();
      request.signal?.removeEventListener("abort", abort);
    };

    let connection: "new" | "used-before" = "new";
    sent.once("socket", (socket) => {
      if (established.has(socket)) connection = "used-before";
      const onConnected = () => {
        established.add(socket);
        connected();
        answering = call.limit(timeouts.idleMs, "no answer");
      };
      if (connection === "used-before") onConnected();
      else socket.once(request.url.startsWith("https:") ? "secureConnect" : "connect", onConnected);
    });
    sent.once("response", (response) => {
      answering();
      resolve({
        status: response.statusCode ?? 0,
        headers: singleHeaders(response.headers),
        body: bodyOf(response, call, timeouts, finished),
      });
    });
    // An answer 101 hands the connection over and is followed by no other event: nobody here asked for it.
    sent.once("upgrade", (_response, socket) => {
      socket.destroy();
      finished();
      reject(ddiFault("malformed-answer", "an upgrade that was not asked for"));
    });
    // Stays for the life of the request: an error without a listener would end the process.
    sent.on("error", (error: NodeJS.ErrnoException) => {
      finished();
      const lost = error.code === "ECONNRESET" || error.code === "EPIPE";
      if (lost && connection === "used-before" && request.method !== "POST") resolve("stale-connection");
      else reject(call.why(error));
    });
    sent.end(request.body);
  });
}

/** A certificate or key that OpenSSL cannot read shows up when the first connection is opened. */
function openOrExplain(open: () => http.ClientRequest): http.ClientRequest {
  try {
    return open();
  } catch (error) {
    throw errorCode(error).startsWith("ERR_OSSL_") ? nodeFault(error) : error;
  }
}

/** An object rather than a generator: `return()` must free the connection even if nothing has been read yet. */
function bodyOf(
  response: http.IncomingMessage,
  call: Call,
  timeouts: NodeHttpTimeouts,
  finished: () => void,
): AsyncIterable<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array> = response[Symbol.asyncIterator]();
  const { bytes, windowMs } = timeouts.minimumRate;
  let waitedMs = 0;
  let received = 0;

  async function next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const arrived = call.limit(timeouts.idleMs, "no byte");
    const since = performance.now();
    try {
      const chunk = await chunks.next();
      if (chunk.done === true) {
        finished();
        return { done: true, value: undefined };
      }
      waitedMs += performance.now() - since;
      received += chunk.value.length;
      if (waitedMs >= windowMs) {
        if (received < bytes) throw ddiFault("stalled", `${received} bytes in ${Math.round(waitedMs)} ms`);
        waitedMs = 0;
        received = 0;
      }
      return { done: false, value: chunk.value };
    } catch (error) {
      finished();
      response.destroy();
      throw error instanceof Unavailable ? error : call.why(error);
    } finally {
      arrived();
    }
  }

  return {
    [Symbol.asyncIterator]: () => ({
      next,
      async return() {
        finished();
        if (!response.readableEnded) response.destroy();
        return { done: true, value: undefined };
      },
    }),
  };
}

function singleHeaders(headers: http.IncomingHttpHeaders): Map<string, string> {
  const single = new Map<string, string>();
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) single.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  return single;
}

const unreachable = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EADDRNOTAVAIL",
  "ETIMEDOUT",
]);
/** OpenSSL's verification results and Node's own; a peer that refuses this side's certificate sends an SSL alert. */
const tlsCodes = /^(ERR_TLS_|ERR_SSL_|ERR_OSSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_|INVALID_CA|EPROTO)/;

function nodeFault(error: unknown): Unavailable {
  const code = errorCode(error);
  const facts = { cause: error };
  if (unreachable.has(code)) return ddiFault("server-unreachable", code, facts);
  if (tlsCodes.test(code)) return ddiFault("tls-refused", code, facts);
  if (code.startsWith("HPE_")) return ddiFault("malformed-answer", code, facts);
  return ddiFault("link-lost", code, facts);
}

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}
