import { once } from "node:events";
import { readdirSync, readlinkSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, test } from "vitest";
import { measureBytes } from "../blobs/measure.ts";
import { openSocket, sendRaw, statusOf } from "../raw-http.test.support.ts";
import {
  image,
  publish,
  registerTestDevice,
  startTestServer,
  type TestDevice,
  type TestServer,
  type ToyRelease,
  toyRelease,
} from "../server.test.support.ts";

const payload = image(10_000);
const facts = measureBytes(payload);
const etag = `"${facts.sha256}"`;

let server: TestServer;
let device: TestDevice;
let release: ToyRelease;
let path: string;

beforeEach(async () => {
  server = await startTestServer();
  device = await registerTestDevice(server, "dev1");
  release = toyRelease(5, {}, payload);
  await publish(server, release);
  await device.report(4);
  await device.poll();
  path = `/softwaremodules/1/artifacts/${release.uri}`;
});

async function get(
  headers: Record<string, string> = {},
  method = "GET",
): Promise<{ status: number; headers: Headers; body: Buffer }> {
  const response = await fetch(`${server.url}/DEFAULT/controller/v1/dev1${path}`, {
    method,
    headers: { authorization: `TargetToken ${device.token}`, ...headers },
  });
  return { status: response.status, headers: response.headers, body: Buffer.from(await response.arrayBuffer()) };
}

const part = (start: number, end: number): Buffer => Buffer.from(payload.subarray(start, end + 1));

describe("a download", () => {
  test("is the whole file, immutable, under its digest", async () => {
    const { status, headers, body } = await get();
    expect(status).toBe(200);
    expect(body.equals(payload)).toBe(true);
    expect(Object.fromEntries(headers)).toMatchObject({
      etag,
      "content-length": "10000",
      "accept-ranges": "bytes",
      "cache-control": "public, max-age=31536000, immutable",
      "content-type": "application/octet-stream",
    });
  });

  test("the envelope is the bytes that were signed", async () => {
    path = "/softwaremodules/1/artifacts/manifest.suit";
    expect((await get()).body.equals(release.envelope)).toBe(true);
  });

  test("HEAD says the same without a body, and starts nothing", async () => {
    const { status, headers, body } = await get({ range: "bytes=0-9" }, "HEAD");
    expect([status, headers.get("content-length"), headers.get("etag"), body.length]).toEqual([200, "10000", etag, 0]);
    expect(headers.get("accept-ranges")).toBe("bytes");
    expect((await server.api("read", "GET", "/actions/1")).json).toMatchObject({ state: "approved", attempts: 0 });
  });

  test("the MD5 file has md5, two spaces and the name", async () => {
    path += ".MD5SUM";
    const { status, headers, body } = await get();
    expect([status, body.toString()]).toEqual([200, `${facts.md5}  ${release.uri}`]);
    expect(headers.get("content-disposition")).toBe(`attachment;filename=${release.uri}.MD5SUM`);
    expect(headers.get("content-type")).toContain("text/plain");
  });

  test.each([
    ["bytes=0-0", 206, [0, 0]],
    ["bytes=9999-", 206, [9999, 9999]],
    ["bytes=5000-", 206, [5000, 9999]],
    ["bytes=-1", 206, [9999, 9999]],
    ["bytes=-99999", 206, [0, 9999]],
    ["bytes=0-99999", 206, [0, 9999]],
    ["bytes=0-1,5-6", 200, undefined],
    ["bytes=6-5", 200, undefined],
    ["bytes=abc", 200, undefined],
    ["items=0-1", 200, undefined],
    ["bytes=10000-", 416, undefined],
    ["bytes=-0", 416, undefined],
    ["bytes=99999999999999999999-", 416, undefined],
  ] as const)("Range %s is %i", async (range, status, span) => {
    const answer = await get({ range });
    expect(answer.status).toBe(status);
    if (status === 416) {
      expect(answer.headers.get("content-range")).toBe("bytes */10000");
      expect(answer.headers.get("cache-control")).toBe("no-store");
    } else if (span === undefined) {
      expect(answer.body.equals(payload)).toBe(true);
      expect(answer.headers.get("content-range")).toBeNull();
    } else {
      expect(answer.body).toEqual(part(span[0], span[1]));
      expect(answer.headers.get("content-range")).toBe(`bytes ${span[0]}-${span[1]}/10000`);
      expect(answer.headers.get("content-length")).toBe(String(span[1] - span[0] + 1));
    }
  });

  test.each([
    ["the same file", { "if-range": etag }, 206],
    ["another file: all of it, never a mixture", { "if-range": `"${"0".repeat(64)}"` }, 200],
    ["a weak tag", { "if-range": `W/${etag}` }, 200],
    ["a date", { "if-range": "Wed, 21 Oct 2026 07:28:00 GMT" }, 200],
    ["SHA-1, as hawkBit would have it", { "if-range": `"${facts.sha1}"` }, 200],
    ["not changed", { "if-none-match": etag }, 304],
    ["changed", { "if-none-match": '"x"' }, 206],
    ["If-Match of another", { "if-match": '"x"' }, 412],
    ["If-Modified-Since is not looked at", { "if-modified-since": "Wed, 21 Oct 2099 07:28:00 GMT" }, 206],
  ])("resumed with %s", async (_name, headers, status) => {
    const answer = await get({ range: "bytes=100-", ...headers });
    expect(answer.status).toBe(status);
    if (status === 206) expect(answer.body).toEqual(part(100, 9999));
    if (status === 200) expect(answer.body.equals(payload)).toBe(true);
    if (status === 304) expect([answer.body.length, answer.headers.get("etag")]).toEqual([0, etag]);
  });

  test("byte by byte it is the same file", async () => {
    const pieces: Buffer[] = [];
    for (let at = 0; at < 10_000; at += 999) {
      pieces.push((await get({ range: `bytes=${at}-${at + 998}`, "if-range": etag })).body);
    }
    expect(Buffer.concat(pieces).equals(payload)).toBe(true);
    expect((await server.api("read", "GET", "/actions/1")).json).toMatchObject({ state: "downloading", attempts: 1 });
  });
});

