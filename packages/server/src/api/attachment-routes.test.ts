import { describe, expect, test } from "vitest";
import { measureBytes } from "../blobs/measure.ts";
import {
  at,
  image,
  publish,
  putBlob,
  registerTestDevice,
  startTestServer,
  type TestServer,
  toyRelease,
} from "../server.test.support.ts";

const report = new TextEncoder().encode(
  '{"payload":"e30=","payloadType":"application/vnd.in-toto+json","signatures":[]}\n',
);
const { sha256 } = measureBytes(report);
const name = "gate-report.dsse.json";
const path = "/releases/1/attachments";

async function withRelease(options = {}): Promise<TestServer> {
  const server = await startTestServer(options);
  expect((await publish(server, toyRelease(5))).status).toBe(201);
  expect((await putBlob(server, report)).status).toBe(201);
  return server;
}
const attach = (server: TestServer, body: unknown = { name, sha256 }, where = path) =>
  server.api("publish", "POST", where, body);

const get = async (server: TestServer, where: string, init: RequestInit = {}, role = "read" as const) =>
  fetch(`${server.url}/api/v1${where}`, {
    ...init,
    headers: { authorization: `Bearer ${await server.token(role)}`, ...init.headers },
  });

describe("what goes with a release", () => {
  test("is attached once, listed with it, and read as it is, also after a restart", async () => {
    const server = await withRelease();
    const view = { name, sha256, size: report.length, mediaType: "application/vnd.dsse.envelope.v1+json" };
    expect(await attach(server)).toMatchObject({ status: 201, json: view });
    expect(await attach(server)).toMatchObject({ status: 200, json: view });
    const again = await server.restart();
    const release = await again.api("read", "GET", "/releases/1");
    expect(at(release, "attachments")).toEqual([view]);
    expect(JSON.stringify(at(release, "artifacts"))).not.toContain(name);
    const answer = await get(again, `${path}/${name}`);
    expect(answer.status).toBe(200);
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(report);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-type": "application/vnd.dsse.envelope.v1+json",
      "content-disposition": `attachment; filename="${name}"`,
      "x-content-type-options": "nosniff",
      "cache-control": "private, max-age=31536000, immutable",
      etag: `"${sha256}"`,
    });
    const head = await get(again, `${path}/${name}`, { method: "HEAD" });
    expect([head.status, head.headers.get("content-length")]).toEqual([200, String(report.length)]);
    const part = await get(again, `${path}/${name}`, { headers: { range: "bytes=0-3" } });
    expect([part.status, await part.text()]).toEqual([206, '{"pa']);
    const known = await get(again, `${path}/${name}`, { headers: { "if-none-match": `"${sha256}"` } });
    expect(known.status).toBe(304);
  });

  test("stays: another one under its name is refused", async () => {
    const server = await withRelease();
    await attach(server);
    const other = image(100);
    await putBlob(server, other);
    const answer = await attach(server, { name, sha256: measureBytes(other).sha256 });
    expect([answer.status, answer.json]).toEqual([409, { code: "attachment-exists", name }]);
    expect(await (await get(server, `${path}/${name}`)).text()).toBe(new TextDecoder().decode(report));
  });

  test.each([
    ["a page", { name: "index.html", sha256 }, path, 400, "invalid-body"],
    ["a path", { name: "../gate-report.dsse.json", sha256 }, path, 400, "invalid-body"],
    ["a member of every object", { name: "constructor", sha256 }, path, 400, "invalid-body"],
    ["no digest", { name, sha256: "abc" }, path, 400, "invalid-body"],
    ["more than is asked", { name, sha256, mediaType: "text/html" }, path, 400, "invalid-body"],
    ["a blob that was not sent", { name, sha256: "0".repeat(64) }, path, 422, "blob-missing"],
    ["a release that is not there", { name, sha256 }, "/releases/2/attachments", 404, "not-found"],
    ["a release that is none", { name, sha256 }, "/releases/x/attachments", 404, "not-found"],
  ])("%s is refused, and nothing is listed", async (_, body, where, status, code) => {
    const server = await withRelease();
    const answer = await attach(server, body, where);
    expect([answer.status, at(answer, "code")]).toEqual([status, code]);
    expect(at(await server.api("read", "GET", "/releases/1"), "attachments")).toEqual([]);
  });

  test("more than the limit is refused", async () => {
    const server = await withRelease({ limits: { attachmentBytes: report.length - 1 } });
    expect(await attach(server)).toMatchObject({ status: 413, json: { code: "too-large", limit: report.length - 1 } });
  });

  test("only a publisher attaches, and nobody reads without a token", async () => {
    const server = await withRelease();
    for (const role of ["read", "device-admin"] as const)
      expect((await server.api(role, "POST", path, { name, sha256 })).status).toBe(403);
    await attach(server);
    expect((await fetch(`${server.url}/api/v1${path}/${name}`)).status).toBe(401);
    expect((await get(server, `${path}/dossier.tar`)).status).toBe(404);
    expect((await get(server, `${path}/manifest.suit`)).status).toBe(404);
    expect((await get(server, `${path}/..%2f..%2fsumac.sqlite`)).status).toBe(404);
  });
});

test("a device is not told to download papers, may read those of its release, and has not begun by that", async () => {
  const server = await withRelease();
  await attach(server);
  const device = await registerTestDevice(server, "dev1");
  await device.report(4);
  const action = await device.poll();
  const deployment = await device.ddi("GET", `/deploymentBase/${action}`);
  expect(deployment.status).toBe(200);
  expect(deployment.text).not.toContain(name);
  const read = await device.ddi("GET", `/softwaremodules/1/artifacts/${name}`);
  expect([read.status, read.text]).toEqual([200, new TextDecoder().decode(report)]);
  expect(at(await server.api("read", "GET", `/actions/${action}`), "attempts")).toBe(0);
  const stranger = await registerTestDevice(server, "dev2");
  expect((await stranger.ddi("GET", `/softwaremodules/1/artifacts/${name}`)).status).toBe(404);
});
