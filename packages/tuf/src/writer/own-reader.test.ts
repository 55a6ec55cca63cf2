/** Repositories we write, read by our own client: what a device sees of each step. */

import { nodeCrypto } from "@sumac/crypto/node";
import { beforeAll, describe, expect, test } from "vitest";
import { mlDsa65Scheme } from "../key-scheme.ts";
import { sumacPolicy } from "../policy.ts";
import { addLine, changeLineKeys } from "./delegation-change.ts";
import { holdRoot } from "./held-file.ts";
import { offlineRoot } from "./offline-root.ts";
import { type PublishStep, publishSteps } from "./publish-steps.ts";
import { publishTree } from "./publish-tree.ts";
import { served, TestDevice } from "./reader.test.support.ts";
import { nextRoot } from "./root-change.ts";
import type { MetadataSigner } from "./seal-file.ts";
import { must, TestVendor, testContext, testKey, testKeys, testNow, testTarget } from "./vendor.test.support.ts";

const path = "drives/dx9/2.4.0.suit";
const id = (signer: MetadataSigner | undefined): string => Buffer.from(signer?.keyId ?? []).toString("hex");
const day = 86_400n;

async function begin(): Promise<{ vendor: TestVendor; drives: MetadataSigner; device: TestDevice }> {
  const vendor = await TestVendor.begin();
  const drives = testKey("p256");
  await vendor.addLine("drives", [drives]);
  await vendor.release("line-drives", [testTarget(path)], [drives]);
  await vendor.publish();
  const root = vendor.published.find((step) => step.path === "metadata/1.root.json");
  return { vendor, drives, device: new TestDevice(root?.bytes ?? new Uint8Array()) };
}

describe("an old device still updates", () => {
  test("after its root, its targets and its online keys were replaced", async () => {
    const { vendor, drives, device } = await begin();
    expect(device.look(served(vendor.published), path, testNow)).toMatchObject({
      ok: true,
      value: { role: "line-drives" },
    });
    const fresh = { root: testKey(), targets: testKey(), online: testKey() };
    const { root, targets, snapshot, timestamp } = vendor.keys;
    const changes = [
      { role: "root", add: [fresh.root.publicKey], remove: [id(root[0])] },
      { role: "targets", add: [fresh.targets.publicKey], remove: [id(targets[0])] },
      { role: "snapshot", add: [fresh.online.publicKey], remove: [id(snapshot[0])] },
      { role: "timestamp", add: [fresh.online.publicKey], remove: [id(timestamp[0])] },
    ] as const;
    await vendor.sign(
      "root",
      must(nextRoot(vendor.wireRoot(), changes, testContext())),
      root.slice(0, 2).concat(fresh.root),
    );
    Object.assign(vendor.keys, {
      targets: [targets[1], fresh.targets],
      snapshot: [fresh.online],
      timestamp: [fresh.online],
    });
    // Until targets is signed by its new keys nothing is published that devices would refuse.
    await expect(vendor.publish()).rejects.toThrow("role-not-signed");
    const renewed = must(
      addLine(vendor.wireTargets(), { line: "pumps", keys: [testKey().publicKey], threshold: 1 }, testContext()),
    );
    await vendor.sign("targets", renewed, vendor.keys.targets);
    await vendor.release("line-drives", [testTarget("drives/dx9/2.5.0.suit")], [drives]);
    await vendor.publish();
    expect(device.look(served(vendor.published), "drives/dx9/2.5.0.suit", testNow).ok).toBe(true);
  });

  test("after the key of its line was stolen and replaced; the thief's release is none", async () => {
    const { vendor, drives, device } = await begin();
    expect(device.look(served(vendor.published), path, testNow).ok).toBe(true);
    const fresh = testKey();
    const change = { role: "line-drives", add: [fresh.publicKey], remove: [id(drives)] };
    await vendor.sign(
      "targets",
      must(changeLineKeys(vendor.wireTargets(), [change], testContext())),
      vendor.keys.targets,
    );
    await expect(vendor.release("line-drives", [testTarget("drives/dx9/6.6.6.suit")], [drives])).rejects.toThrow(
      "signer-not-asked",
    );
    await vendor.release("line-drives", [testTarget("drives/dx9/2.4.1.suit")], [fresh]);
    await vendor.publish();
    expect(device.look(served(vendor.published), "drives/dx9/2.4.1.suit", testNow).ok).toBe(true);
  });
});

test("a device sees a publication whole or not at all, whatever step it stops at", async () => {
  const { vendor, drives, device } = await begin();
  const before = [...vendor.published];
  await vendor.release("line-drives", [testTarget("drives/dx9/2.5.0.suit")], [drives]);
  const steps = await vendor.publish();
  expect(steps.map((step) => step.path.replace(/[0-9a-f]{64}/, "DIGEST"))).toEqual([
    "targets/drives/dx9/DIGEST.2.5.0.suit",
    "metadata/2.line-drives.json",
    "metadata/2.snapshot.json",
    "metadata/timestamp.json",
  ]);
  for (let done = 0; done < steps.length; done++) {
    const server = served([...before, ...steps.slice(0, done)]);
    expect(device.look(server, path, testNow).ok, `after ${done} steps`).toBe(true);
    expect(device.look(server, "drives/dx9/2.5.0.suit", testNow)).toMatchObject({ error: { code: "target-unknown" } });
  }
  expect(device.look(served(vendor.published), "drives/dx9/2.5.0.suit", testNow).ok).toBe(true);
});

