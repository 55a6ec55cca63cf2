import { afterEach, describe, expect, test } from "vitest";
import { Unavailable } from "../unavailable.ts";
import { checkDdiOptions, createDdiClient, type DdiClient, type DdiOptions, defaultDdiLimits } from "./ddi-client.ts";
import type { DdiToken } from "./ddi-client-http.ts";
import { createNodeHttp } from "./node-http.ts";
import { type Answer, json, startTestServer, status, type TestServer } from "./node-http-server.test.support.ts";

const timeouts = { connectMs: 2000, idleMs: 300, messageMs: 500, minimumRate: { bytes: 50, windowMs: 1000 } };
const base = "/T/controller/v1/dev%201";
const nodeHttp = createNodeHttp({ timeouts });
const servers: TestServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

interface Setting {
  readonly server: TestServer;
  readonly client: DdiClient;
}

async function setting(
  answers: readonly Answer[],
  token: DdiToken = { kind: "target", value: "s3cret" },
): Promise<Setting> {
  const server = await startTestServer(answers);
  servers.push(server);
  return { server, client: clientOf(server.origin, token) };
}

const clientOf = (baseUrl: string, token: DdiToken): DdiClient =>
  createDdiClient({ baseUrl, tenant: "T", controllerId: "dev 1", token, http: nodeHttp, wait: async () => undefined });

async function faultOf(promise: Promise<unknown>): Promise<Unavailable> {
  const fault: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(fault instanceof Unavailable)) throw new Error("no fault", { cause: fault });
  return fault;
}

async function drain(chunks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of chunks) expect(chunk.length).toBeGreaterThan(0);
}

const poll = { config: { polling: { sleep: "00:00:30" } } };
const report = { execution: "closed", finished: "success", details: ["installed"] } as const;

describe("speaks DDI", () => {
  test("poll", async () => {
    const links = { deploymentBase: { href: `${base}/deploymentBase/5?c=1` } };
    const { server, client } = await setting([json({ ...poll, _links: links })]);
    expect(await client.poll()).toEqual({
      sleepMs: 30_000,
      deploymentBase: `${server.origin}${base}/deploymentBase/5?c=1`,
    });
    expect(server.requests[0]).toMatchObject({
      method: "GET",
      path: base,
      headers: { authorization: "TargetToken s3cret", accept: "application/hal+json, application/json" },
    });
  });

  test("configData", async () => {
    const { server, client } = await setting([status(200)]);
    await client.putConfig({ version: "1.1.0" });
    expect(server.requests[0]).toMatchObject({
      method: "PUT",
      path: `${base}/configData`,
      headers: { "content-type": "application/json" },
    });
    expect(JSON.parse(server.requests[0]?.body ?? "")).toEqual({ mode: "replace", data: { version: "1.1.0" } });
  });

  test("deployment", async () => {
    const artifact = { filename: "f", size: 3, hashes: {}, _links: { download: { href: "/f" } } };
    const chunks = [{ part: "os", name: "pump", version: "1", artifacts: [artifact] }];
    const { server, client } = await setting([
      json({ id: "5", deployment: { download: "forced", update: "forced", chunks } }),
    ]);
    const deployment = await client.deployment(`${server.origin}${base}/deploymentBase/5?c=1`);
    expect(deployment.actionId).toBe("5");
    expect(deployment.chunks[0]?.artifacts[0]?.href).toBe(`${server.origin}/f`);
    expect(server.requests[0]?.path).toBe(`${base}/deploymentBase/5?c=1`);
  });

  test("feedback", async () => {
    const { server, client } = await setting([status(200)]);
    await client.feedback("5", { ...report, progress: { cnt: 1, of: 2 } });
    expect(server.requests[0]).toMatchObject({ method: "POST", path: `${base}/deploymentBase/5/feedback` });
    expect(JSON.parse(server.requests[0]?.body ?? "")).toEqual({
      id: "5",
      status: {
        execution: "closed",
        result: { finished: "success", progress: { cnt: 1, of: 2 } },
        details: ["installed"],
      },
    });
  });

  test("feedback is cut to what servers take", async () => {
    const { server, client } = await setting([status(200)]);
    await client.feedback("5", { ...report, details: new Array(60).fill("x".repeat(600)) });
    const { details } = (JSON.parse(server.requests[0]?.body ?? "") as { status: { details: string[] } }).status;
    expect([details.length, details[0]?.length]).toEqual([50, 512]);
  });

  test("cancellation and its answer", async () => {
    const { server, client } = await setting([json({ id: "7", cancelAction: { stopId: "7" } }), status(200)]);
    const { stopId } = await client.cancellation(`${server.origin}${base}/cancelAction/7`);
    await client.cancelFeedback(stopId, report);
    expect(server.requests[1]).toMatchObject({ method: "POST", path: `${base}/cancelAction/7/feedback` });
  });

  test("download", async () => {
    const { server, client } = await setting([status(503), status(200)]);
    let text = "";
    for await (const chunk of client.download({ href: `${server.origin}/f`, size: 7 }, { from: 0 })) {
      text += new TextDecoder().decode(chunk);
    }
    expect(text).toBe("refused");
  });

  test.each<[DdiToken, string | undefined]>([
    [{ kind: "target", value: "a" }, "TargetToken a"],
    [{ kind: "gateway", value: "b" }, "GatewayToken b"],
    [{ kind: "client-certificate" }, undefined],
  ])("token %j", async (token, authorization) => {
    const { server, client } = await setting([json(poll)], token);
    await client.poll();
    expect(server.requests[0]?.headers.authorization).toBe(authorization);
  });

  test("a signal for everything ends polls and downloads", async () => {
    const stop = new AbortController();
    const silent: Answer = () => setTimeout(() => stop.abort(), 20);
    const { server } = await setting([silent]);
    const client = createDdiClient({
      baseUrl: server.origin,
      tenant: "T",
      controllerId: "dev 1",
      token: { kind: "client-certificate" },
      http: nodeHttp,
      wait: async () => undefined,
      signal: stop.signal,
    });
    expect((await faultOf(client.poll())).code).toBe("aborted");
    const chunks = client.download({ href: `${server.origin}/f`, size: 7 }, { from: 0 });
    expect((await faultOf(drain(chunks))).code).toBe("aborted");
    expect(server.requests).toHaveLength(1);
  });

  test("a server below a path", async () => {
    const { server } = await setting([json(poll)]);
    await clientOf(`${server.origin}/updates/`, { kind: "target", value: "a" }).poll();
    expect(server.requests[0]?.path).toBe(`/updates${base}`);
  });
});

