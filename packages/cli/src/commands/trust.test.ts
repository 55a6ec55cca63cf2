import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { CollectedArguments } from "../command.ts";
import { openDeviceFolder } from "../device/device-folder.ts";
import { planFactory, provision } from "../device/provision.ts";
import {
  buildRelease,
  emptyFolder,
  fixture,
  sumac,
  testIo,
  testKey,
  testPublicKey,
  twoLines,
} from "../sumac.test.support.ts";
import { Terminal } from "../terminal.ts";

const config = ["--config", fixture("sumac.yaml")];
const vendorRoles = ["--release", testPublicKey("vendor"), "--root", testPublicKey("vendor-p256")];
const ownerRoles = ["--approval", testPublicKey("owner"), "--root", testPublicKey("owner-p256")];

async function make(folder: string, file: string, part: string, ...roles: string[]): Promise<void> {
  const made = await sumac(["trust", "make", file, "--part", part, ...roles], { folder });
  expect(made).toMatchObject({ code: 0, stderr: "" });
}

/** A device in `folder`/unit that trusts vendor.trust and runs sequence 2. */
async function device(folder: string): Promise<void> {
  await make(folder, "vendor.trust", "vendor", ...vendorRoles);
  const { envelope } = await buildRelease(path.join(folder, "release"));
  const { io } = testIo({ folder });
  const given = new CollectedArguments(
    new Map(),
    new Map([
      ["trust-record", ["vendor.trust"]],
      ["config", [fixture("sumac.yaml")]],
      ["factory", [envelope]],
    ]),
  );
  const plan = await planFactory(given, "rtu-1", { io, terminal: new Terminal(io, "text") });
  const opened = await openDeviceFolder(io, "unit", plan.settings, "new");
  opened.keepSettings();
  if (plan.release === undefined) throw new Error("no release");
  await provision(opened.device, plan, plan.release);
  await opened.close();
}

describe("trust make, show and update", () => {
  test("a record says what was asked for, and is not overwritten", async () => {
    const folder = emptyFolder();
    await make(folder, "vendor.trust", "vendor", ...vendorRoles);
    const shown = await sumac(["trust", "show", "vendor.trust", "--json"], { folder });
    expect(shown.json()).toMatchObject({
      part: "vendor",
      profile: "classic",
      roles: [
        { name: "release", purpose: "release", threshold: 1, components: null, keys: [{ scheme: "ed25519" }] },
        { name: "root", purpose: "root", threshold: 1, keys: [{ scheme: "ecdsa-p256-sha256" }] },
      ],
      legacyAlgorithms: [],
    });
    const before = readFileSync(path.join(folder, "vendor.trust"));
    const again = await sumac(["trust", "make", "vendor.trust", "--part", "vendor", ...vendorRoles], { folder });
    expect(again).toMatchObject({ code: 2 });
    expect(readFileSync(path.join(folder, "vendor.trust"))).toEqual(before);
  });

  test.each<[string, string[], string, number]>([
    ["no release role", ["vendor", "--root", testPublicKey("vendor")], "trust-no-release-role", 3],
    [
      "an owner who releases",
      ["owner", "--release", testPublicKey("owner"), "--root", testPublicKey("owner-p256")],
      "trust-owner-release-role",
      3,
    ],
    ["an owner without root", ["owner", "--approval", testPublicKey("owner")], "trust-no-root-role", 3],
    ["a threshold that cannot be met", ["vendor", ...vendorRoles, "--root-threshold", "2"], "trust-threshold", 3],
    ["a role without keys", ["vendor", ...vendorRoles, "--approval-threshold", "1"], "trust-threshold", 3],
    ["one key twice", ["vendor", ...vendorRoles, "--release", testPublicKey("vendor")], "trust-duplicate-key", 3],
    ["a profile without ML-DSA keys", ["vendor", ...vendorRoles, "--profile", "cnsa2"], "trust-key-not-in-profile", 3],
    ["another part", ["plant", ...vendorRoles], "bad-value", 2],
  ])("refused: %s", async (_name, [part = "", ...roles], code, exit) => {
    const folder = emptyFolder();
    const made = await sumac(["trust", "make", "x.trust", "--part", part, ...roles], { folder });
    expect(made).toMatchObject({ code: exit, stdout: "" });
    expect(made.stderr).toMatch(twoLines(code));
    expect(existsSync(path.join(folder, "x.trust"))).toBe(false);
  });

  test("an update says who of the new root keys still has to sign", async () => {
    const folder = emptyFolder();
    await make(folder, "vendor.trust", "vendor", ...vendorRoles);
    const line = ["trust", "update", "vendor.trust", "--sequence", "1", ...config];
    const unsigned = await sumac([...line, "--out", "a.suit"], { folder });
    expect(unsigned.stdout).toContain("root keys of the new record still have to sign, at least 1");
    const signed = await sumac([...line, "--test-only-key", testKey("vendor-p256"), "--json"], { folder });
    expect(signed.json()).toMatchObject({ envelope: "vendor-trust-1.suit", part: "vendor", signedByNewRoot: true });
    const none = await sumac([...line.slice(0, 4), "0", ...config, "--out", "b.suit"], { folder });
    expect(none).toMatchObject({ code: 2 });
  });

  test("a file that is no trust record is called malformed", async () => {
    const folder = emptyFolder();
    writeFileSync(path.join(folder, "x.trust"), "trust me");
    const shown = await sumac(["trust", "show", "x.trust"], { folder });
    expect(shown).toMatchObject({ code: 4 });
    expect(shown.stderr).toMatch(twoLines("malformed"));
  });
});