describe("only for whom it is", () => {
  test("a device without an action for it", async () => {
    const other = await registerTestDevice(server, "dev2");
    await other.report(5);
    await other.poll();
    expect((await other.ddi("GET", path)).status).toBe(404);
    expect((await other.ddi("GET", `${path}.MD5SUM`)).status).toBe(404);
  });

  test("nobody, after the action has ended", async () => {
    await get();
    await device.feedback(1, "closed", "failure", "x");
    expect((await get()).status).toBe(404);
  });

  test("an artifact of an older release, by the holder of a newer one", async () => {
    const second = toyRelease(6);
    await publish(server, second);
    await device.poll();
    expect((await get()).status).toBe(404);
    path = `/softwaremodules/2/artifacts/${second.uri}`;
    expect((await get()).status).toBe(200);
    path = `/softwaremodules/1/artifacts/${second.uri}`;
    expect((await get()).status).toBe(404);
  });

  test("no name leads anywhere else", async () => {
    const names = [
      "../../../../etc/passwd",
      "..%2f..%2f..%2fetc%2fpasswd",
      "%2e%2e%2f%2e%2e%2fsumac.sqlite",
      "..%5c..%5csumac.sqlite",
      "%00",
      "manifest.suit%00.bin",
      "manifest.suit%2f..%2fmanifest.suit",
      "./manifest.suit",
      "MANIFEST.SUIT",
      "manifest.suit%20",
      "manifest.suit.MD5SUM.MD5SUM",
      ".MD5SUM",
      "manifest.suit.md5sum",
      "%",
      "*",
      "'%20or%20'1'='1",
      "a".repeat(4000),
      facts.sha256,
    ];
    for (const target of names.flatMap((name) => [`1/artifacts/${name}`, `${name}/artifacts/manifest.suit`])) {
      const answer = await sendRaw(
        server.url,
        `GET /DEFAULT/controller/v1/dev1/softwaremodules/${target} HTTP/1.1\r\nHost: x\r\nAuthorization: TargetToken ${device.token}\r\nConnection: close\r\n\r\n`,
      );
      const status = statusOf(answer);
      expect([target, [400, 401, 404, 414].includes(status)]).toEqual([target, true]);
      expect(answer).not.toMatch(/root:|SQLite format/);
    }
  });
});

describe("a disk that lost the blob", () => {
  const file = (): string => join(server.dataDirectory, "blobs", "sha256", facts.sha256.slice(0, 2), facts.sha256);
  test.each([
    ["gone", () => rmSync(file())],
    ["cut", () => truncateSync(file(), 5000)],
  ])("%s: an error with a code, never a wrong file", async (_name, damage) => {
    damage();
    const answer = await get();
    expect([answer.status, answer.body.toString()]).toEqual([503, '{"code":"blob-damaged"}']);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("etag")).toBeNull();
  });
});

const openBlobs = (): number =>
  readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(join(server.dataDirectory, "blobs"));
    } catch {
      return false;
    }
  }).length;

test("a client that stops reading holds one chunk, and gives up its file when it goes", async () => {
  const large = image(32 * 1024 * 1024, 3);
  const next = toyRelease(6, {}, large);
  await publish(server, next);
  await device.poll();
  const before = process.memoryUsage().arrayBuffers;
  const socket = await openSocket(server.url);
  socket.pause();
  socket.write(
    `GET /DEFAULT/controller/v1/dev1/softwaremodules/2/artifacts/${next.uri} HTTP/1.1\r\nHost: x\r\nAuthorization: TargetToken ${device.token}\r\n\r\n`,
  );
  await sleep(300);
  expect(openBlobs()).toBe(1);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10 * 1024 * 1024);
  socket.destroy();
  await once(socket, "close");
  for (let tries = 0; openBlobs() > 0 && tries < 100; tries++) await sleep(20);
  expect(openBlobs()).toBe(0);
});

test("finished downloads leave no file open", async () => {
  await Promise.all(Array.from({ length: 20 }, () => get({ range: "bytes=1-" })));
  for (let tries = 0; openBlobs() > 0 && tries < 100; tries++) await sleep(20);
  expect(openBlobs()).toBe(0);
});
