import { once } from "node:events";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { type Files, nodeFiles } from "../blobs/files.ts";
import { measureBytes } from "../blobs/measure.ts";
import { openSocket, sendRaw, statusOf } from "../raw-http.test.support.ts";
import { atEnd, image, putBlob, startTestServer, type TestServer } from "../server.test.support.ts";
import { createToken } from "../tokens/create-token.ts";

const bytes = image(300_000);
const { sha256 } = measureBytes(bytes);

/** Everything that a blob could leave: files, temporary files and rows. */
function left(server: TestServer): { files: number; incoming: number; rows: number } {
  const root = join(server.dataDirectory, "blobs");
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const database = new DatabaseSync(join(server.dataDirectory, "sumac.sqlite"), { readOnly: true });
  atEnd(() => database.close());
  const incoming = entries.filter(({ parentPath }) => parentPath.endsWith("incoming")).length;
  return {
    incoming,
    files: entries.length - incoming,
    rows: Number(Object.values(database.prepare("select count(*) from blobs").get() ?? {})[0]),
  };
}

const nothing = { files: 0, incoming: 0, rows: 0 };
const one = { files: 1, incoming: 0, rows: 1 };

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries > 200) throw new Error("it did not come about within 4 s");
    await sleep(20);
  }
}

async function put(
  server: TestServer,
  path: string,
  body: Uint8Array | ReadableStream,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${server.url}/api/v1/blobs/${path}`, {
    method: "PUT",
    headers: { authorization: `Bearer ${await server.token("publish")}`, ...headers },
    body: body instanceof Uint8Array ? body.slice() : body,
    ...(body instanceof ReadableStream ? { duplex: "half" } : {}),
  } as RequestInit);
}

describe("PUT /blobs/:sha256", () => {
  test("stores, says so, and is idempotent", async () => {
    const server = await startTestServer();
    const head = () => server.api("publish", "HEAD", `/blobs/${sha256}`);
    expect((await head()).status).toBe(404);
    expect(await putBlob(server, bytes)).toMatchObject({ status: 201, json: { sha256, size: bytes.length } });
    expect(await putBlob(server, bytes)).toMatchObject({ status: 200, json: { sha256, size: bytes.length } });
    const known = await head();
    expect(known.status).toBe(200);
    expect(known.headers.get("content-length")).toBe(String(bytes.length));
    expect(known.headers.get("etag")).toBe(`"${sha256}"`);
    expect(left(server)).toEqual(one);
  });

  test("the same blob from four senders at once is one blob", async () => {
    const server = await startTestServer();
    const answers = await Promise.all(Array.from({ length: 4 }, () => putBlob(server, bytes)));
    for (const { status } of answers) expect([200, 201]).toContain(status);
    expect(left(server)).toEqual(one);
  });

  test.each([
    ["one bit flipped", bytes.with(7, (bytes[7] ?? 0) ^ 1), sha256, 422, "digest-mismatch"],
    ["cut by its sender", bytes.subarray(0, 1000), sha256, 422, "digest-mismatch"],
    ["capital digits", bytes, sha256.toUpperCase(), 400, "invalid-parameter"],
    ["a path", bytes, encodeURIComponent(`../../${sha256}`), 400, "invalid-parameter"],
    ["a digest that is too short", bytes, sha256.slice(2), 400, "invalid-parameter"],
    ["SQL for a digest", bytes, encodeURIComponent("x'; drop table blobs; --"), 400, "invalid-parameter"],
  ])("refuses %s and leaves nothing", async (_name, body, path, status, code) => {
    const server = await startTestServer();
    const answer = await put(server, path, body);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ code });
    expect(left(server)).toEqual(nothing);
  });

  test("a wrong body for a blob that is there is refused, and the blob stays", async () => {
    const server = await startTestServer();
    await putBlob(server, bytes);
    const answer = await put(server, sha256, bytes.toReversed());
    expect(answer.status).toBe(422);
    expect(left(server)).toEqual(one);
    expect((await putBlob(server, bytes)).status).toBe(200);
  });

  test("demands a length, and refuses one beyond the limit before it reads", async () => {
    const server = await startTestServer({ limits: { blobBytes: 1000 } });
    const unbounded = await put(server, sha256, new Blob([bytes.slice(0, 500)]).stream());
    expect([unbounded.status, await unbounded.json()]).toEqual([411, { code: "length-required" }]);
    const token = await server.token("publish");
    const head = `PUT /api/v1/blobs/${sha256} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n`;
    for (const length of ["1001", "99999999999999999", "-1", "1e3", "0x10"]) {
      const status = statusOf(await sendRaw(server.url, `${head}Content-Length: ${length}\r\n\r\n`));
      expect([length, status]).toEqual([length, length === "1001" ? 413 : length.startsWith("9") ? 411 : 400]);
    }
    expect(left(server)).toEqual(nothing);
  });

  test("two lengths, or a length with chunks, are refused (request smuggling)", async () => {
    const server = await startTestServer();
    const token = await server.token("publish");
    const head = `PUT /api/v1/blobs/${sha256} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n`;
    for (const lengths of [
      "Content-Length: 4\r\nContent-Length: 5",
      "Content-Length: 4\r\nTransfer-Encoding: chunked",
    ]) {
      expect(statusOf(await sendRaw(server.url, `${head}${lengths}\r\n\r\nbody`))).toBe(400);
    }
    expect(left(server)).toEqual(nothing);
  });

  test("an upload that breaks off leaves nothing", async () => {
    const server = await startTestServer();
    const token = await server.token("publish");
    const socket = await openSocket(server.url);
    socket.write(
      `PUT /api/v1/blobs/${sha256} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Length: ${bytes.length}\r\n\r\n`,
    );
    socket.write(bytes.subarray(0, 200_000));
    await until(() => left(server).incoming === 1);
    socket.destroy();
    await until(() => left(server).incoming === 0);
    expect(left(server)).toEqual(nothing);
    expect((await putBlob(server, bytes)).status).toBe(201);
  });

  test("an upload that falls silent is cut off and leaves nothing", async () => {
    const server = await startTestServer({ limits: { idleTimeoutMs: 300 } });
    const token = await server.token("publish");
    const socket = await openSocket(server.url);
    socket.on("error", () => undefined);
    socket.write(
      `PUT /api/v1/blobs/${sha256} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Length: ${bytes.length}\r\n\r\n`,
    );
    socket.write(bytes.subarray(0, 1000));
    await once(socket, "close");
    await until(() => left(server).incoming === 0);
    expect(left(server)).toEqual(nothing);
  });

  test("more uploads at once than allowed are asked to wait", async () => {
    const server = await startTestServer({ limits: { concurrentUploads: 1 } });
    const token = await server.token("publish");
    const socket = await openSocket(server.url);
    atEnd(() => void socket.destroy());
    socket.write(
      `PUT /api/v1/blobs/${sha256} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Length: ${bytes.length}\r\n\r\nx`,
    );
    await until(() => left(server).incoming === 1);
    const other = image(10, 9);
    const answer = await put(server, measureBytes(other).sha256, other);
    expect([answer.status, await answer.json()]).toEqual([429, { code: "too-many-uploads" }]);
    socket.destroy();
    await until(() => left(server).incoming === 0);
    expect((await putBlob(server, other)).status).toBe(201);
  });

  test("a blob that the disk lost can be sent again", async () => {
    const server = await startTestServer();
    await putBlob(server, bytes);
    const path = join(server.dataDirectory, "blobs", "sha256", sha256.slice(0, 2), sha256);
    rmSync(path);
    expect((await server.api("publish", "HEAD", `/blobs/${sha256}`)).status).toBe(404);
    expect((await putBlob(server, bytes)).status).toBe(201);
    expect(existsSync(path)).toBe(true);
  });
});

describe("a disk that fails", () => {
  test("in the middle of an upload: 507, and nothing is left", async () => {
    let full = true;
    const files: Files = {
      ...nodeFiles,
      async create(path) {
        const file = await nodeFiles.create(path);
        let written = 0;
        return {
          ...file,
          async write(chunk) {
            written += chunk.length;
            if (full && written > 100_000) throw Object.assign(new Error("no space"), { code: "ENOSPC" });
            await file.write(chunk);
          },
        };
      },
    };
    const server = await startTestServer({}, { files });
    expect(await putBlob(server, bytes)).toMatchObject({ status: 507, json: { code: "disk-full" } });
    expect(left(server)).toEqual(nothing);
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
    full = false;
    expect((await putBlob(server, bytes)).status).toBe(201);
  });

  test("for the database: 503, no row, and the file without one is collected at the next start", async () => {
    let database: DatabaseSync | undefined;
    const server = await startTestServer(
      {},
      {
        openDatabase: (path) => {
          database = new DatabaseSync(path);
          return database;
        },
      },
    );
    await server.token("publish");
    database?.exec("pragma query_only = on");
    expect(await putBlob(server, bytes)).toMatchObject({ status: 503, json: { code: "database-failed" } });
    expect(left(server)).toEqual({ files: 1, incoming: 0, rows: 0 });
    const again = await server.restart();
    expect(left(again)).toEqual(nothing);
  });
});

test.each(["read", "device-admin", "gateway"] as const)("the role %s may not touch blobs", async (role) => {
  const server = await startTestServer();
  const { token } = await createToken(server.dataDirectory, {
    role,
    label: "x",
    ...(role === "gateway" ? { pattern: "*" } : {}),
  });
  for (const method of ["HEAD", "PUT"]) {
    const answer = await fetch(`${server.url}/api/v1/blobs/${sha256}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(method === "PUT" ? { body: bytes.slice() } : {}),
    });
    expect(answer.status).toBe(403);
  }
  expect(left(server)).toEqual(nothing);
});
