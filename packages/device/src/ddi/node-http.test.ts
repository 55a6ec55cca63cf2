import type https from "node:https";
import { type AddressInfo, createServer } from "node:net";
import type { TLSSocket } from "node:tls";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Unavailable } from "../unavailable.ts";
import { type HttpAnswer, type HttpRequest, readBody } from "./ddi-client-http.ts";
import { createNodeHttp, type NodeHttp, type NodeHttpTls } from "./node-http.ts";
import {
  caCertificate,
  clientCertificate,
  clientKey,
  otherCertificate,
  otherKey,
  serverCertificate,
  serverKey,
} from "./node-http-certificates.test.support.ts";
import { type Answer, json, startTestServer, type TestServer } from "./node-http-server.test.support.ts";

const timeouts = { connectMs: 400, idleMs: 150, messageMs: 400, minimumRate: { bytes: 50, windowMs: 1000 } };

const open: { close(): unknown }[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const each of open.splice(0)) await each.close();
});

async function started(answers: readonly Answer[], tls?: https.ServerOptions): Promise<TestServer> {
  const server = await startTestServer(answers, tls);
  open.push(server);
  return server;
}

function client(tls?: NodeHttpTls): NodeHttp {
  // Handshakes are work for this machine too: however busy it is, they are not what is timed here.
  const patient = { ...timeouts, connectMs: 10_000, idleMs: 10_000, messageMs: 10_000 };
  const nodeHttp = createNodeHttp(tls === undefined ? { timeouts } : { timeouts: patient, tls });
  open.push(nodeHttp);
  return nodeHttp;
}

const get = (url: string, more: Partial<HttpRequest> = {}): HttpRequest => ({
  method: "GET",
  url,
  headers: {},
  expect: "message",
  ...more,
});

const text = async (answer: HttpAnswer) => new TextDecoder().decode(await readBody(answer, 1024));

/** The code of the fault; anything else that is thrown fails the test. */
async function faultOf(promise: Promise<unknown>): Promise<string> {
  const fault: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(fault instanceof Unavailable)) throw new Error("no fault", { cause: fault });
  return fault.code;
}

const askAndRead = async (nodeHttp: NodeHttp, request: HttpRequest) => text(await nodeHttp.request(request));

describe("one request, one answer", () => {
  test("status, headers in lower case, body", async () => {
    const server = await started([
      (response) => response.writeHead(418, { "X-Word": "tea", "set-cookie": ["a=1", "b=2"] }).end("short"),
    ]);
    const answer = await client().request(get(server.origin));
    expect(answer.status).toBe(418);
    expect(answer.headers.get("x-word")).toBe("tea");
    expect(answer.headers.get("set-cookie")).toBe("a=1, b=2");
    expect(await text(answer)).toBe("short");
  });

  test("sends a body with its length", async () => {
    const server = await started([json({})]);
    const body = new TextEncoder().encode("hello");
    await askAndRead(client(), get(server.origin, { method: "PUT", body }));
    expect(server.requests[0]).toMatchObject({ method: "PUT", body: "hello", headers: { "content-length": "5" } });
  });

  test("does not follow a redirect", async () => {
    const server = await started([(response) => response.writeHead(302, { location: "/b" }).end()]);
    const answer = await client().request(get(server.origin));
    expect(answer.status).toBe(302);
    await text(answer);
    expect(server.requests).toHaveLength(1);
  });

  test("an answer that takes the connection over is a fault, not a wait without end", async () => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () =>
        socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    open.push({ close: () => new Promise((resolve) => server.close(resolve)) });
    const { port } = server.address() as AddressInfo;
    await expect(client().request(get(`http://127.0.0.1:${port}/`))).rejects.toMatchObject({
      code: "malformed-answer",
    });
  });

  test("keeps the connection for the next request", async () => {
    const server = await started([json({})]);
    const nodeHttp = client();
    for (let i = 0; i < 5; i += 1) await askAndRead(nodeHttp, get(server.origin));
    expect(server.connections()).toBe(1);
  });

  test("more requests than connections wait their turn, without a time-out and without leaving listeners behind", async () => {
    const warned: string[] = [];
    const warn = (warning: Error): void => void warned.push(warning.message);
    process.on("warning", warn);
    try {
      const server = await started([(response) => void setTimeout(() => response.end("ok"), 20)]);
      const nodeHttp = createNodeHttp({ timeouts: { ...timeouts, connectMs: 10_000, messageMs: 10_000 } });
      open.push(nodeHttp);
      // 60 requests over 4 connections take 300 ms; an answer may take 150 ms, from the moment it is asked for.
      const answers = Array.from({ length: 60 }, () => askAndRead(nodeHttp, get(server.origin)));
      expect(new Set(await Promise.all(answers))).toEqual(new Set(["ok"]));
      expect(server.connections()).toBeLessThanOrEqual(4);
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(warned).toEqual([]);
    } finally {
      process.off("warning", warn);
    }
  });

  test("asks again when the kept connection was closed meanwhile", async () => {
    const closeAfterSeeingIt: Answer = (response) => response.socket?.destroy();
    const server = await started([json("first"), closeAfterSeeingIt, json("again")]);
    const nodeHttp = client();
    await askAndRead(nodeHttp, get(server.origin));
    expect(await askAndRead(nodeHttp, get(server.origin))).toBe("again");
    expect(server.connections()).toBe(2);
  });

  test("does not send a POST twice", async () => {
    const server = await started([json("first"), (response) => response.socket?.destroy(), json("again")]);
    const nodeHttp = client();
    await askAndRead(nodeHttp, get(server.origin));
    const post = get(server.origin, { method: "POST", body: new Uint8Array(3) });
    expect(await faultOf(askAndRead(nodeHttp, post))).toBe("link-lost");
    expect(server.requests).toHaveLength(2);
  });
});

