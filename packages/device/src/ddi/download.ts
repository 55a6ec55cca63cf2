import { Unavailable } from "../unavailable.ts";
import { ddiFault } from "./ddi-client-fault.ts";
import { discardBody, type HttpAnswer, type HttpRequest, statusFault } from "./ddi-client-http.ts";
import { contentLength, parseContentRange, parseUnsatisfiedTotal, strongEtag } from "./download-range.ts";

export interface DownloadLimits {
  /** Connections in a row that may fail without progress. */
  readonly maxAttempts: number;
  /** The wait after the first failure; it doubles up to the largest. */
  readonly firstBackOffMs: number;
  readonly maxBackOffMs: number;
  /** What counts as progress. More than one byte, or a server could keep a device busy with a byte a connection. */
  readonly progressBytes: number;
}

export interface DownloadSource {
  readonly url: string;
  /** As announced. Never more than this is handed on. */
  readonly size: number;
  /** The first byte wanted: what an earlier run has already stored. */
  readonly from: number;
  readonly signal?: AbortSignal;
}

export interface DownloadPorts {
  send(request: HttpRequest): Promise<HttpAnswer>;
  wait(ms: number, signal?: AbortSignal): Promise<void>;
}

/**
 * The bytes `from` to `size` of one artifact. After a cut, a time-out or a 5xx it asks for the rest only, bound to the
 * first answer's strong ETag (RFC 9110 13.1.5), so that the bytes of two files are never joined; a server that offers
 * anything else then is `artifact-changed`. The next chunk is read when the consumer asks for it, not before.
 */
export async function* download(
  source: DownloadSource,
  limits: DownloadLimits,
  ports: DownloadPorts,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { size, from } = source;
  if (!Number.isSafeInteger(from) || from < 0) throw new RangeError("a download starts at a whole number of bytes");
  if (from > size) throw ddiFault("artifact-changed", "announced smaller than what is already stored");

  let at = from;
  let progressAt = from;
  let failures = 0;
  let etag: Etag = "none-yet";
  while (at < size) {
    try {
      const answer = await ports.send(rangeRequest(source, at, etag));
      etag = await acceptAnswer(answer, at, size, etag);
      for await (const chunk of answer.body) {
        if (chunk.length > size - at) throw ddiFault("artifact-too-long", `more than ${size} bytes`);
        at += chunk.length;
        yield chunk;
        if (at - progressAt >= limits.progressBytes) {
          progressAt = at;
          failures = 0;
        }
      }
      if (at < size) throw ddiFault("link-lost", `ended at byte ${at} of ${size}`);
    } catch (fault) {
      if (!(fault instanceof Unavailable) || !fault.retryable) throw fault;
      // Everything is here; only the end of the connection was untidy.
      if (at === size) return;
      failures += 1;
      if (failures >= limits.maxAttempts) throw fault;
      const backOffMs = Math.min(limits.firstBackOffMs * 2 ** (failures - 1), limits.maxBackOffMs);
      await ports.wait(Math.max(backOffMs, fault.retryAfterMs ?? 0), source.signal);
      if (source.signal?.aborted === true) throw ddiFault("aborted", "while waiting to reconnect");
    }
  }
}

/** What the first answer carried: a strong tag, or nothing to bind a range to. */
type Etag = "none-yet" | { readonly strong: string | undefined };

function rangeRequest(source: DownloadSource, at: number, etag: Etag): HttpRequest {
  const tag = etag === "none-yet" ? undefined : etag.strong;
  return {
    method: "GET",
    url: source.url,
    headers: {
      accept: "application/octet-stream",
      ...(at === 0 ? {} : { range: `bytes=${at}-` }),
      ...(at === 0 || tag === undefined ? {} : { "if-range": tag }),
    },
    expect: "stream",
    ...(source.signal === undefined ? {} : { signal: source.signal }),
  };
}

/** Throws unless the body that follows is exactly the bytes `at` to `size` of the same artifact as before. */
async function acceptAnswer(answer: HttpAnswer, at: number, size: number, etag: Etag): Promise<Etag> {
  const refusal = refuseStatus(answer, at, size) ?? refuseLength(answer, at, size);
  const strong = strongEtag(answer.headers.get("etag"));
  const changed = etag !== "none-yet" && etag.strong !== strong;
  if (refusal === undefined && !changed) return { strong };
  await discardBody(answer);
  throw refusal ?? ddiFault("artifact-changed", "another ETag");
}

function refuseStatus(answer: HttpAnswer, at: number, size: number): Unavailable | undefined {
  switch (answer.status) {
    case 200:
      // To a request with If-Range this is how a server says: it is another file now (RFC 9110 13.1.5).
      return at === 0 ? undefined : ddiFault("artifact-changed", "the whole file instead of the rest");
    case 206: {
      const range = parseContentRange(answer.headers.get("content-range"));
      if (at === 0 || range === undefined) return ddiFault("malformed-answer", "Content-Range");
      if (range.total !== size) return ddiFault("artifact-changed", "another total size");
      if (range.first !== at || range.last !== size - 1) return ddiFault("malformed-answer", "Content-Range");
      return undefined;
    }
    case 416: {
      const total = parseUnsatisfiedTotal(answer.headers.get("content-range"));
      if (total !== undefined && total !== size) return ddiFault("artifact-changed", "another total size");
      return ddiFault("range-refused", "HTTP status 416 inside the announced size");
    }
    default:
      return statusFault(answer);
  }
}

function refuseLength(answer: HttpAnswer, at: number, size: number): Unavailable | undefined {
  const encoding = answer.headers.get("content-encoding");
  if (encoding !== undefined && encoding !== "identity") return ddiFault("malformed-answer", "Content-Encoding");
  const length = contentLength(answer.headers.get("content-length"));
  if (length === undefined || length === size - at) return undefined;
  return answer.status === 200
    ? ddiFault("artifact-changed", "another size than announced")
    : ddiFault("malformed-answer", "Content-Length");
}
