import type http from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { Unavailable } from "../unavailable.ts";
import { sendDdi } from "./ddi-client-http.ts";
import { type DownloadLimits, download } from "./download.ts";
import { createNodeHttp } from "./node-http.ts";
import { type Answer, startTestServer, status, type TestServer } from "./node-http-server.test.support.ts";

const size = 10_000;
const image = Uint8Array.from({ length: size }, (_, i) => (i * 7) % 251);
const etag = '"v1"';
const limits: DownloadLimits = { maxAttempts: 3, firstBackOffMs: 10, maxBackOffMs: 25, progressBytes: 100 };
const timeouts = { connectMs: 2000, idleMs: 150, messageMs: 500, minimumRate: { bytes: 50, windowMs: 400 } };

const servers: TestServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

interface Outcome {
  readonly bytes: Uint8Array;
  readonly code: string | undefined;
  readonly waits: number[];
  readonly requests: TestServer["requests"];
}

async function run(answers: readonly Answer[], from = 0, announced = size): Promise<Outcome> {
  const server = await startTestServer(answers);
  servers.push(server);
  const nodeHttp = createNodeHttp({ timeouts });
  const connection = {
    http: nodeHttp,
    origin: server.origin,
    token: { kind: "target", value: "secret" },
    maxRedirects: 3,
  } as const;
  const waits: number[] = [];
  const ports = {
    send: (request: Parameters<typeof sendDdi>[1]) => sendDdi(connection, request),
    wait: async (ms: number) => {
      waits.push(ms);
    },
  };
  const chunks: Uint8Array[] = [];
  let code: string | undefined;
  try {
    const source = { url: `${server.origin}/a`, size: announced, from };
    for await (const chunk of download(source, limits, ports)) chunks.push(chunk);
  } catch (fault) {
    if (!(fault instanceof Unavailable)) throw fault;
    code = fault.code;
  }
  nodeHttp.close();
  return { bytes: Uint8Array.from(chunks.flatMap((chunk) => [...chunk])), code, waits, requests: server.requests };
}

type Headers = Record<string, string>;

/** A truthful answer: 200, or 206 for the range asked. */
const serve =
  (extra: Headers = {}): Answer =>
  (response, request) => {
    const first = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? -1);
    if (first < 0) response.writeHead(200, { etag, "content-length": String(size), ...extra });
    else response.writeHead(206, { etag, "content-range": `bytes ${first}-${size - 1}/${size}`, ...extra });
    response.end(image.subarray(Math.max(first, 0)));
  };

/** Sends the bytes from `first` to `end` under these headers, then `finish`. */
const part =
  (code: number, headers: Headers, first: number, end: number, finish: (r: http.ServerResponse) => void): Answer =>
  (response) => {
    response.writeHead(code, headers);
    response.write(image.subarray(first, end), () => finish(response));
  };

const cut = (response: http.ServerResponse): void => {
  response.socket?.destroy();
};
const tidyEnd = (response: http.ServerResponse): void => {
  response.end();
};
const silence = (): void => undefined;
const whole: Headers = { etag, "content-length": String(size) };
const cutAt = (end: number): Answer => part(200, whole, 0, end, cut);
/** A 206 for `bytes=4000-` whose headers the row chooses. */
const rest = (headers: Headers): Answer => part(206, headers, 4000, size, tidyEnd);
const range = (first: number): Headers => ({ etag, "content-range": `bytes ${first}-${size - 1}/${size}` });

