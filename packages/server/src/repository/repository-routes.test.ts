import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { bytesToHex } from "@sumac/crypto";
import { sealWith } from "@sumac/tuf/writer";
import { beforeEach, describe, expect, test } from "vitest";
import {
  at,
  publish,
  registerTestDevice,
  startTestServer,
  type TestServer,
  toyRelease,
} from "../server.test.support.ts";
import { TestReader } from "./reader.test.support.ts";
import { testSigner } from "./test-signer.test.support.ts";
import { OfflineVendor, postGroup, publishAll, putEnvelope, putEnvelopes } from "./vendor.test.support.ts";

const target = "drives/dx9/1.0.0.suit";
let vendor: OfflineVendor;
let now: bigint;
let server: TestServer;
const clock = (): number => Number(now) * 1000;
const tree = (): string => path.join(server.dataDirectory, "tuf");
const treeFiles = (): Record<string, string> =>
  Object.fromEntries(
    (existsSync(tree()) ? readdirSync(tree(), { recursive: true, withFileTypes: true }) : [])
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name))
      .sort()
      .map((file) => [path.relative(tree(), file), readFileSync(file, "latin1")]),
  );
const fromDisk = (name: string): Uint8Array | undefined => {
  const file = path.join(tree(), "metadata", name);
  return existsSync(file) ? new Uint8Array(readFileSync(file)) : undefined;
};
const get = (name: string, init: RequestInit = {}): Promise<Response> => fetch(`${server.url}/tuf/${name}`, init);

beforeEach(async () => {
  vendor = new OfflineVendor();
  now = vendor.now;
  vendor.release(target);
  server = await startTestServer({ repository: vendor.options(), clock });
});

describe("publishing", () => {
  test("adds snapshot and timestamp to what others have signed; a device finds the release", async () => {
    const first = (await vendor.group()).roots[0] ?? new Uint8Array();
    const { status, body } = await publishAll(server, vendor);
    expect([status, body["outcome"], body["files"]]).toEqual([
      201,
      "published",
      [
        "metadata/1.root.json",
        "metadata/1.line-drives.json",
        "metadata/1.targets.json",
        "metadata/1.snapshot.json",
        "metadata/timestamp.json",
      ],
    ]);
    const device = new TestReader(first);
    expect(device.look(fromDisk, target, now)).toMatchObject({ ok: true, value: { role: "line-drives" } });
    expect(await publishAll(server, vendor)).toMatchObject({ status: 200, body: { outcome: "already-published" } });
    vendor.release("drives/dx9/1.1.0.suit");
    expect((await publishAll(server, vendor)).body["files"]).toEqual([
      "metadata/2.line-drives.json",
      "metadata/2.snapshot.json",
      "metadata/timestamp.json",
    ]);
    expect(device.look(fromDisk, "drives/dx9/1.1.0.suit", now).ok).toBe(true);
    const status2 = await server.api("publish", "GET", "/repository");
    expect(at(status2, "roles.line-drives.version")).toBe(2);
  });

  test("a new line key and the role that it signs become visible together", async () => {
    await publishAll(server, vendor);
    vendor.rekey("line-drives");
    const { targets, roles } = await vendor.group();
    const before = treeFiles();
    const alone = await postGroup(server, { roots: [], roles });
    expect([alone.status, alone.body["code"]]).toEqual([422, "role-not-signed"]);
    expect(treeFiles()).toEqual(before);
    if (targets === undefined) throw new Error("no targets");
    expect((await postGroup(server, { roots: [], targets, roles: [] })).body["code"]).toBe("role-not-signed");
    expect(treeFiles()).toEqual(before);
    expect((await postGroup(server, { roots: [], targets, roles })).status).toBe(201);
  });

  test("a server that holds the old and the new online key follows a root that exchanges them", async () => {
    await publishAll(server, vendor);
    const reader = new TestReader((await vendor.group()).roots[0] ?? new Uint8Array());
    expect(reader.look(fromDisk, target, now).ok).toBe(true);
    const [snapshot, timestamp] = vendor.online;
    const fresh = testSigner();
    if (snapshot === undefined || timestamp === undefined) throw new Error("two online keys");
    vendor.rotateOnline("timestamp", timestamp, fresh);
    const before = treeFiles();
    expect((await publishAll(server, vendor)).body["code"]).toBe("key-not-of-role");
    expect(treeFiles()).toEqual(before);
    server = await server.restart({ repository: vendor.options({ signers: [snapshot, timestamp, fresh] }) });
    expect((await publishAll(server, vendor)).status).toBe(201);
    expect(reader.look(fromDisk, target, now).ok).toBe(true);
    server = await server.restart({ repository: vendor.options({ signers: [snapshot, fresh] }) });
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
  });

  test("an envelope is taken under its digest alone", async () => {
    const [[name = "", bytes = new Uint8Array()] = []] = vendor.envelopes;
    expect(await putEnvelope(server, name, bytes)).toBe(201);
    expect(await putEnvelope(server, name, bytes)).toBe(200);
    expect(await putEnvelope(server, name, new Uint8Array([1]))).toBe(422);
    expect(await putEnvelope(server, name, new Uint8Array(70_000))).toBe(413);
    for (const bad of ["x", `drives/${name.split("/")[2]}`, `drives/..%2f/${name.split("/")[2]}`, `Drives/${name}`]) {
      expect([400, 404]).toContain(await putEnvelope(server, bad, bytes));
    }
    expect(Object.keys(treeFiles())).toEqual([`targets/${name}`]);
  });

  test("only a publish token publishes", async () => {
    expect((await server.api("read", "POST", "/repository/metadata", { roots: [], roles: [] })).status).toBe(403);
    const answer = await fetch(`${server.url}/api/v1/repository/metadata`, { method: "POST", body: "{}" });
    expect(answer.status).toBe(401);
  });
});

