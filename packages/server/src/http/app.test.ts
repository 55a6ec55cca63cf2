import { once } from "node:events";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { openSocket, sendRaw, statusOf } from "../raw-http.test.support.ts";
import { image, publish, registerTestDevice, startTestServer, toyRelease } from "../server.test.support.ts";

describe("what is no route", () => {
  test.each([
    "/",
    "/api",
    "/api/v1",
    "/api/v2/releases",
    "/favicon.ico",
    "/..",
    "//",
    "/api/v1/../../etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/blobs/sha256",
    "/sumac.sqlite",
  ])("GET %s", async (path) => {
    const server = await startTestServer();
    const answer = await sendRaw(server.url, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(statusOf(answer)).toBe(404);
    expect(answer).toContain('{"code":"not-found"}');
  });

  test.each(["DELETE", "PATCH", "OPTIONS", "TRACE"])("%s of something that exists", async (method) => {
    const server = await startTestServer();
    const answer = await sendRaw(
      server.url,
      `${method} /api/v1/releases HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    expect(statusOf(answer)).toBe(404);
  });

  test.each([
    "GET /%zz HTTP/1.1\r\nHost: x",
    "GET / HTTP/1.1\r\nBad Header",
    "rubbish",
    "\u0000\u0001\u0002",
    "GET /\u0000 HTTP/1.1\r\nHost: x",
  ])("%j is no request", async (text) => {
    const server = await startTestServer();
    const answer = await sendRaw(server.url, `${text}\r\nConnection: close\r\n\r\n`);
    expect(statusOf(answer)).toBe(400);
    expect(answer).toContain('{"code":"bad-request"}');
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
  });
});

describe("slow and endless senders", () => {
  test("headers beyond the limit", async () => {
    const server = await startTestServer();
    const answer = await sendRaw(server.url, `GET / HTTP/1.1\r\nHost: x\r\nX: ${"x".repeat(20_000)}\r\n\r\n`);
    expect(statusOf(answer)).toBe(400);
  });

  /** Cut off may also mean reset, if another drop was on its way. */
  const closed = (socket: Socket): Promise<void> => new Promise((resolve) => socket.once("close", () => resolve()));

  test("a body that trickles in is cut off, though it never falls silent", async () => {
    const server = await startTestServer({ limits: { bodyTimeoutMs: 300 } });
    const { token } = await registerTestDevice(server, "dev1");
    const socket = await openSocket(server.url);
    socket.on("error", () => undefined);
    socket.write(
      `POST /DEFAULT/controller/v1/dev1/deploymentBase/1/feedback HTTP/1.1\r\nHost: x\r\nAuthorization: TargetToken ${token}\r\nContent-Length: 1000\r\n\r\n`,
    );
    const drip = setInterval(() => socket.write("x"), 50);
    await closed(socket);
    clearInterval(drip);
  });

  test("headers that trickle in are cut off", async () => {
    const server = await startTestServer({ limits: { headersTimeoutMs: 300 } });
    const socket = await openSocket(server.url);
    socket.on("error", () => undefined);
    socket.write("GET / HTTP/1.1\r\n");
    const drip = setInterval(() => socket.write("x: y\r\n"), 50);
    socket.resume();
    await closed(socket);
    clearInterval(drip);
  }, 10_000);

  test("a long download is no slow body", async () => {
    const server = await startTestServer({ limits: { bodyTimeoutMs: 200 } });
    const device = await registerTestDevice(server, "dev1");
    const release = toyRelease(5, {}, image(32 * 1024 * 1024));
    await publish(server, release);
    await device.report(4);
    await device.poll();
    const response = await fetch(
      `${server.url}/DEFAULT/controller/v1/dev1/softwaremodules/1/artifacts/${release.uri}`,
      {
        headers: { authorization: `TargetToken ${device.token}` },
      },
    );
    await sleep(500);
    expect((await response.arrayBuffer()).byteLength).toBe(release.payload.length);
  });

  test("an upload without a token is answered and not read", async () => {
    const server = await startTestServer();
    const socket = await openSocket(server.url);
    const answered = once(socket, "data");
    socket.write(`PUT /api/v1/blobs/${"0".repeat(64)} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\nx`);
    const [answer] = await answered;
    expect(String(answer)).toMatch(/^HTTP\/1.1 401[\s\S]*connection: close/i);
    await once(socket, "end");
    socket.destroy();
  });

  test("one address that asks too much is asked to wait", async () => {
    const server = await startTestServer({ limits: { requestsPerSecond: 5 }, clock: () => 0 });
    const statuses = await Promise.all(
      Array.from({ length: 15 }, async () => (await fetch(`${server.url}/health`)).status),
    );
    expect(statuses.filter((status) => status === 200)).toHaveLength(10);
    expect(statuses.filter((status) => status === 429)).toHaveLength(5);
  });
});

describe("the log", () => {
  test("has one line a request, with its id and no secret", async () => {
    const server = await startTestServer();
    const device = await registerTestDevice(server, "dev1");
    await device.report(3);
    const answer = await device.ddi("GET", "?token=secret-in-a-query");
    const lines = server.log.map((line) => JSON.parse(line) as Record<string, unknown>);
    const poll = lines.find(({ reqId }) => reqId === answer.headers.get("x-request-id"));
    expect(poll).toMatchObject({
      method: "GET",
      route: "/:tenant/controller/v1/:controllerId",
      device: "dev1",
      status: 200,
    });
    const all = server.log.join("");
    for (const secret of [
      device.token,
      await server.token("device-admin"),
      "secret-in-a-query",
      "vendorId",
      "authorization",
    ]) {
      expect(all).not.toContain(secret);
    }
  });

  test("does not repeat what a sender put into a broken body", async () => {
    const server = await startTestServer();
    await fetch(`${server.url}/api/v1/releases`, {
      method: "POST",
      headers: { authorization: `Bearer ${await server.token("publish")}`, "content-type": "application/json" },
      body: '{"envelope": my-secret-text',
    });
    expect(server.log.join("")).not.toContain("my-secret-text");
  });

  test("a request id cannot be chosen by the sender", async () => {
    const server = await startTestServer();
    const answer = await fetch(`${server.url}/health`, { headers: { "request-id": "mine", "x-request-id": "mine" } });
    expect(answer.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("a mistake of ours is a bug in the log and one word on the wire", async () => {
    const server = await startTestServer({
      checkEnvelope: () => {
        throw new TypeError("secret internals");
      },
    });
    const answer = await server.api("publish", "POST", "/releases", { envelope: "AAAA", payloads: [] });
    expect([answer.status, answer.json]).toEqual([500, { code: "bug" }]);
    expect(server.log.join("")).toContain("secret internals");
  });
});
