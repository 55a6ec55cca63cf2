import { cpSync, rmSync, truncateSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { expect, test } from "vitest";
import { type Files, nodeFiles } from "./blobs/files.ts";
import { measureBytes } from "./blobs/measure.ts";
import { inspectDataDirectory } from "./consistency.test.support.ts";
import {
  image,
  publish,
  putBlob,
  startTestServer,
  type TestServer,
  temporaryDirectory,
  toyRelease,
} from "./server.test.support.ts";

/** What the publisher had been told when the power went. */
type Told = "nothing" | "blob-stored" | "release-published";

interface Snapshot {
  readonly at: string;
  readonly told: Told;
  readonly directory: string;
}

/**
 * A machine whose power can go at any moment: before each file operation and each statement that writes, the data
 * directory is copied as a disk would hold it then. `kept`: everything written had reached the disk. `lost`: nothing
 * had that was not made durable, neither contents nor names.
 */
class FailingPower {
  readonly snapshots: Snapshot[] = [];
  told: Told = "nothing";
  readonly #root = temporaryDirectory();
  readonly #source: string;
  readonly #unsyncedContents = new Set<string>();
  readonly #unsyncedNames = new Set<string>();
  #recording: "off" | "on" = "off";

  constructor(source: string) {
    this.#source = source;
  }

  record(): void {
    this.#recording = "on";
  }

  cut(at: string): void {
    if (this.#recording === "off") return;
    for (const disk of ["kept", "lost"] as const) {
      const directory = join(this.#root, `${this.snapshots.length}`);
      cpSync(this.#source, directory, { recursive: true });
      rmSync(join(directory, "sumac.sqlite-shm"), { force: true });
      if (disk === "lost") this.#lose(directory);
      this.snapshots.push({ at: `${at}, ${disk}`, told: this.told, directory });
    }
  }

  #lose(directory: string): void {
    const copy = (path: string): string => join(directory, relative(this.#source, path));
    for (const path of this.#unsyncedContents) truncateSync(copy(path), 0);
    for (const path of this.#unsyncedNames) rmSync(copy(path), { force: true });
  }

  files(): Files {
    return {
      ...nodeFiles,
      create: async (path) => {
        this.cut("create");
        const file = await nodeFiles.create(path);
        this.#unsyncedContents.add(path);
        return {
          write: async (chunk) => {
            this.cut("write");
            await file.write(chunk.subarray(0, chunk.length >> 1));
            this.cut("write, torn");
            await file.write(chunk.subarray(chunk.length >> 1));
          },
          sync: async () => {
            this.cut("sync");
            await file.sync();
            this.#unsyncedContents.delete(path);
          },
          close: () => file.close(),
        };
      },
      rename: async (from, to) => {
        this.cut("rename");
        await nodeFiles.rename(from, to);
        this.#unsyncedNames.add(to);
        if (this.#unsyncedContents.delete(from)) this.#unsyncedContents.add(to);
      },
      syncDirectory: async (path) => {
        this.cut("sync folder");
        await nodeFiles.syncDirectory(path);
        for (const name of this.#unsyncedNames) if (dirname(name) === path) this.#unsyncedNames.delete(name);
      },
      remove: async (path) => {
        this.cut("remove");
        await nodeFiles.remove(path);
        this.#unsyncedContents.delete(path);
      },
    };
  }

  openDatabase = (path: string): DatabaseSync => {
    const database = new DatabaseSync(path);
    const prepare = database.prepare.bind(database);
    database.prepare = (sql: string): StatementSync => {
      const statement = prepare(sql);
      if (/^select/i.test(sql)) return statement;
      const [all, run] = [statement.all.bind(statement), statement.run.bind(statement)];
      const name = sql.split(" ").slice(0, 3).join(" ");
      statement.all = ((...parameters: SQLInputValue[]) => {
        this.cut(name);
        return all(...parameters);
      }) as StatementSync["all"];
      statement.run = ((...parameters: SQLInputValue[]) => {
        this.cut(name);
        return run(...parameters);
      }) as StatementSync["run"];
      return statement;
    };
    return database;
  };
}

async function check(
  { at, told, directory }: Snapshot,
  payloadDigest: string,
  release: ReturnType<typeof toyRelease>,
  tokens: TestServer,
): Promise<void> {
  const server = await startTestServer({ dataDirectory: directory });
  try {
    const { faults, blobs, releases } = inspectDataDirectory(directory);
    expect({ at, faults }).toEqual({ at, faults: [] });
    // What was answered is true after the power is back.
    expect({ at, kept: told === "nothing" || blobs.includes(payloadDigest) }).toEqual({ at, kept: true });
    expect({ at, kept: told !== "release-published" || releases === 1 }).toEqual({ at, kept: true });
    const again = await publish({ ...server, token: tokens.token, api: apiOf(server, tokens) }, release);
    expect({ at, status: again.status }).toEqual({ at, status: releases === 1 ? 200 : 201 });
    expect(inspectDataDirectory(directory)).toMatchObject({ faults: [], releases: 1 });
  } finally {
    await server.close();
  }
}

/** The same requests to another server, with the tokens that its copied database knows. */
const apiOf =
  (server: TestServer, tokens: TestServer): TestServer["api"] =>
  async (role, method, path, body) => {
    const response = await fetch(`${server.url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${await tokens.token(role)}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return { status: response.status, headers: response.headers, text: await response.text(), json: undefined };
  };

test("a power cut at any moment of a publication leaves a server that fits together, and loses nothing that was answered", async () => {
  const dataDirectory = temporaryDirectory();
  const power = new FailingPower(dataDirectory);
  const server = await startTestServer({ dataDirectory }, { files: power.files(), openDatabase: power.openDatabase });
  const payload = image(100_000);
  const release = toyRelease(5, {}, payload);
  await server.token("publish");
  power.record();
  expect((await putBlob(server, payload)).status).toBe(201);
  power.told = "blob-stored";
  expect((await server.api("publish", "POST", "/releases", release.request)).status).toBe(201);
  power.told = "release-published";
  power.cut("afterwards");
  const { snapshots } = power;
  // Both blobs, and each of the statements of two transactions.
  expect(snapshots.filter(({ at }) => at.startsWith("rename"))).toHaveLength(4);
  expect(snapshots.filter(({ at }) => at.startsWith("commit"))).toHaveLength(4);
  expect(snapshots.length).toBeGreaterThan(40);
  const { sha256 } = measureBytes(payload);
  for (const snapshot of snapshots) await check(snapshot, sha256, release, server);
}, 60_000);
