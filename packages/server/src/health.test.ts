import { rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { startTestServer } from "./server.test.support.ts";

describe("GET /health", () => {
  test("is 200 without any token", async () => {
    const server = await startTestServer();
    const answer = await fetch(`${server.url}/health`);
    expect([answer.status, await answer.json()]).toEqual([200, { status: "ok", database: "ok", blobs: "ok" }]);
  });

  test("is 503 and names what failed, and recovers", async () => {
    let now = 0;
    let database: DatabaseSync | undefined;
    const server = await startTestServer(
      { clock: () => now },
      {
        openDatabase: (path) => {
          database = new DatabaseSync(path);
          return database;
        },
      },
    );
    const health = async () => {
      now += 1000;
      const answer = await fetch(`${server.url}/health`);
      return [answer.status, await answer.json()];
    };
    expect(await health()).toEqual([200, { status: "ok", database: "ok", blobs: "ok" }]);
    rmSync(join(server.dataDirectory, "blobs"), { recursive: true });
    expect(await health()).toEqual([503, { status: "failed", database: "ok", blobs: "storage-failed" }]);
    const other = new DatabaseSync(join(server.dataDirectory, "sumac.sqlite"));
    other.exec("begin immediate");
    database?.exec("pragma busy_timeout = 0");
    expect(await health()).toEqual([503, { status: "failed", database: "database-failed", blobs: "storage-failed" }]);
    other.exec("rollback");
    other.close();
    expect(await health()).toEqual([503, { status: "failed", database: "ok", blobs: "storage-failed" }]);
  });

  test("a read-only database is not healthy", async () => {
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
    database?.exec("pragma query_only = on");
    expect((await fetch(`${server.url}/health`)).status).toBe(503);
  });
});