describe("arrives whole", () => {
  const rows: readonly (readonly [
    name: string,
    answers: readonly Answer[],
    ranges: readonly (string | undefined)[],
  ])[] = [
    ["in one answer", [serve()], [undefined]],
    ["chunked, without a length", [part(200, { etag }, 0, size, tidyEnd)], [undefined]],
    ["cut once", [cutAt(4000), serve()], [undefined, "bytes=4000-"]],
    [
      "cut often, but never without progress",
      [
        cutAt(1000),
        part(206, range(1000), 1000, 2000, cut),
        part(206, range(2000), 2000, 3000, cut),
        part(206, range(3000), 3000, 4000, cut),
        part(206, range(4000), 4000, 5000, cut),
        serve(),
      ],
      [undefined, "bytes=1000-", "bytes=2000-", "bytes=3000-", "bytes=4000-", "bytes=5000-"],
    ],
    ["ended early, tidily", [part(200, { etag }, 0, 4000, tidyEnd), serve()], [undefined, "bytes=4000-"]],
    ["silent in the middle", [part(200, whole, 0, 4000, silence), serve()], [undefined, "bytes=4000-"]],
    ["cut in place of the end mark", [part(200, { etag }, 0, size, cut)], [undefined]],
    ["503, then fine", [status(503), status(502), serve()], [undefined, undefined, undefined]],
    ["429, then fine", [status(429), serve()], [undefined, undefined]],
    [
      "503 in place of the rest, then fine",
      [cutAt(4000), status(503), serve()],
      [undefined, "bytes=4000-", "bytes=4000-"],
    ],
  ];
  test.each(rows)("%s", async (_name, answers, ranges) => {
    const outcome = await run(answers);
    expect(outcome.code).toBeUndefined();
    expect(outcome.bytes).toEqual(image);
    expect(outcome.requests.map(({ headers }) => headers.range)).toEqual(ranges);
  });

  test("from a later byte", async () => {
    const outcome = await run([serve()], 9000);
    expect(outcome).toMatchObject({ code: undefined, bytes: image.subarray(9000) });
    expect(outcome.requests[0]?.headers).toMatchObject({ range: "bytes=9000-" });
    expect(outcome.requests[0]?.headers["if-range"]).toBeUndefined();
  });

  test("not after the signal was aborted during a pause", async () => {
    const stop = new AbortController();
    const server = await startTestServer([status(503)]);
    servers.push(server);
    const connection = {
      http: createNodeHttp({ timeouts }),
      origin: server.origin,
      token: { kind: "client-certificate" },
      maxRedirects: 0,
    } as const;
    const ports = {
      send: (request: Parameters<typeof sendDdi>[1]) => sendDdi(connection, request),
      wait: async (_ms: number, signal?: AbortSignal) => {
        expect(signal).toBe(stop.signal);
        stop.abort();
      },
    };
    const source = { url: `${server.origin}/a`, size, from: 0, signal: stop.signal };
    await expect(download(source, limits, ports).next()).rejects.toMatchObject({ code: "aborted" });
    expect(server.requests).toHaveLength(1);
  });

  test("with nothing left to fetch, without a request", async () => {
    expect(await run([serve()], size)).toMatchObject({ code: undefined, bytes: new Uint8Array(), requests: [] });
  });

  test("does not wait when only the end mark is missing", async () => {
    expect((await run([part(200, { etag }, 0, size, cut)])).waits).toEqual([]);
  });

  test("binds the rest to the first answer's strong ETag", async () => {
    const { requests } = await run([cutAt(4000), serve()]);
    expect(requests[1]?.headers).toMatchObject({ "if-range": etag, "accept-encoding": "identity" });
  });

  test.each([['W/"v1"'], [undefined]])("does not bind it to the ETag %s", async (tag) => {
    const headers: Headers = { "content-length": String(size), ...(tag === undefined ? {} : { etag: tag }) };
    const resumed = { "content-range": `bytes 4000-${size - 1}/${size}`, ...(tag === undefined ? {} : { etag: tag }) };
    const outcome = await run([part(200, headers, 0, 4000, cut), rest(resumed)]);
    expect(outcome).toMatchObject({ code: undefined, bytes: image });
    expect(outcome.requests[1]?.headers["if-range"]).toBeUndefined();
  });

  test("follows a redirect inside the origin, with the token", async () => {
    const outcome = await run([status(302, { location: "/b" }), serve()]);
    expect(outcome).toMatchObject({ code: undefined, bytes: image });
    expect(outcome.requests[1]).toMatchObject({ path: "/b", headers: { authorization: "TargetToken secret" } });
  });
});