describe("T-SRV-HOSTILE-ANSWER: a poll that goes wrong", () => {
  const rows: readonly (readonly [name: string, code: string, retry: boolean, answer: Answer])[] = [
    ["no JSON", "malformed-answer", false, json("<html>")],
    ["JSON of another shape", "malformed-answer", false, json([poll])],
    [
      "a list of links elsewhere",
      "foreign-link",
      false,
      json({ ...poll, _links: { cancelAction: { href: "http://evil.example/" } } }),
    ],
    ["65,537 bytes of JSON", "answer-too-large", false, json(JSON.stringify(poll).padEnd(65_537))],
    [
      "T-TUF-ENDLESS: JSON without end",
      "answer-too-large",
      false,
      (response) => {
        const more = (): void => {
          if (!response.destroyed) response.write(" ".repeat(4096), more);
        };
        more();
      },
    ],
    ["half of a JSON, then nothing", "timed-out", true, (response) => void response.writeHead(200).write('{"config"')],
    [
      "half of a JSON, then cut",
      "link-lost",
      true,
      (response) => void response.writeHead(200).write("{", () => response.socket?.destroy()),
    ],
    ["204", "unexpected-status", false, status(204)],
    ["304", "unexpected-status", false, status(304)],
    ["400", "unexpected-status", false, status(400)],
    ["401", "not-authorised", false, status(401)],
    ["403", "not-authorised", false, status(403)],
    ["404", "not-found", false, status(404)],
    ["410", "gone", false, status(410)],
    ["429", "too-many-requests", true, status(429)],
    ["500", "server-error", true, status(500)],
    ["503", "server-error", true, status(503)],
  ];
  test.each(rows)("%s: %s", async (_name, code, retry, answer) => {
    const { client } = await setting([answer]);
    const fault = await faultOf(client.poll());
    expect([fault.code, fault.retryable]).toEqual([code, retry]);
    expect(`${fault.message} ${JSON.stringify(fault.cause)}`).not.toContain("s3cret");
  });

  test("Retry-After is handed on, and bounded", async () => {
    const { client } = await setting([status(429, { "retry-after": "5" }), status(503, { "retry-after": "86400" })]);
    expect((await faultOf(client.poll())).retryAfterMs).toBe(5000);
    expect((await faultOf(client.poll())).retryAfterMs).toBe(3_600_000);
  });

  test("the connection survives a refusal", async () => {
    const { server, client } = await setting([status(503), json(poll)]);
    await faultOf(client.poll());
    await client.poll();
    expect(server.connections()).toBe(1);
  });

  test("an answer of exactly the limit is read", async () => {
    const document = JSON.stringify(poll);
    const { client } = await setting([json(document.padEnd(defaultDdiLimits.maxReplyBytes))]);
    expect((await client.poll()).sleepMs).toBe(30_000);
  });
});

