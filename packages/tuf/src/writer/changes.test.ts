import { hexToBytes, type PublicKey } from "@sumac/crypto";
import { beforeAll, describe, expect, test } from "vitest";
import {
  addLine,
  changeLineKeys,
  delegationFlaw,
  delegationsOf,
  findDelegation,
  firstTargets,
  removeLine,
} from "./delegation-change.ts";
import { changeLine } from "./line-change.ts";
import { groupRoleName, maxTargetsOfRole, placeRelease, splitLine } from "./line-split.ts";
import { firstRoot, nextRoot } from "./root-change.ts";
import { must, TestVendor, testContext, testKey, testKeys, testTarget } from "./vendor.test.support.ts";
import type { WireDelegation, WireTargets } from "./wire-metadata.ts";

const context = testContext();
const one = testKey();
const two = testKey("p256");
const three = testKey();
const id = (signer: typeof one): string => Buffer.from(signer.keyId).toString("hex");
const delegation = (name: string, paths: readonly string[]): WireDelegation => ({
  name,
  paths,
  keyids: ["aa"],
  threshold: 1,
  terminating: true,
});

describe("a first root", () => {
  const ring = (keys: readonly PublicKey[], threshold = 1) => ({ keys, threshold });
  const first = (root: ReturnType<typeof ring>, timestamp = ring([three.publicKey])) =>
    firstRoot(
      {
        tree: "online",
        keys: { root, targets: ring([one.publicKey]), snapshot: ring([two.publicKey]), timestamp },
      },
      context,
    );

  test("names its tree, has version 1 and each key once", () => {
    const root = must(first(ring([one.publicKey, two.publicKey], 2)));
    expect(root).toMatchObject({ version: 1, tree: "online", consistent_snapshot: true });
    expect(Object.keys(root.keys)).toEqual([id(one), id(two), id(three)].sort());
  });

  test.each([
    ["the same key twice", [one.publicKey, one.publicKey], 2, "key-repeated"],
    ["more signatures than keys", [one.publicKey], 2, "threshold-unreachable"],
    ["no signature", [one.publicKey], 0, "threshold-unreachable"],
    ["no key", [], 1, "threshold-unreachable"],
    ["a key of a scheme others do not read", [testKey("ml-dsa-65").publicKey], 1, "key-type-not-written"],
  ] as const)("is refused with %s", (_, keys, threshold, code) => {
    expect(first(ring(keys, threshold))).toMatchObject({ ok: false, error: { code, role: "root" } });
  });

  test("is refused with a key and its mirror image: one holder could sign as two", () => {
    const mirrored = { ...one.publicKey, bytes: one.publicKey.bytes.with(31, (one.publicKey.bytes[31] ?? 0) ^ 0x80) };
    expect(first(ring([one.publicKey, mirrored], 2))).toMatchObject({ ok: false, error: { code: "key-repeated" } });
  });

  test("takes ML-DSA-65 where that is asked for", () => {
    const keys = ring([testKey("ml-dsa-65").publicKey]);
    const all = { root: keys, targets: keys, snapshot: keys, timestamp: keys };
    expect(firstRoot({ tree: "online", keys: all }, { ...context, schemes: "classical-and-ml-dsa" }).ok).toBe(true);
  });

  test.each([
    ["an hour", 3600],
    ["a century", 3_155_692_600],
    ["no number", Number.NaN],
  ])("is refused with a lifetime of %s", (_, root) => {
    const lifetimes = { ...context.lifetimes, root };
    const keys = ring([one.publicKey]);
    const all = { root: keys, targets: keys, snapshot: keys, timestamp: keys };
    expect(firstRoot({ tree: "online", keys: all }, { ...context, lifetimes })).toMatchObject({
      ok: false,
      error: { code: "lifetime-out-of-range", of: "root" },
    });
  });
});