describe("every wait is bounded", () => {
  const rows: readonly (readonly [name: string, code: string, answer: Answer])[] = [
    ["no answer", "timed-out", () => undefined],
    ["headers, then silence", "timed-out", (response) => void response.writeHead(200).flushHeaders()],
    ["half a body, then silence", "timed-out", (response) => void response.writeHead(200).write("half")],
    [
      "half a body, then cut",
      "link-lost",
      (response) =>
        void response.writeHead(200, { "content-length": "9" }).write("half", () => response.socket?.destroy()),
    ],
    [
      "a message that drips on",
      "timed-out",
      (response) => {
        const dripping = setInterval(() => response.write("x"), 60);
        response.on("close", () => clearInterval(dripping));
      },
    ],
    [
      "headers without end",
      "malformed-answer",
      (response) => void response.socket?.write(`HTTP/1.1 200 OK\r\nx: ${"x".repeat(65_536)}`),
    ],
    ["no HTTP", "malformed-answer", (response) => void response.socket?.end("SSH-2.0-OpenSSH\r\n")],
  ];
  test.each(rows)("%s: %s", async (_name, code, answer) => {
    const server = await started([answer]);
    expect(await faultOf(askAndRead(client(), get(server.origin)))).toBe(code);
  });

  test("nobody listens: server-unreachable", async () => {
    const server = await startTestServer([json({})]);
    await server.close();
    expect(await faultOf(client().request(get(server.origin)))).toBe("server-unreachable");
  });

  test("a name that does not exist: server-unreachable", async () => {
    expect(await faultOf(client().request(get("http://nothing.invalid/")))).toMatch(/^(server-unreachable|timed-out)$/);
  });

  test("the caller's signal, before and during", async () => {
    const server = await started([(response) => void response.writeHead(200).write("half")]);
    expect(await faultOf(client().request(get(server.origin, { signal: AbortSignal.abort() })))).toBe("aborted");
    expect(server.requests).toHaveLength(0);
    const abort = new AbortController();
    const answer = await client().request(get(server.origin, { signal: abort.signal }));
    setTimeout(() => abort.abort(), 20);
    expect(await faultOf(text(answer))).toBe("aborted");
  });

  test("a body nobody reads is given up by return()", async () => {
    let gone = (): void => undefined;
    const closed = new Promise<void>((resolve) => {
      gone = resolve;
    });
    const server = await started([
      (response) => {
        response.on("close", gone);
        response.writeHead(200).write("half");
      },
    ]);
    const answer = await client().request(get(server.origin, { expect: "stream" }));
    await answer.body[Symbol.asyncIterator]().return?.();
    await closed;
  });
});

describe("TLS", () => {
  const secure: https.ServerOptions = { cert: serverCertificate, key: serverKey };
  const mutual: https.ServerOptions = { ...secure, ca: caCertificate, requestCert: true, rejectUnauthorized: true };
  const who: Answer = (response, request) =>
    response.end(String((request.socket as TLSSocket).getPeerCertificate().subject?.CN));

  test("a client certificate is the identity", async () => {
    const server = await started([who], mutual);
    const nodeHttp = client({ ca: caCertificate, cert: clientCertificate, key: clientKey });
    expect(await askAndRead(nodeHttp, get(server.origin))).toBe("dev1");
  });

  const rows: readonly (readonly [name: string, server: https.ServerOptions, tls: NodeHttpTls | undefined])[] = [
    ["a server of an unknown authority", secure, undefined],
    ["a server of another authority", secure, { ca: otherCertificate }],
    ["a server that wants a certificate and gets none", mutual, { ca: caCertificate }],
    ["a key that is not the certificate's", mutual, { ca: caCertificate, cert: clientCertificate, key: otherKey }],
    ["a certificate that is none", mutual, { ca: caCertificate, cert: "nonsense", key: otherKey }],
    [
      "a server that speaks TLS 1.1 at most",
      { ...secure, minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" },
      { ca: caCertificate },
    ],
  ];
  test.each(rows)("%s: tls-refused", async (_name, options, tls) => {
    const server = await started([who], options);
    expect(await faultOf(askAndRead(client(tls), get(server.origin)))).toBe("tls-refused");
    expect(server.requests).toEqual([]);
  });

  test("a server that does not know this client's authority: a fault, before it sees the request", async () => {
    const server = await started([who], mutual);
    const foreign = client({ ca: caCertificate, cert: otherCertificate, key: otherKey });
    // In TLS 1.3 the client is done before the server has looked at its certificate; some servers just hang up then.
    expect(await faultOf(askAndRead(foreign, get(server.origin)))).toMatch(/^(tls-refused|link-lost)$/);
    expect(server.requests).toEqual([]);
  });

  test("a certificate of another name: tls-refused", async () => {
    const server = await started([who], secure);
    const elsewhere = server.origin.replace("127.0.0.1", "localhost");
    expect(await faultOf(askAndRead(client({ ca: caCertificate }), get(elsewhere)))).toBe("tls-refused");
  });

  test("NODE_TLS_REJECT_UNAUTHORIZED does not switch the check off", async () => {
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    const server = await started([who], secure);
    expect(await faultOf(askAndRead(client(), get(server.origin)))).toBe("tls-refused");
  });

  test("a server without TLS at an https address: a fault, not a wait", async () => {
    const server = await started([json({})]);
    const fault = await faultOf(client().request(get(server.origin.replace("http:", "https:"))));
    expect(fault).toMatch(/^(tls-refused|link-lost)$/);
  });
});
