/**
 * The one HTTP connection of the DDI client: where it may go, who it says it is, how much it reads.
 * RFC 9124 THREAT.NET.REDIRECT: the token goes to the configured origin and to nobody else.
 */
import { concatBytes } from "@sumac/crypto";
import type { ServerFaultCode, Unavailable } from "../unavailable.ts";
import { ddiFault } from "./ddi-client-fault.ts";

export interface HttpRequest {
  readonly method: "GET" | "PUT" | "POST";
  /** Absolute. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** A message must be complete within the port's time-out; a stream only has to keep flowing. */
  readonly expect: "message" | "stream";
  readonly signal?: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** Read to its end or closed by `return()`, started or not; until then it holds the connection. */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * One request, one answer: no redirect followed, no cookie kept, nothing decoded. Every wait is bounded, every failure
 * (of `request` and of reading `body`) is an `Unavailable`.
 */
export interface HttpPort {
  request(request: HttpRequest): Promise<HttpAnswer>;
}

export type DdiToken =
  | { readonly kind: "target" | "gateway"; readonly value: string }
  /** The TLS client certificate is the identity; no token is sent. */
  | { readonly kind: "client-certificate" };

export interface DdiConnection {
  readonly http: HttpPort;
  /** Of the configured server, such as `https://updates.example`. */
  readonly origin: string;
  readonly token: DdiToken;
  readonly maxRedirects: number;
}

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Enough of a refusal's body to keep the connection for the next request. */
const discardBytes = 16_384;
const maxRetryAfterMs = 3_600_000;

/** Sends with the token, follows redirects of GET inside the origin, and hands back any other status. */
export async function sendDdi(connection: DdiConnection, request: HttpRequest): Promise<HttpAnswer> {
  let url = request.url;
  for (let redirected = 0; ; redirected += 1) {
    if (new URL(url).origin !== connection.origin) throw ddiFault("redirect-refused", "redirect to another origin");
    const answer = await connection.http.request({
      ...request,
      url,
      headers: { "accept-encoding": "identity", ...request.headers, ...authorization(connection.token) },
    });
    const location = answer.headers.get("location");
    if (!redirects.has(answer.status) || location === undefined) return answer;
    await discardBody(answer);
    if (request.method !== "GET") throw ddiFault("redirect-refused", `redirect of a ${request.method}`);
    if (redirected >= connection.maxRedirects) throw ddiFault("redirect-refused", "too many redirects");
    if (!URL.canParse(location, url)) throw ddiFault("malformed-answer", "Location is not an address");
    url = new URL(location, url).href;
  }
}

function authorization(token: DdiToken): Record<string, string> {
  switch (token.kind) {
    case "target":
      return { authorization: `TargetToken ${token.value}` };
    case "gateway":
      return { authorization: `GatewayToken ${token.value}` };
    case "client-certificate":
      return {};
  }
}

/** The whole body, refused as soon as it is longer than the limit, whatever its Content-Length said. */
export async function readBody(answer: HttpAnswer, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body) {
    size += chunk.length;
    if (size > maxBytes) throw ddiFault("answer-too-large", `more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return concatBytes(...chunks);
}

/** Gives the connection back, or gives it up when the body does not end soon. */
export async function discardBody(answer: HttpAnswer): Promise<void> {
  let size = 0;
  try {
    for await (const chunk of answer.body) {
      size += chunk.length;
      if (size > discardBytes) return;
    }
  } catch {
    // The status has already been read; how the rest of a refusal ends changes nothing.
  }
}

/** The fault a status stands for. Call it for statuses that the caller does not take as an answer. */
export function statusFault(answer: HttpAnswer): Unavailable {
  const retryAfterMs = parseRetryAfter(answer.headers.get("retry-after"));
  const facts = retryAfterMs === undefined ? {} : { retryAfterMs };
  return ddiFault(faultCode(answer.status), `HTTP status ${answer.status}`, facts);
}

function faultCode(status: number): ServerFaultCode {
  if (status === 401 || status === 403) return "not-authorised";
  if (status === 404) return "not-found";
  if (status === 408) return "timed-out";
  if (status === 410) return "gone";
  if (status === 429) return "too-many-requests";
  if (status >= 500 && status <= 599) return "server-error";
  if (redirects.has(status)) return "redirect-refused";
  return "unexpected-status";
}

/** Seconds only (RFC 9110 10.2.3): a date would need a clock that the device may not have. */
function parseRetryAfter(value: string | undefined): number | undefined {
  if (value === undefined || !/^\d{1,9}$/.test(value)) return undefined;
  return Math.min(Number(value) * 1000, maxRetryAfterMs);
}
