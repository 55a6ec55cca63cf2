import { once } from "node:events";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { measureBytes } from "./blobs/measure.ts";
import { openSocket } from "./raw-http.test.support.ts";
import {
  at,
  atEnd,
  image,
  publish,
  putBlob,
  registerTestDevice,
  startTestServer,
  temporaryDirectory,
  testDevice,
  toyRelease,
} from "./server.test.support.ts";
import { startServer } from "./start-server.ts";
import { createToken } from "./tokens/create-token.ts";

const dataFiles = (root: string): string[] =>
  readdirSync(join(root, "blobs"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);

describe("starting", () => {
  test("a second server on the same directory is refused, and the first goes on", async () => {
    const server = await startTestServer();
    await expect(startTestServer({ dataDirectory: server.dataDirectory })).rejects.toMatchObject({
      name: "Unavailable",
      code: "data-directory-in-use",
    });
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
  });

  test("a port that is taken is refused, and the directory is free again", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    atEnd(() => void other.close());
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const dataDirectory = temporaryDirectory();
    await expect(startTestServer({ dataDirectory, port })).rejects.toMatchObject({ code: "address-unavailable" });
    await startTestServer({ dataDirectory });
  });

  test("a database of a newer program is refused, and the directory is free again", async () => {
    const dataDirectory = temporaryDirectory();
    await (await startTestServer({ dataDirectory })).close();
    const database = new DatabaseSync(join(dataDirectory, "sumac.sqlite"));
    database.exec("insert into schema_versions (version, name, applied_at) values (999, 'later', 0)");
    await expect(startTestServer({ dataDirectory })).rejects.toMatchObject({ code: "database-too-new" });
    database.exec("delete from schema_versions where version = 999");
    database.close();
    await startTestServer({ dataDirectory });
  });

  test("a file that is no database is refused and kept", async () => {
    const dataDirectory = temporaryDirectory();
    writeFileSync(join(dataDirectory, "sumac.sqlite"), "not a database, but somebody's file\n".repeat(100));
    await expect(startTestServer({ dataDirectory })).rejects.toMatchObject({ code: "database-failed" });
  });

  test.each([
    { pollingSleepSeconds: 0 },
    { pollingSleepSeconds: 86_400 },
    { pollingSleepSeconds: 1.5 },
    { tenant: "" },
    { tenant: "a/b" },
    { site: ".." },
    { publicUrl: "https://x/" },
    { publicUrl: "https://user:secret@x" },
    { publicUrl: "ftp://x" },
    { publicUrl: "x" },
  ])("refuses the option %j", async (options) => {
    await expect(startTestServer(options)).rejects.toBeInstanceOf(RangeError);
  });

  test("collects what a crash or a change of mind left, and keeps what is in use or new", async () => {
    let now = 1_000_000;
    const server = await startTestServer({ clock: () => now, limits: { blobGraceMs: 1000 } });
    const release = toyRelease(5);
    await publish(server, release);
    const forgotten = image(10, 7);
    const fresh = image(10, 8);
    await putBlob(server, forgotten);
    now += 1001;
    await putBlob(server, fresh);
    const orphan = "ab".repeat(32);
    mkdirSync(join(server.dataDirectory, "blobs", "sha256", "ab"), { recursive: true });
    writeFileSync(join(server.dataDirectory, "blobs", "sha256", "ab", orphan), "no row");
    writeFileSync(join(server.dataDirectory, "blobs", "incoming", "half"), "half");
    const again = await server.restart();
    const kept = [release.envelope, release.payload, fresh].map((bytes) => measureBytes(bytes).sha256);
    expect(dataFiles(server.dataDirectory).toSorted()).toEqual(kept.toSorted());
    expect((await again.api("publish", "HEAD", `/blobs/${measureBytes(forgotten).sha256}`)).status).toBe(404);
    expect((await again.api("publish", "HEAD", `/blobs/${measureBytes(fresh).sha256}`)).status).toBe(200);
  });

  test("blobs of another tenant in the same directory are not collected", async () => {
    const server = await startTestServer({ tenant: "ONE" });
    const { token } = await createToken(server.dataDirectory, { role: "publish", label: "x", tenant: "ONE" });
    const bytes = image(10);
    const { sha256 } = measureBytes(bytes);
    const put = await fetch(`${server.url}/api/v1/blobs/${sha256}`, {
      method: "PUT",
      headers: { authorization: `Bearer ${token}` },
      body: bytes.slice(),
    });
    expect(put.status).toBe(201);
    const other = await server.restart({ tenant: "TWO" });
    expect(
      (
        await fetch(`${other.url}/api/v1/blobs/${sha256}`, {
          method: "HEAD",
          headers: { authorization: `Bearer ${token}` },
        })
      ).status,
    ).toBe(401);
    expect(dataFiles(server.dataDirectory)).toEqual([sha256]);
  });
});