test("snapshot and timestamp are renewed at half of their life, and the device stays content", async () => {
  const { vendor, device } = await begin();
  const at = async (now: bigint): Promise<readonly PublishStep[]> => {
    Object.assign(vendor.context, { now });
    return vendor.publish();
  };
  expect(await at(testNow + day / 2n - 1n)).toEqual([]);
  expect((await at(testNow + day / 2n)).map((step) => step.path)).toEqual(["metadata/timestamp.json"]);
  expect(device.look(served(vendor.published), path, testNow + day).ok).toBe(true);
  expect((await at(testNow + 7n * day)).map((step) => step.path)).toEqual([
    "metadata/2.snapshot.json",
    "metadata/timestamp.json",
  ]);
  expect(device.look(served(vendor.published), path, testNow + 7n * day).ok).toBe(true);
  await expect(at(testNow + 366n * day)).rejects.toThrow("role-expired");
});

describe("the tree for bundles", () => {
  let vendor: TestVendor;
  let online: TestDevice;
  let steps: readonly PublishStep[];
  let root: Uint8Array;
  const keys = { snapshot: [testKey()], timestamp: [testKey()] };

  beforeAll(async () => {
    ({ vendor, device: online } = await begin());
    const ring = (signers: readonly MetadataSigner[]) => ({
      keys: signers.map(({ publicKey }) => publicKey),
      threshold: 1,
    });
    const rings = { snapshot: ring(keys.snapshot), timestamp: ring(keys.timestamp) };
    const draft = must(offlineRoot(vendor.wireRoot(), undefined, rings, testContext()));
    const offline = await TestVendor.begin(vendor.keys);
    await offline.sign("root", draft, vendor.keys.root.slice(0, 2));
    const held = offline.root;
    if (held === undefined || vendor.targets === undefined) throw new Error("not begun");
    root = held.file.received;
    const input = {
      root: held,
      targets: vendor.targets,
      lines: vendor.lines,
      snapshot: undefined,
      timestamp: undefined,
    };
    const signers = [...keys.snapshot, ...keys.timestamp];
    const files = must(await publishTree({ ...input, tree: "offline", when: "always" }, signers, testContext()));
    const roles = [...vendor.lines, ["targets", vendor.targets] as const].map(([role, line]) => ({
      role,
      version: line.metadata.version,
      bytes: line.file.received,
    }));
    steps = publishSteps([{ role: "root", version: 1, bytes: root }, ...roles, ...files], []);
  });

  test("is an ordinary repository that lives for half a year", () => {
    const device = new TestDevice(root, "offline");
    expect(device.look(served(steps), path, testNow + 179n * day)).toMatchObject({ ok: true });
    expect(new TestDevice(root, "offline").look(served(steps), path, testNow + 181n * day)).toMatchObject({
      error: { code: "expired", role: "timestamp" },
    });
  });

  test("holds the same bytes of targets and lines, and is none for who polls", () => {
    const before = new Map(vendor.published.map((step) => [step.path, step.bytes]));
    for (const step of steps.filter((each) => /targets|line/.test(each.path))) {
      expect(before.get(step.path)).toEqual(step.bytes);
    }
    expect(online.look(served(steps), path, testNow).ok).toBe(false);
  });

  test("does not take the server's keys", () => {
    const ring = { keys: vendor.keys.snapshot.map(({ publicKey }) => publicKey), threshold: 1 };
    expect(offlineRoot(vendor.wireRoot(), undefined, { snapshot: ring, timestamp: ring }, testContext())).toMatchObject(
      { ok: false, error: { code: "key-present" } },
    );
  });

  test("follows the online root, and keeps its own keys", () => {
    const held = must(holdRoot(root, "root", nodeCrypto));
    const next = must(offlineRoot(vendor.wireRoot(), held.wire, undefined, testContext()));
    expect(next.version).toBe(2);
    expect(next.roles.snapshot).toEqual(held.wire.roles.snapshot);
    expect(next.roles.root).toEqual(vendor.wireRoot().roles.root);
  });
});

test("ML-DSA keys that were asked for are read by who allows them, and by nobody else", async () => {
  const context = { ...testContext(), schemes: "classical-and-ml-dsa" } as const;
  const vendor = await TestVendor.begin(testKeys("ml-dsa-65"), context);
  const drives = testKey("ml-dsa-65");
  await vendor.addLine("drives", [drives]);
  await vendor.release("line-drives", [testTarget(path)], [drives]);
  await vendor.publish();
  const root = vendor.published[0]?.bytes ?? new Uint8Array();
  const schemes = [...sumacPolicy.schemes, mlDsa65Scheme];
  expect(new TestDevice(root, "online", schemes).look(served(vendor.published), path, testNow).ok).toBe(true);
  expect(new TestDevice(root).look(served(vendor.published), path, testNow)).toMatchObject({
    ok: false,
    error: { code: "algorithm-not-allowed" },
  });
});