describe("T-TUF-SERVER-SIGNS: what no client would accept is not written", () => {
  const attacks: readonly (readonly [string, string, () => Promise<unknown>])[] = [
    [
      "targets that the server signed itself",
      "role-not-signed",
      async () => {
        const targets = { ...vendor.targets, version: 2 };
        return postGroup(server, { roots: [], targets: await sealWith(targets, vendor.online), roles: [] });
      },
    ],
    [
      "a line that the server signed itself",
      "role-not-signed",
      async () => {
        vendor.release("drives/dx9/6.6.6.suit");
        await putEnvelopes(server, vendor);
        const line = vendor.lines.get("line-drives");
        if (line === undefined) throw new Error("no line");
        const file = await sealWith(line, vendor.online);
        return postGroup(server, { roots: [], roles: [{ role: "line-drives", file }] });
      },
    ],
    [
      "a root that only its own new keys have signed",
      "threshold-not-met",
      async () => {
        const other = new OfflineVendor(vendor.now, { online: vendor.online });
        const roles = { ...vendor.root.roles, root: other.root.roles.root };
        const root = { ...vendor.root, version: 2, keys: { ...vendor.root.keys, ...other.root.keys }, roles };
        return postGroup(server, { roots: [await sealWith(root, other.rootKeys)], roles: [] });
      },
    ],
    [
      "a root that leaves a version out",
      "root-version-gap",
      async () =>
        postGroup(server, { roots: [await sealWith({ ...vendor.root, version: 3 }, vendor.rootKeys)], roles: [] }),
    ],
    [
      "another role under a published version",
      "role-conflict",
      async () => {
        const targets = { ...vendor.targets, expires: "2030-01-01T00:00:00Z" };
        return postGroup(server, { roots: [], targets: await sealWith(targets, vendor.targetsKeys), roles: [] });
      },
    ],
    [
      "a line without its envelope",
      "target-file-missing",
      async () => {
        vendor.release("drives/dx9/1.2.0.suit");
        const { roles } = await vendor.group();
        return postGroup(server, { roots: [], roles });
      },
    ],
    [
      "a role that nobody delegates to",
      "delegation-absent",
      async () => {
        const line = vendor.lines.get("line-drives");
        if (line === undefined) throw new Error("no line");
        const file = await sealWith(line, vendor.signersOf("line-drives"));
        return postGroup(server, { roots: [], roles: [{ role: "line-pumps", file }] });
      },
    ],
    [
      "a snapshot of somebody else's",
      "malformed",
      async () => {
        const file = fromDisk("1.snapshot.json") ?? new Uint8Array();
        return postGroup(server, { roots: [], roles: [{ role: "line-drives", file }] });
      },
    ],
    [
      "a name that leads out of the tree",
      "name-not-writable",
      async () => {
        const file = fromDisk("1.line-drives.json") ?? new Uint8Array();
        return postGroup(server, { roots: [], roles: [{ role: "../../x", file }] });
      },
    ],
    [
      "a line whose key is one of the server's",
      "online-key-offline-role",
      async () => {
        const [stolen] = vendor.online;
        vendor.rekey("line-drives", stolen);
        return publishAll(server, vendor);
      },
    ],
  ];

  test.each(attacks)("%s: %s", async (_name, code, attack) => {
    await publishAll(server, vendor);
    const before = treeFiles();
    expect(await attack()).toMatchObject({ status: 422, body: { code, refused: "repository" } });
    const metadata = (files: Record<string, string>): unknown =>
      Object.fromEntries(Object.entries(files).filter(([name]) => name.startsWith("metadata/")));
    expect(metadata(treeFiles())).toEqual(metadata(before));
    expect(existsSync(path.join(server.dataDirectory, "pending.json"))).toBe(false);
  });

  test("a first root that names a key of the server for an offline role", async () => {
    const other = new OfflineVendor(vendor.now, { online: vendor.online });
    const [stolen] = vendor.online;
    if (stolen === undefined) throw new Error("no key");
    const ids = bytesToHex(stolen.keyId);
    const roles = { ...other.root.roles, targets: { keyids: [ids], threshold: 1 } };
    const roots = [await sealWith({ ...other.root, roles }, other.rootKeys)];
    const { targets, roles: lines } = await other.group();
    if (targets === undefined) throw new Error("no targets");
    expect(await postGroup(server, { roots, targets, roles: lines })).toMatchObject({
      body: { code: "online-key-offline-role", role: "targets" },
    });
    expect(treeFiles()).toEqual({});
  });

  test("a server that is given an offline key does not start", async () => {
    await publishAll(server, vendor);
    const options = vendor.options({ signers: [...vendor.online, ...vendor.targetsKeys] });
    await expect(server.restart({ repository: options })).rejects.toMatchObject({ code: "online-key-offline-role" });
  });
});