describe("a device's trust record", () => {
  test("EDR 3.13: the owner's part is set on site, once, with no server", async () => {
    const folder = emptyFolder();
    await device(folder);
    expect((await sumac(["device", "trust", "show", "unit"], { folder })).stdout).toContain("no owner's part");
    const wrong = await sumac(["device", "own", "unit", "--record", "vendor.trust"], { folder });
    expect(wrong.stderr).toMatch(twoLines("bad-value"));
    await make(folder, "owner.trust", "owner", ...ownerRoles);
    expect(await sumac(["device", "own", "unit", "--record", "owner.trust"], { folder })).toMatchObject({ code: 0 });
    const shown = await sumac(["device", "trust", "show", "unit", "--json"], { folder });
    expect(shown.json()).toMatchObject({
      device: "rtu-1",
      vendor: { sequence: 0, roles: [{ name: "release" }, { name: "root" }] },
      owner: { sequence: 0, roles: [{ name: "owner", purpose: "approval" }, { name: "owner-root" }] },
    });
    const again = await sumac(["device", "own", "unit", "--record", "owner.trust"], { folder });
    expect(again).toMatchObject({ code: 3, stdout: "" });
    expect(again.stderr).toMatch(twoLines("already-owned"));
  });

  test("EDR 3.12: an update by the root key comes into force, and its replay is refused", async () => {
    const folder = emptyFolder();
    await device(folder);
    await make(folder, "next.trust", "vendor", ...vendorRoles, "--release", testPublicKey("vendor-p256"));
    const send = async (record: string, sequence: string, key: string) => {
      const out = `${sequence}-${key}.suit`;
      const made = await sumac(
        ["trust", "update", record, "--sequence", sequence, ...config, "--out", out, "--test-only-key", testKey(key)],
        { folder },
      );
      expect(made.code).toBe(0);
      return sumac(["device", "trust", "update", "unit", out, "--json"], { folder });
    };
    const stranger = await send("next.trust", "1", "foreign");
    expect(stranger).toMatchObject({ code: 3 });
    expect(stranger.stderr).toMatch(twoLines("signer-unknown"));
    expect((await send("vendor.trust", "1", "vendor-p256")).json()).toMatchObject({
      device: "rtu-1",
      changed: { part: "vendor", sequence: 1 },
    });
    expect((await send("next.trust", "2", "vendor-p256")).json()).toMatchObject({
      changed: { sequence: 2, signers: [{ role: "root" }] },
    });
    const replay = await sumac(["device", "trust", "update", "unit", "1-vendor-p256.suit"], { folder });
    expect(replay).toMatchObject({ code: 3, stdout: "" });
    expect(replay.stderr).toMatch(twoLines("rollback"));
    const { envelope } = await buildRelease(path.join(folder, "release-3"), { sequence: "3" });
    const release = await sumac(["device", "trust", "update", "unit", envelope], { folder });
    expect(release.stderr).toMatch(twoLines("bad-value"));
  });

  test("there is none without a device", async () => {
    const gone = await sumac(["device", "trust", "show", "nothing"], { folder: emptyFolder() });
    expect(gone.stderr).toMatch(twoLines("device-not-found"));
  });
});
