/** Repositories we write, read by another client: tuf-js. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { Updater } from "tuf-js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { changeLineKeys } from "./delegation-change.ts";
import { splitLine } from "./line-split.ts";
import { writeTree } from "./node-tree.ts";
import { nextRoot } from "./root-change.ts";
import type { MetadataSigner } from "./seal-file.ts";
import {
  must,
  type TestKeyKind,
  TestVendor,
  testContext,
  testKey,
  testKeys,
  testTarget,
} from "./vendor.test.support.ts";

const folder = mkdtempSync(path.join(tmpdir(), "sumac-tuf-js-"));
let server: Server;
let base: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    try {
      response.end(readFileSync(path.join(folder, decodeURIComponent(new URL(request.url ?? "", base).pathname))));
    } catch {
      response.statusCode = 404;
      response.end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true, force: true });
});

const id = (signer: MetadataSigner | undefined): string => Buffer.from(signer?.keyId ?? []).toString("hex");

/** A client that keeps its state in a folder, begun with root 1. */
async function client(name: string): Promise<Updater> {
  const state = path.join(folder, name, "client");
  const tree = path.join(folder, name);
  await import("node:fs/promises").then(({ mkdir }) => mkdir(path.join(state, "targets"), { recursive: true }));
  const root = path.join(state, "root.json");
  try {
    readFileSync(root);
  } catch {
    writeFileSync(root, readFileSync(path.join(tree, "metadata", "1.root.json")));
  }
  return new Updater({
    metadataDir: state,
    metadataBaseUrl: `${base}/${name}/metadata`,
    targetDir: path.join(state, "targets"),
    targetBaseUrl: `${base}/${name}/targets`,
    config: { fetchRetries: 0 },
  });
}

async function fetched(name: string, target: string): Promise<string | undefined> {
  const updater = await client(name);
  await updater.refresh();
  const info = await updater.getTargetInfo(target);
  if (info === undefined) return undefined;
  return readFileSync(await updater.downloadTarget(info), "utf8");
}

describe.each<TestKeyKind>(["ed25519", "p256"])("tuf-js reads what was written with %s keys", (kind) => {
  const name = kind;
  let vendor: TestVendor;
  const drives = testKey(kind);
  const pumps = testKey(kind === "p256" ? "ed25519" : "p256");
  const publish = async (): Promise<void> => writeTree(path.join(folder, name), await vendor.publish());

  beforeAll(async () => {
    vendor = await TestVendor.begin(testKeys(kind));
    await vendor.addLine("drives", [drives]);
    await vendor.addLine("pumps", [pumps]);
    await vendor.release("line-drives", [testTarget("drives/dx9/2.4.0.suit")], [drives]);
    await vendor.release("line-pumps", [testTarget("pumps/p1/1.0.0.suit")], [pumps]);
    await publish();
  });

  test("the releases of two lines", async () => {
    expect(await fetched(name, "drives/dx9/2.4.0.suit")).toBe("drives/dx9/2.4.0.suit");
    expect(await fetched(name, "pumps/p1/1.0.0.suit")).toBe("pumps/p1/1.0.0.suit");
    expect(await fetched(name, "pumps/p1/9.9.9.suit")).toBeUndefined();
  });

  test("the next release", async () => {
    await vendor.release("line-drives", [testTarget("drives/dx9/2.5.0.suit")], [drives]);
    await publish();
    expect(await fetched(name, "drives/dx9/2.5.0.suit")).toBe("drives/dx9/2.5.0.suit");
    expect(await fetched(name, "drives/dx9/2.4.0.suit")).toBe("drives/dx9/2.4.0.suit");
  });

  test("after a root key was replaced", async () => {
    const { root } = vendor.keys;
    const fresh = testKey(kind);
    const change = { role: "root", add: [fresh.publicKey], remove: [id(root[2])] } as const;
    const next = must(nextRoot(vendor.wireRoot(), [change], testContext()));
    await vendor.sign("root", next, root.slice(0, 2));
    await publish();
    expect(await fetched(name, "drives/dx9/2.5.0.suit")).toBe("drives/dx9/2.5.0.suit");
    const state = readFileSync(path.join(folder, name, "client", "root.json"), "utf8");
    expect((JSON.parse(state) as { signed: { version: number } }).signed.version).toBe(2);
  });

  test("after the online keys were replaced", async () => {
    const fresh = testKey(kind);
    const changes = (["snapshot", "timestamp"] as const).map((role) => ({
      role,
      add: [fresh.publicKey],
      remove: [id(vendor.keys[role][0])],
    }));
    await vendor.sign("root", must(nextRoot(vendor.wireRoot(), changes, testContext())), vendor.keys.root.slice(0, 2));
    Object.assign(vendor.keys, { snapshot: [fresh], timestamp: [fresh] });
    await publish();
    expect(await fetched(name, "pumps/p1/1.0.0.suit")).toBe("pumps/p1/1.0.0.suit");
  });

  test("after a line's key was replaced, and the line signed again", async () => {
    const fresh = testKey(kind);
    const change = { role: "line-pumps", add: [fresh.publicKey], remove: [id(pumps)] };
    const next = must(changeLineKeys(vendor.wireTargets(), [change], testContext()));
    await vendor.sign("targets", next, vendor.keys.targets);
    // Still signed by the old key alone: this is not published.
    await expect(vendor.publish()).rejects.toThrow("role-not-signed");
    await vendor.release("line-pumps", [testTarget("pumps/p1/1.1.0.suit")], [fresh]);
    await publish();
    expect(await fetched(name, "pumps/p1/1.1.0.suit")).toBe("pumps/p1/1.1.0.suit");
    expect(await fetched(name, "drives/dx9/2.4.0.suit")).toBe("drives/dx9/2.4.0.suit");
  });

  test("of a line that was split by model and year", async () => {
    const split = { line: "drives", listed: ["dx9"], models: ["dx9"], year: 2026 };
    await vendor.sign("targets", must(splitLine(vendor.wireTargets(), split, testContext())), vendor.keys.targets);
    await vendor.release("line-drives-dx9-2026", [testTarget("drives/dx9-2026/3.0.0.suit")], [drives]);
    await publish();
    expect(await fetched(name, "drives/dx9-2026/3.0.0.suit")).toBe("drives/dx9-2026/3.0.0.suit");
    expect(await fetched(name, "drives/dx9/2.5.0.suit")).toBe("drives/dx9/2.5.0.suit");
  });

  test("by a client that was off since root 1", async () => {
    rmSync(path.join(folder, name, "client"), { recursive: true });
    expect(await fetched(name, "drives/dx9-2026/3.0.0.suit")).toBe("drives/dx9-2026/3.0.0.suit");
  });

  test("and nothing is due right after", async () => {
    expect(await vendor.publish()).toEqual([]);
    expect((await vendor.publish("always")).map(({ path: file }) => file.replace(/\d+\./, "N."))).toEqual([
      "metadata/N.snapshot.json",
      "metadata/timestamp.json",
    ]);
  });
});