describe("renewal", () => {
  const day = 86_400n;

  test("signs again at half of the life, and nothing else", async () => {
    await publishAll(server, vendor);
    const reader = new TestReader((await vendor.group()).roots[0] ?? new Uint8Array());
    now += day / 2n - 60n;
    server = await server.restart();
    expect(fromDisk("2.snapshot.json")).toBeUndefined();
    const before = fromDisk("timestamp.json");
    now += 120n;
    server = await server.restart();
    expect(fromDisk("timestamp.json")).not.toEqual(before);
    expect(fromDisk("2.snapshot.json")).toBeUndefined();
    for (let at = 0; at < 8; at++) {
      now += day;
      server = await server.restart();
    }
    expect(fromDisk("2.snapshot.json")).toBeDefined();
    expect(reader.look(fromDisk, target, now).ok).toBe(true);
  });

  test("runs by itself while the server runs", async () => {
    await publishAll(server, vendor);
    server = await server.restart({ limits: { repositoryCheckMs: 20 } });
    const before = fromDisk("timestamp.json");
    now += day / 2n + 1n;
    await expect.poll(() => fromDisk("timestamp.json"), { timeout: 5000 }).not.toEqual(before);
  });

  test("health warns of an offline role that nears its end, and fails where nothing can be renewed", async () => {
    const health = async (): Promise<unknown> => {
      now += 2n;
      const answer = await fetch(`${server.url}/health`);
      return [answer.status, await answer.json()];
    };
    const fine = { database: "ok", blobs: "ok" };
    expect(await health()).toEqual([200, { ...fine, status: "ok", repository: "nothing-published" }]);
    await publishAll(server, vendor);
    expect(await health()).toEqual([200, { ...fine, status: "ok", repository: "ok" }]);
    now += 340n * day;
    server = await server.restart();
    const soon = { ...fine, status: "warning", repository: "role-expires-soon" };
    expect(await health()).toMatchObject([200, soon]);
    const [snapshot] = vendor.online;
    if (snapshot === undefined) throw new Error("no key");
    now += day;
    server = await server.restart({ repository: vendor.options({ signers: [snapshot] }) });
    expect(await health()).toMatchObject([503, { status: "failed", repository: "role-expired", role: "timestamp" }]);
    expect(server.log.join("")).toContain("role-expired");
  });

  test("a key that is missing is told before anything has expired", async () => {
    await publishAll(server, vendor);
    const [snapshot] = vendor.online;
    if (snapshot === undefined) throw new Error("no key");
    now += day / 2n + 60n;
    server = await server.restart({ repository: vendor.options({ signers: [snapshot] }) });
    const answer = await fetch(`${server.url}/health`);
    expect([answer.status, await answer.json()]).toMatchObject([503, { repository: "key-not-of-role" }]);
  });
});