describe("a next root", () => {
  let vendor: TestVendor;
  beforeAll(async () => {
    vendor = await TestVendor.begin(testKeys());
  });

  test("has the next version, the new key, and not the old one", () => {
    const lost = id(vendor.keys.root[2] ?? one);
    const change = { role: "root", add: [one.publicKey], remove: [lost] } as const;
    const root = must(nextRoot(vendor.wireRoot(), [change], context));
    expect(root.version).toBe(2);
    expect(root.roles.root.keyids).toContain(id(one));
    expect(Object.keys(root.keys)).not.toContain(lost);
    expect(root.roles.root.threshold).toBe(2);
  });

  test.each([
    ["adding a key that is there", () => ({ add: [vendor.keys.root[0]?.publicKey], remove: [] }), "key-present"],
    ["removing a key that is not there", () => ({ add: [], remove: [id(one)] }), "key-absent"],
    ["changing nothing", () => ({ add: [], remove: [] }), "nothing-to-change"],
    ["adding a key twice", () => ({ add: [one.publicKey, one.publicKey], remove: [] }), "key-repeated"],
    ["a threshold beyond the keys", () => ({ add: [], remove: [], threshold: 4 }), "threshold-unreachable"],
  ] as const)("is refused for %s", (_, change, code) => {
    const changes = [{ role: "root", ...change() } as Parameters<typeof nextRoot>[1][number]];
    expect(nextRoot(vendor.wireRoot(), changes, context)).toMatchObject({ ok: false, error: { code } });
  });

  test("is refused when too few keys would be left", () => {
    const remove = vendor.keys.root.slice(0, 2).map(id);
    expect(nextRoot(vendor.wireRoot(), [{ role: "root", add: [], remove }], context)).toMatchObject({
      ok: false,
      error: { code: "threshold-unreachable", threshold: 2, keys: 1 },
    });
  });

  test("is refused after the last version there can be", () => {
    const last = { ...vendor.wireRoot(), version: Number.MAX_SAFE_INTEGER };
    expect(nextRoot(last, [], context)).toMatchObject({ ok: false, error: { code: "version-exhausted" } });
  });
});

describe("product lines", () => {
  const empty = must(firstTargets(context));
  const drives = must(addLine(empty, { line: "drives", keys: [one.publicKey, two.publicKey], threshold: 1 }, context));

  test("have a role of their own that ends the search", () => {
    expect(drives.version).toBe(2);
    expect(delegationsOf(drives).roles).toEqual([
      { name: "line-drives", paths: ["drives/*/*"], terminating: true, keyids: [id(one), id(two)], threshold: 1 },
    ]);
  });

  test.each(["Drives", "dri/ves", "", "dr ives", "d*", "../x", "d.x", "-d"])("are not called %j", (line) => {
    const added = addLine(empty, { line, keys: [one.publicKey], threshold: 1 }, context);
    expect(added).toMatchObject({ ok: false, error: { code: "name-not-writable" } });
  });

  test("are not added twice", () => {
    expect(addLine(drives, { line: "drives", keys: [one.publicKey], threshold: 1 }, context)).toMatchObject({
      ok: false,
      error: { code: "delegation-present" },
    });
  });

  test("get other keys, and lose the old ones", () => {
    const change = { role: "line-drives", add: [three.publicKey], remove: [id(one)] };
    const next = must(changeLineKeys(drives, [change], context));
    expect(delegationsOf(next).roles[0]?.keyids).toEqual([id(two), id(three)]);
    expect(Object.keys(delegationsOf(next).keys)).not.toContain(id(one));
  });

  test("that are not there have no keys to change", () => {
    expect(changeLineKeys(drives, [{ role: "line-pumps", add: [], remove: [] }], context)).toMatchObject({
      ok: false,
      error: { code: "delegation-absent", known: ["line-drives"] },
    });
  });

  test("are taken away", () => {
    expect(delegationsOf(must(removeLine(drives, "line-drives", context))).roles).toEqual([]);
  });

  test.each([
    [[delegation("line-a", ["a/*/*"]), delegation("line-b", ["a/x/*"])], "delegations-overlap"],
    [[delegation("line-a", ["a/x/*"]), delegation("line-b", ["a/*/*"])], "delegations-overlap"],
    [[delegation("line-a", ["*/*/*"]), delegation("line-b", ["b/*/*"])], "delegations-overlap"],
    [[delegation("line-a", ["a/*-2026/*"]), delegation("line-b", ["a/x-*/*"])], "delegations-overlap"],
    [[delegation("line-a", ["a/*/*"]), delegation("line-a", ["b/*/*"])], "delegation-present"],
    [[delegation("targets", ["a/*/*"])], "name-not-writable"],
    [[delegation("10", ["a/*/*"])], "name-not-writable"],
    [[delegation("line/a", ["a/*/*"])], "name-not-writable"],
    [[delegation("line-a", ["!a/*/*"])], "name-not-writable"],
    [[delegation("line-a", ["a/{x,y}/*"])], "name-not-writable"],
    [[delegation("line-a", ["a/**"])], "name-not-writable"],
    [[delegation("line-a", ["a/*"])], "name-not-writable"],
  ])("refuse %j: %s", (roles, code) => {
    expect(delegationFlaw(roles)).toMatchObject({ code });
  });

  test("side by side are no overlap", () => {
    expect(delegationFlaw([delegation("line-a", ["a/*/*"]), delegation("line-ab", ["ab/*/*"])])).toBeUndefined();
  });
});