describe("waits between attempts", () => {
  test("twice as long each time, up to the limit", async () => {
    expect(await run([status(503)])).toMatchObject({ code: "server-error", waits: [10, 20] });
  });
  test("starts again after progress", async () => {
    const answers = [status(503), cutAt(4000), status(503), serve()];
    expect(await run(answers)).toMatchObject({ code: undefined, waits: [10, 10, 20] });
  });
  test.each([
    ["7", 7000],
    ["999999999", 3_600_000],
    ["Wed, 21 Oct 2026 07:28:00 GMT", 10],
    ["-5", 10],
  ])("Retry-After %s", async (retryAfter, ms) => {
    expect((await run([status(503, { "retry-after": retryAfter }), serve()])).waits).toEqual([ms]);
  });
});

describe("refuses", () => {
  const endless: Answer = (response) => {
    response.writeHead(200, { etag });
    const more = (): void => {
      if (!response.destroyed) response.write(image, more);
    };
    more();
  };
  const rows: readonly (readonly [name: string, code: string, requests: number, answers: readonly Answer[]])[] = [
    ["a server that stays down", "server-error", 3, [status(503)]],
    ["a line that is cut before every first byte", "link-lost", 3, [cutAt(0)]],
    ["a line that stays silent", "timed-out", 3, [silence]],
    [
      "a byte a connection",
      "link-lost",
      3,
      [cutAt(1), part(206, range(1), 1, 2, cut), part(206, range(2), 2, 3, cut), serve()],
    ],
    [
      "T-SRV-JOINED-FILES: the whole file in place of the rest",
      "artifact-changed",
      2,
      [cutAt(4000), part(200, whole, 0, size, tidyEnd)],
    ],
    ["the same without a length", "artifact-changed", 2, [cutAt(4000), part(200, { etag }, 0, size, tidyEnd)]],
    [
      "T-SRV-JOINED-FILES: the rest of another ETag",
      "artifact-changed",
      2,
      [cutAt(4000), rest({ ...range(4000), etag: '"v2"' })],
    ],
    [
      "the rest without the ETag",
      "artifact-changed",
      2,
      [cutAt(4000), rest({ "content-range": `bytes 4000-${size - 1}/${size}` })],
    ],
    [
      "T-SRV-JOINED-FILES: the rest of a longer file",
      "artifact-changed",
      2,
      [cutAt(4000), rest({ etag, "content-range": `bytes 4000-${size}/${size + 1}` })],
    ],
    ["a rest that starts early", "malformed-answer", 2, [cutAt(4000), rest(range(3999))]],
    ["a rest that starts late", "malformed-answer", 2, [cutAt(4000), rest(range(4001))]],
    [
      "a rest that stops early",
      "malformed-answer",
      2,
      [cutAt(4000), rest({ etag, "content-range": `bytes 4000-${size - 2}/${size}` })],
    ],
    [
      "a rest of unknown total",
      "malformed-answer",
      2,
      [cutAt(4000), rest({ etag, "content-range": "bytes 4000-9999/*" })],
    ],
    ["a rest without Content-Range", "malformed-answer", 2, [cutAt(4000), rest({ etag })]],
    [
      "several ranges at once",
      "malformed-answer",
      2,
      [cutAt(4000), rest({ etag, "content-type": "multipart/byteranges; boundary=x" })],
    ],
    [
      "a rest whose Content-Length disagrees",
      "malformed-answer",
      2,
      [cutAt(4000), part(206, { ...range(4000), "content-length": "5999" }, 4000, 9999, tidyEnd)],
    ],
    ["a 206 nobody asked for", "malformed-answer", 1, [part(206, range(0), 0, size, tidyEnd)]],
    ["more than announced, said so", "artifact-changed", 1, [status(200, { "content-length": String(size + 1) })]],
    ["less than announced, said so", "artifact-changed", 1, [part(200, { "content-length": "10" }, 0, 10, tidyEnd)]],
    ["T-TUF-ENDLESS: an endless body", "artifact-too-long", 1, [endless]],
    [
      "T-SRV-JOINED-FILES: 416 of a shorter file",
      "artifact-changed",
      2,
      [cutAt(4000), status(416, { "content-range": "bytes */3000" })],
    ],
    [
      "T-SRV-JOINED-FILES: 416 of the same file",
      "range-refused",
      2,
      [cutAt(4000), status(416, { "content-range": `bytes */${size}` })],
    ],
    ["a compressed body", "malformed-answer", 1, [part(200, { etag, "content-encoding": "gzip" }, 0, size, tidyEnd)]],
    ["401", "not-authorised", 1, [status(401)]],
    ["403 in the middle", "not-authorised", 2, [cutAt(4000), status(403)]],
    ["404", "not-found", 1, [status(404)]],
    ["410", "gone", 1, [status(410)]],
    ["429 for ever", "too-many-requests", 3, [status(429)]],
    ["a redirect without an address", "redirect-refused", 1, [status(302)]],
    ["a redirect in a circle", "redirect-refused", 4, [status(302, { location: "/a" })]],
    ["a redirect to nonsense", "malformed-answer", 1, [status(302, { location: "http://[" })]],
    ["204", "unexpected-status", 1, [status(204)]],
    [
      "a header that is no HTTP",
      "malformed-answer",
      1,
      [(response) => void response.socket?.end("HTTP/9 nonsense\r\n\r\n")],
    ],
  ];
  test.each(rows)("%s: %s", async (_name, code, requests, answers) => {
    const outcome = await run(answers);
    expect(outcome.code).toBe(code);
    expect(outcome.requests).toHaveLength(requests);
    // What was handed on before the refusal is a true beginning of the image, and never longer than announced.
    expect(outcome.bytes).toEqual(image.subarray(0, outcome.bytes.length));
  });

  test("T-NET-REDIRECT: a redirect to another host, which learns nothing", async () => {
    const other = await startTestServer([serve()]);
    servers.push(other);
    const outcome = await run([status(302, { location: `${other.origin}/a` })]);
    expect(outcome.code).toBe("redirect-refused");
    expect(other.requests).toEqual([]);
  });

  test("a file announced smaller than what is stored", async () => {
    expect(await run([serve()], size + 1)).toMatchObject({ code: "artifact-changed", requests: [] });
  });

  test.each([-1, 0.5, Number.NaN])("to start at byte %s", async (from) => {
    await expect(run([serve()], from)).rejects.toThrow(RangeError);
  });

  test("T-TUF-SLOW-RETRIEVAL: a drip that is never quite silent", async () => {
    let dripping: NodeJS.Timeout | undefined;
    const drip: Answer = (response, request) => {
      const first = Number(/\d+/.exec(request.headers.range ?? "0")?.[0]);
      response.writeHead(first === 0 ? 200 : 206, first === 0 ? whole : range(first));
      let at = first;
      clearInterval(dripping);
      dripping = setInterval(() => response.write(image.subarray(at, ++at)), 50);
    };
    const outcome = await run([drip]);
    clearInterval(dripping);
    expect(outcome).toMatchObject({ code: "stalled" });
    expect(outcome.requests).toHaveLength(3);
  });
});

