/** Publishing killed at 200 random moments: devices never see anything but a whole state, and nothing published is lost. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readMetadata, readTargetFile } from "./node-tree.ts";
import type { PublishStep } from "./publish-steps.ts";
import { TestDevice } from "./reader.test.support.ts";
import { TestVendor, testKey, testNow, testTarget } from "./vendor.test.support.ts";

const kills = 200;
const publications: (readonly PublishStep[])[] = [];
let folder: string;
let prepared: string;

const targetOf = (index: number): string => `drives/dx9/1.${index}.suit`;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "sumac-kill-"));
  prepared = path.join(folder, "publications.json");
  const vendor = await TestVendor.begin();
  const drives = testKey();
  await vendor.addLine("drives", [drives]);
  for (let index = 0; index < 80; index++) {
    await vendor.release("line-drives", [testTarget(targetOf(index))], [drives]);
    publications.push(await vendor.publish());
  }
  const text = publications.map((steps) =>
    steps.map((step) => ({ ...step, bytes: Buffer.from(step.bytes).toString("base64") })),
  );
  writeFileSync(prepared, JSON.stringify(text));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the publisher from one publication on and kills it after a while; answers the last it has told of. */
function publishAndKill(tree: string, from: number, afterMs: number): Promise<number | "done"> {
  const script = path.join(import.meta.dirname, "node-tree-kill.test.support.ts");
  const child = spawn(process.execPath, [script, tree, prepared, String(from)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    if (said === "") setTimeout(() => child.kill("SIGKILL"), afterMs);
    said += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      // A tree that cannot be published to any more would otherwise only look calm.
      if (signal !== "SIGKILL" && code !== 0) reject(new Error(`the publisher ended with ${code}`));
      const lines = said.split("\n").slice(0, -1);
      resolve(lines.at(-1) === "done" ? "done" : Number(lines.findLast((line) => /^\d+$/.test(line)) ?? from - 1));
    });
  });
}

/** The newest release that a device finds, whose file is there and is the one that is signed; -1 where nothing is published. */
function newestSeen(tree: string, device: TestDevice, atLeast: number): number {
  if (readMetadata(tree, "timestamp") === undefined) return -1;
  const server = (name: string): Uint8Array | undefined => {
    const [, version, role = ""] = /^(?:(\d+)\.)?(.+)\.json$/.exec(name) ?? [];
    return readMetadata(tree, role, version === undefined ? undefined : Number(version));
  };
  let newest = -1;
  for (let index = Math.max(0, atLeast); index < publications.length; index++) {
    const found = device.look(server, targetOf(index), testNow);
    if (!found.ok && found.error.code === "target-unknown") break;
    if (!found.ok) throw new Error(JSON.stringify(found.error));
    const digest = found.value.target.hashes.get("sha256") ?? "";
    const file = readTargetFile(tree, `drives/dx9/${digest}.1.${index}.suit`) ?? new Uint8Array();
    const running = nodeCrypto.startDigest("sha-256");
    running.update(file);
    expect(bytesToHex(running.digest())).toBe(digest);
    newest = index;
  }
  return newest;
}

/** What a kill leaves behind has a name that no client asks for. */
function strayNames(tree: string): string[] {
  const metadata = path.join(tree, "metadata");
  const names = existsSync(metadata) ? readdirSync(metadata) : [];
  return names.filter((name) => !/^(\d+\.[a-z-]+|timestamp)\.json$/.test(name) && !/^\..*\.tmp$/.test(name));
}

test("killed at any moment, the tree is whole and holds all that was published", { timeout: 300_000 }, async () => {
  const root = publications[0]?.find((step) => step.path === "metadata/1.root.json")?.bytes ?? new Uint8Array();
  let round = 0;
  let tree = path.join(folder, "tree-0");
  let device = new TestDevice(root);
  let from = 0;
  let interrupted = 0;
  for (let kill = 0; kill < kills; kill++) {
    const told = await publishAndKill(tree, from, Math.random() * 25);
    const acknowledged = told === "done" ? publications.length - 1 : told;
    const newest = newestSeen(tree, device, acknowledged);
    expect(newest).toBeGreaterThanOrEqual(acknowledged);
    expect(strayNames(tree)).toEqual([]);
    if (told === "done") {
      tree = path.join(folder, `tree-${++round}`);
      device = new TestDevice(root);
      from = 0;
      continue;
    }
    interrupted++;
    from = newest + 1;
  }
  expect(interrupted).toBeGreaterThan(kills / 2);
});