describe("releases of a line", () => {
  const targets = must(
    addLine(must(firstTargets(context)), { line: "drives", keys: [one.publicKey], threshold: 1 }, context),
  );
  const drives = must(findDelegation(targets, "line-drives"));
  const release = (current: WireTargets | undefined, ...paths: readonly string[]) =>
    changeLine(current, { delegation: drives, add: paths.map((path) => testTarget(path)), withdraw: [] }, context);
  const first = must(release(undefined, "drives/dx9/2.4.0.suit"));

  test("are listed with length, digest and custom", () => {
    expect(first.version).toBe(1);
    expect(first.targets["drives/dx9/2.4.0.suit"]).toEqual({
      custom: { line: "drives", sequence: 1 },
      hashes: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      length: 21,
    });
  });

  test("are withdrawn", () => {
    const change = { delegation: drives, add: [], withdraw: ["drives/dx9/2.4.0.suit"] };
    expect(must(changeLine(first, change, context))).toMatchObject({ version: 2, targets: {} });
  });

  test.each([
    ["pumps/p1/1.0.0.suit", "target-outside-role"],
    ["drives/dx9/2.4.0.suit", "target-present"],
    ["drives/dx9", "name-not-writable"],
    ["drives/DX9/1.suit", "name-not-writable"],
    ["drives/../1.suit", "name-not-writable"],
  ])("at %s are refused: %s", (path, code) => {
    expect(release(first, path)).toMatchObject({ ok: false, error: { code } });
  });

  test("are refused where custom holds what clients read differently", () => {
    const add = [{ ...testTarget("drives/dx9/3.suit"), custom: { name: "Umrichter für Pumpen" } }];
    expect(changeLine(first, { delegation: drives, add, withdraw: [] }, context)).toMatchObject({
      ok: false,
      error: { code: "text-not-ascii", field: "custom.name" },
    });
  });

  test("are refused in a role that delegates further", () => {
    const nested = { ...first, delegations: { keys: {}, roles: [drives] } };
    expect(release(nested, "drives/dx9/3.suit")).toMatchObject({ ok: false, error: { code: "delegation-nested" } });
  });

  test("fill a role up to its limit, and not beyond", () => {
    const paths = Array.from({ length: maxTargetsOfRole }, (_, i) => `drives/dx9/1.${i}.suit`);
    const full = must(release(undefined, ...paths));
    expect(release(full, "drives/dx9/2.suit")).toMatchObject({ ok: false, error: { code: "role-full", limit: 100 } });
  });

  test("after a split go to the role of model and year, and what is listed stays where it is", () => {
    const split = must(
      splitLine(targets, { line: "drives", listed: ["dx9"], models: ["dx9", "dx7.1"], year: 2026 }, context),
    );
    expect(delegationsOf(split).roles.map(({ name, paths }) => [name, paths])).toEqual([
      ["line-drives", ["drives/dx9/*"]],
      ["line-drives-dx9-2026", ["drives/dx9-2026/*"]],
      ["line-drives-dx7-1-2026", ["drives/dx7.1-2026/*"]],
    ]);
    const place = { line: "drives", model: "dx9", year: 2026, version: "2.5.0" };
    expect(must(placeRelease(targets, place)).path).toBe("drives/dx9/2.5.0.suit");
    expect(must(placeRelease(split, place))).toMatchObject({
      path: "drives/dx9-2026/2.5.0.suit",
      role: { name: groupRoleName("drives", "dx9-2026"), keyids: drives.keyids },
    });
    expect(placeRelease(split, { ...place, year: 2027 })).toMatchObject({ error: { code: "delegation-absent" } });
  });

  test("are split for another year as well", () => {
    const split = (current: WireTargets, year: number) =>
      must(splitLine(current, { line: "drives", listed: [], models: ["dx9"], year }, context));
    const twice = split(split(targets, 2026), 2027);
    expect(delegationsOf(twice).roles.map(({ name }) => name)).toEqual([
      "line-drives",
      "line-drives-dx9-2026",
      "line-drives-dx9-2027",
    ]);
  });

  test("of a thousand delegations are checked in no time", () => {
    const models = Array.from({ length: 1000 }, (_, i) => `m${i}`);
    const began = performance.now();
    expect(splitLine(targets, { line: "drives", listed: [], models, year: 2026 }, context).ok).toBe(true);
    expect(performance.now() - began).toBeLessThan(1000);
  });
});

test("hex of a key id is the COSE kid", () => {
  expect(hexToBytes(id(one))).toEqual(one.keyId);
});