test("reads no further ahead than the consumer asks, and closes when the consumer leaves", async () => {
  const megabyte = new Uint8Array(1_048_576);
  let written = 0;
  let closed = (): void => undefined;
  const closing = new Promise<void>((resolve) => {
    closed = resolve;
  });
  const flood: Answer = (response) => {
    response.writeHead(200, { "content-length": String(1024 * megabyte.length) });
    response.on("close", closed);
    const more = (): void => {
      while (!response.destroyed) {
        written += megabyte.length;
        if (!response.write(megabyte)) return void response.once("drain", more);
      }
    };
    more();
  };
  const server = await startTestServer([flood]);
  servers.push(server);
  const nodeHttp = createNodeHttp({ timeouts });
  const connection = {
    http: nodeHttp,
    origin: server.origin,
    token: { kind: "client-certificate" },
    maxRedirects: 0,
  } as const;
  const ports = { send: (r: Parameters<typeof sendDdi>[1]) => sendDdi(connection, r), wait: async () => undefined };
  const source = { url: `${server.origin}/a`, size: 1024 * megabyte.length, from: 0 };
  for await (const chunk of download(source, limits, ports)) {
    expect(chunk.length).toBeGreaterThan(0);
    // A slow consumer: longer than the idle time-out, which counts only while this side is waiting for bytes.
    await new Promise((resolve) => setTimeout(resolve, 300));
    break;
  }
  await closing;
  // Socket buffers of both ends, and no more.
  expect(written).toBeLessThan(32 * megabyte.length);
  nodeHttp.close();
});
