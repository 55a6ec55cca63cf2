import { type ServerFaultCode, Unavailable } from "../unavailable.ts";

/** Every way in which talking to the update server can fail, and whether the same request may work later by itself. */
const retryable: Readonly<Record<ServerFaultCode, boolean>> = {
  /** No connection: name not found, refused, no route. */
  "server-unreachable": true,
  /** One side did not accept the other's certificate. */
  "tls-refused": false,
  /** The connection ended in the middle of an answer. */
  "link-lost": true,
  /** Nothing came within the time-out, or the answer was not complete within it. */
  "timed-out": true,
  /** Bytes came, but slower than the minimum rate (slow retrieval). */
  stalled: true,
  /** The caller's signal ended the request. */
  aborted: false,
  /** HTTP 401 or 403. */
  "not-authorised": false,
  /** HTTP 404. */
  "not-found": false,
  /** HTTP 410: the action is closed. */
  gone: false,
  /** HTTP 429. */
  "too-many-requests": true,
  /** HTTP 5xx. */
  "server-error": true,
  /** Any other status. */
  "unexpected-status": false,
  /** A redirect to another origin, one too many, or one of a request with a body. */
  "redirect-refused": false,
  /** A link in an answer leads to another origin than the configured one. */
  "foreign-link": false,
  /** The answer is not what the protocol says. */
  "malformed-answer": false,
  /** An answer longer than its limit. */
  "answer-too-large": false,
  /** The bytes at this address are not those announced, or no longer those of the first answer. */
  "artifact-changed": false,
  /** More bytes than announced. */
  "artifact-too-long": false,
  /** HTTP 416 for a range inside the announced size. */
  "range-refused": false,
  /** The deployment offers no artifact of the name that is needed. */
  "artifact-missing": false,
};

/** `detail` and `cause` are for the log: never a token, never text that the server chose. */
export function ddiFault(
  code: ServerFaultCode,
  detail: string,
  facts: { readonly retryAfterMs?: number; readonly cause?: unknown } = {},
): Unavailable {
  return new Unavailable(code, { retryable: retryable[code], detail, ...facts });
}