test("everything is there again after a restart", async () => {
  const server = await startTestServer();
  const device = await registerTestDevice(server, "dev1");
  await publish(server, toyRelease(5));
  await device.report(4);
  await device.poll();
  await device.ddi("GET", "/softwaremodules/1/artifacts/manifest.suit");
  const views = async (of: typeof server) =>
    Promise.all(
      ["/releases", "/actions", "/actions/1", "/devices"].map(async (path) => (await of.api("read", "GET", path)).json),
    );
  const before = await views(server);
  const again = await server.restart();
  expect(await views(again)).toEqual(before);
  const same = testDevice(again, "dev1", device.token);
  expect(await same.poll()).toBe(1);
  await same.feedback(1, "closed", "failure", "x");
  expect(await same.poll()).toBe(2);
});

describe("stopping", () => {
  test("lets a running upload finish, takes no new one, and may be asked twice", async () => {
    const server = await startTestServer();
    const bytes = image(1000);
    const socket = await openSocket(server.url);
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk.toString();
    });
    socket.write(
      `PUT /api/v1/blobs/${measureBytes(bytes).sha256} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${await server.token("publish")}\r\nContent-Length: 1000\r\n\r\n`,
    );
    socket.write(bytes.subarray(0, 500));
    await sleep(50);
    const closing = [server.close(), server.close()];
    await sleep(50);
    await expect(fetch(`${server.url}/health`)).rejects.toThrow();
    socket.write(bytes.subarray(500));
    await Promise.all([...closing, once(socket, "close")]);
    expect(answer).toMatch(/^HTTP\/1.1 201/);
    await server.close();
    const again = await server.restart();
    expect((await putBlob(again, bytes)).status).toBe(200);
  });

  test("does not wait for ever, and what was half-received is gone", async () => {
    const server = await startTestServer({ limits: { shutdownMs: 200 } });
    const socket = await openSocket(server.url);
    socket.on("error", () => undefined);
    socket.write(
      `PUT /api/v1/blobs/${"0".repeat(64)} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${await server.token("publish")}\r\nContent-Length: 1000\r\n\r\nx`,
    );
    await sleep(50);
    await server.close();
    await server.restart();
    expect(dataFiles(server.dataDirectory)).toEqual([]);
  });

  test("idle kept-alive connections do not hold it up", async () => {
    const server = await startTestServer({ limits: { shutdownMs: 60_000 } });
    await fetch(`${server.url}/health`, { headers: { connection: "keep-alive" } });
    await server.close();
  });

  test("writes what was only in memory, and leaves one database file", async () => {
    const server = await startTestServer({ clock: () => 7777 });
    const device = await registerTestDevice(server, "dev1");
    await device.poll();
    await server.close();
    expect(
      readdirSync(server.dataDirectory)
        .filter((name) => name.startsWith("sumac"))
        .toSorted(),
    ).toEqual(["sumac.sqlite"]);
    const database = new DatabaseSync(join(server.dataDirectory, "sumac.sqlite"), { readOnly: true });
    expect({ ...database.prepare("select last_seen_at from devices").get() }).toEqual({ last_seen_at: 7777 });
    database.close();
  });
});

test("logs go to standard error unless told otherwise", async () => {
  // Only that the default exists: the line itself would be noise among the tests.
  const server = await startServer({
    dataDirectory: temporaryDirectory(),
    port: 0,
    checkEnvelope: () => {
      throw new Error();
    },
    log: { level: "silent" },
  });
  await server.close();
});

test("last seen is written in the background", async () => {
  const server = await startTestServer();
  const device = await registerTestDevice(server, "dev1");
  await device.poll();
  // The list asks for it to be written first; so it is never older than the answer.
  expect(at(await server.api("read", "GET", "/devices"), "devices.0.lastSeenAt")).toBeTypeOf("number");
});