describe("the tree over HTTP", () => {
  beforeEach(async () => {
    await publishAll(server, vendor);
  });

  test("is what lies in the folder, with the headers of its kind", async () => {
    for (const [name, text] of Object.entries(treeFiles())) {
      const answer = await get(name);
      expect([name, answer.status, Buffer.from(await answer.arrayBuffer()).toString("latin1")]).toEqual([
        name,
        200,
        text,
      ]);
      expect(answer.headers.get("cache-control")).toBe(
        name === "metadata/timestamp.json" ? "public, max-age=60" : "public, max-age=31536000, immutable",
      );
      const etag = answer.headers.get("etag") ?? "";
      expect((await get(name, { headers: { "if-none-match": etag } })).status).toBe(304);
      const head = await get(name, { method: "HEAD" });
      expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, `${text.length}`, ""]);
      const part = await get(name, { headers: { range: "bytes=5-" } });
      expect([part.status, part.headers.get("content-range")]).toEqual([
        206,
        `bytes 5-${text.length - 1}/${text.length}`,
      ]);
      expect(Buffer.from(await part.arrayBuffer()).toString("latin1")).toBe(text.slice(5));
      expect((await get(name, { headers: { range: `bytes=${text.length}-` } })).status).toBe(416);
    }
  });

  test("a root that is not there yet is not remembered by a cache", async () => {
    const answer = await get("metadata/2.root.json");
    expect([answer.status, answer.headers.get("cache-control")]).toEqual([404, "no-store"]);
  });

  test("leads nowhere else", async () => {
    writeFileSync(path.join(tree(), "metadata", "9.line-x.json.bak"), "x");
    writeFileSync(path.join(tree(), "secret"), "x");
    symlinkSync("/etc/hostname", path.join(tree(), "metadata", "9.line-x.json"));
    for (const name of [
      "secret",
      "metadata/9.line-x.json",
      "metadata/9.line-x.json.bak",
      "metadata/",
      "metadata/root.json",
      "metadata/0.root.json",
      "../pending.json",
      "metadata/../secret",
      "metadata/%2e%2e/secret",
      "metadata/..%2fsecret",
      "metadata/..%2f..%2fsumac.sqlite",
      "targets/../../server.lock",
      "targets/%2fetc%2fpasswd",
      "targets/drives/dx9/1.0.0.suit",
    ]) {
      expect([name, (await get(name)).status]).toEqual([name, 404]);
    }
    expect((await get("metadata/timestamp.json", { method: "DELETE" })).status).toBe(404);
  });

  test("of a server without a repository there is none", async () => {
    const plain = await startTestServer();
    expect((await fetch(`${plain.url}/tuf/metadata/timestamp.json`)).status).toBe(404);
    expect((await plain.api("publish", "GET", "/repository")).status).toBe(404);
  });
});

test("a deployment names the target of its release, once the tree lists it", async () => {
  const release = toyRelease(1);
  await publish(server, release);
  const device = await registerTestDevice(server, "unit-1");
  await device.report(0);
  const action = await device.poll();
  const chunk = async (): Promise<unknown> =>
    at(await device.ddi("GET", `/deploymentBase/${action}`), "deployment.chunks.0.metadata");
  expect(await chunk()).toBeUndefined();
  vendor.release("drives/dx9/2.0.0.suit", release.envelope);
  await publishAll(server, vendor);
  expect(await chunk()).toEqual([{ key: "tuf-target", value: "drives/dx9/2.0.0.suit" }]);
  server = await server.restart();
});

test("a tree that somebody has damaged is named, and not published over", async () => {
  await publishAll(server, vendor);
  await server.close();
  rmSync(path.join(tree(), "metadata", "1.line-drives.json"));
  await expect(server.restart()).rejects.toMatchObject({ code: "repository-damaged" });
});