test.each([
  [400, "unexpected-status"],
  [401, "not-authorised"],
  [410, "gone"],
  [429, "too-many-requests"],
  [503, "server-error"],
])("a report answered %i: %s", async (code, expected) => {
  const { client } = await setting([status(code)]);
  expect((await faultOf(client.feedback("5", report))).code).toBe(expected);
  expect((await faultOf(client.cancelFeedback("5", report))).code).toBe(expected);
  expect((await faultOf(client.putConfig({}))).code).toBe(expected);
});

describe("T-NET-REDIRECT: the token stays at home", () => {
  test("a redirect of a poll to another port", async () => {
    const { server: other } = await setting([json(poll)]);
    const { client } = await setting([status(307, { location: `${other.origin}${base}` })]);
    expect((await faultOf(client.poll())).code).toBe("redirect-refused");
    expect(other.requests).toEqual([]);
  });

  test("a redirect of feedback, even at home", async () => {
    const { server, client } = await setting([status(307, { location: "/x" }), status(200)]);
    expect((await faultOf(client.feedback("5", report))).code).toBe("redirect-refused");
    expect(server.requests).toHaveLength(1);
  });

  test("a link kept from another server", async () => {
    const { server: other } = await setting([json(poll)]);
    const { client } = await setting([json(poll)]);
    expect((await faultOf(client.deployment(`${other.origin}/x`))).code).toBe("foreign-link");
    expect((await faultOf(client.cancellation("relative"))).code).toBe("foreign-link");
    expect(() => client.download({ href: `${other.origin}/x`, size: 1 }, { from: 0 })).toThrow(Unavailable);
    expect(other.requests).toEqual([]);
  });
});

describe("configuration", () => {
  const good: Pick<DdiOptions, "baseUrl" | "tenant" | "controllerId" | "token"> = {
    baseUrl: "https://u.example",
    tenant: "T",
    controllerId: "C",
    token: { kind: "target", value: "x" },
  };
  test.each<[Partial<typeof good>, string]>([
    [{ baseUrl: "u.example" }, "server-address-invalid"],
    [{ baseUrl: "ftp://u.example" }, "server-address-invalid"],
    [{ baseUrl: "https://me:pw@u.example" }, "server-address-invalid"],
    [{ baseUrl: "https://u.example/?x=1" }, "server-address-invalid"],
    [{ baseUrl: "https://u.example/#x" }, "server-address-invalid"],
    [{ tenant: "" }, "tenant-invalid"],
    [{ tenant: ".." }, "tenant-invalid"],
    [{ controllerId: "." }, "controller-id-invalid"],
    [{ controllerId: "a\nb" }, "controller-id-invalid"],
    [{ controllerId: "c".repeat(257) }, "controller-id-invalid"],
    [{ token: { kind: "target", value: "" } }, "token-invalid"],
    [{ token: { kind: "target", value: "a\r\nx: y" } }, "token-invalid"],
    [{ token: { kind: "gateway", value: "ü" } }, "token-invalid"],
  ])("%j: %s", (change, code) => {
    const options = { ...good, ...change };
    expect(checkDdiOptions(options)).toEqual({ ok: false, error: { code } });
    expect(() => createDdiClient({ ...options, http: nodeHttp, wait: async () => undefined })).toThrow(RangeError);
  });

  test("names are one path segment each, whatever they contain", () => {
    expect(checkDdiOptions({ ...good, tenant: "a/b", controllerId: "../x?y#z" })).toEqual({
      ok: true,
      value: { baseUrl: "https://u.example/a%2Fb/controller/v1/..%2Fx%3Fy%23z", origin: "https://u.example" },
    });
  });

  test.each(["0", "2147483648", "5/../6", ""])("an action id of %j is a mistake of ours", async (id) => {
    const client = clientOf("http://127.0.0.1:9", { kind: "client-certificate" });
    await expect(client.feedback(id, report)).rejects.toThrow(RangeError);
    await expect(client.cancelFeedback(id, report)).rejects.toThrow(RangeError);
  });
});
