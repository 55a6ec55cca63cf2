import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { nodeCrypto } from "@sumac/crypto/node";
import { manifestFacts, parseEnvelope, parseManifest } from "@sumac/suit";
import { matchCustom } from "@sumac/tuf";
import { holdTargets } from "@sumac/tuf/writer";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  ceremony,
  digestOf,
  done,
  init,
  metadata,
  newFolder,
  publish,
  published,
  refused,
  requestOf,
  run,
  sign,
  target,
  tree,
} from "./repo.test.support.ts";

describe("from three key holders to a published release", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await published();
  });

  test("the tree is the one that clients ask for, with nothing half-written", () => {
    expect(metadata(folder)).toEqual([
      "1.line-drives.json",
      "1.root.json",
      "1.snapshot.json",
      "1.targets.json",
      "timestamp.json",
    ]);
    expect(readdirSync(path.join(folder, "repo", "targets", "drives", "rtu-demo"))).toEqual([
      expect.stringMatching(/^[0-9a-f]{64}\.1\.1\.0\.suit$/),
    ]);
  });

  test("custom repeats what the envelope says", () => {
    const line = JSON.parse(readFileSync(path.join(folder, "repo", "metadata", "1.line-drives.json"), "utf8"));
    expect(line.signed.targets[target].custom).toEqual({
      class_id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f-]{27}$/),
      components: [Buffer.from("firmware").toString("hex")],
      envelope_type: "application/suit-envelope+cose; manifest-version=1",
      line: "drives",
      sequence: 2,
      vendor_id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f-]{27}$/),
    });
  });

  test("a verifier finds custom and envelope the same", () => {
    const line = readFileSync(path.join(folder, "repo", "metadata", "1.line-drives.json"));
    const held = holdTargets(new Uint8Array(line), "line-drives", nodeCrypto);
    const envelope = parseEnvelope(new Uint8Array(readFileSync(path.join(folder, "r.suit"))));
    if (!held.ok || !envelope.ok) throw new Error("unreadable");
    const manifest = parseManifest(envelope.value.manifest);
    const facts = manifest.ok ? manifestFacts(manifest.value) : undefined;
    if (facts?.ok !== true) throw new Error("no facts");
    const custom = held.value.metadata.targets.get(target)?.custom;
    const found = { path: target, role: "line-drives", custom };
    expect(matchCustom(found, { ...facts.value, line: "drives" })).toEqual({ ok: true, value: "match" });
    expect(matchCustom(found, { ...facts.value, line: "drives", sequence: 3n })).toMatchObject({
      ok: false,
      error: { code: "custom-mismatch", member: "sequence", tuf: "2", suit: "3" },
    });
  });

  test("status names people, versions and what is open", async () => {
    const { stdout } = await done(folder, "repo status repo");
    expect(stdout).toContain("root: version 1, until ");
    expect(stdout).toContain("  2 of 3: alice, bob, carol");
    const status = (await done(folder, "repo status repo --json")).json() as {
      roles: { role: string; standing: string; published?: number; releases: string[] }[];
    };
    expect(status.roles.map(({ role, standing }) => [role, standing])).toEqual([
      ["root", "valid"],
      ["targets", "valid"],
      ["line-drives", "valid"],
      ["snapshot", "valid"],
      ["timestamp", "valid"],
    ]);
    expect(status.roles[2]).toMatchObject({ published: 1, releases: [target] });
  });

  test("the calendar has a renewal and an expiry for each offline role", async () => {
    await done(folder, "repo status repo --ics due.ics");
    const text = readFileSync(path.join(folder, "due.ics"), "utf8");
    expect(text.split("\r\n")[0]).toBe("BEGIN:VCALENDAR");
    expect(text.match(/^SUMMARY:.*$/gm)?.map((line) => line.trim())).toEqual([
      "SUMMARY:Renew root of repo",
      "SUMMARY:root of repo expires",
      "SUMMARY:Renew targets of repo",
      "SUMMARY:targets of repo expires",
      "SUMMARY:Renew line-drives of repo",
      "SUMMARY:line-drives of repo expires",
    ]);
    expect(Math.max(...text.split("\r\n").map((line) => line.length))).toBeLessThanOrEqual(75);
  });

  test("every step again changes nothing", async () => {
    const before = tree(folder);
    expect((await run(folder, "repo combine repo root")).code).toBe(5);
    await done(folder, `repo combine repo ${requestOf("1-root")}`);
    expect((await done(folder, `${publish} --json`)).json()).toEqual({ published: [], steps: [], pruned: [] });
    expect(tree(folder)).toEqual(before);
    await refused(folder, init, "repository-there-already", 2);
  });
});

describe("at a ceremony", () => {
  let folder: string;
  beforeEach(async () => {
    folder = newFolder();
    await done(folder, init);
  });

  test("a person reads what is signed, and answers with its digest", async () => {
    const line = `repo sign ${requestOf("1-root")} --test-only-key alice.pem`;
    const said = await run(folder, line, { typed: [digestOf(folder, "1-root").slice(0, 8)] });
    expect(said.code).toBe(0);
    expect(said.stdout).toContain("root version 1: the keys that everything else rests on");
    expect(said.stdout).toMatch(/root key alice \([0-9a-f]{16}\)/);
    expect(said.stdout).toContain(`digest ${digestOf(folder, "1-root").replace(/.{8}(?=.)/g, "$& ")}`);
    expect(said.stdout).toContain("signed by alice");
    const again = await run(folder, line, { typed: [digestOf(folder, "1-root").slice(0, 8)] });
    expect(again.stdout).toContain("was signed already by alice");
  });

  test("who still has to sign is told, and what came so far is kept", async () => {
    await sign(folder, "1-root", "alice");
    const said = await refused(folder, "repo combine repo root", "signatures-missing", 3);
    expect(said.stdout).toContain("signed by alice");
    expect(said.stdout).toContain("root 1 needs 1 more of bob, carol");
    expect(metadata(folder)).toEqual([]);
    await ceremony(folder, "1-root", "carol");
    expect(metadata(folder)).toEqual(["1.root.json"]);
  });

  test("a signature that is carried back from elsewhere counts", async () => {
    mkdirSync(path.join(folder, "stick"));
    copyFileSync(path.join(folder, requestOf("1-root")), path.join(folder, "stick", "request.json"));
    const digest = digestOf(folder, "1-root");
    for (const who of ["alice", "bob"]) {
      const line = `repo sign stick/request.json --test-only-key ${who}.pem --yes --expect ${digest} --out stick/${who}.json`;
      await done(folder, line);
    }
    await done(folder, "repo combine repo root --signature stick/alice.json --signature stick/bob.json");
    expect(metadata(folder)).toEqual(["1.root.json"]);
  });

  test.each([
    ["not a request", "repo sign sumac.yaml --test-only-key alice.pem", "not-a-request", 4],
    ["no file", "repo sign nowhere.json --test-only-key alice.pem", "file-not-found", 5],
    ["nobody to ask", `repo sign ${requestOf("1-root")} --test-only-key alice.pem`, "no-terminal", 2],
    ["no key", `repo sign ${requestOf("1-root")}`, "missing-option", 2],
    ["--yes alone", `repo sign ${requestOf("1-root")} --test-only-key alice.pem --yes`, "missing-option", 2],
    [
      "another digest",
      `repo sign ${requestOf("1-root")} --test-only-key alice.pem --yes --expect ${"0".repeat(64)}`,
      "digest-unexpected",
      3,
    ],
    [
      "a request for a signature",
      `repo combine repo root --signature ${requestOf("1-root")}`,
      "not-a-signature-file",
      4,
    ],
    ["targets before root", "repo combine repo targets", "role-not-written", 5],
    ["nothing prepared", "repo combine repo line-drives", "ceremony-not-found", 5],
    ["no repository", "repo status nowhere", "repository-not-found", 5],
    ["publishing before root", publish, "role-not-written", 5],
    ["an online role", "repo prepare repo timestamp", "online-role", 2],
  ])("%s is a named error with what to do next", async (_, line, code, exit) => {
    await refused(folder, line, code, exit);
  });

  test("a wrong passphrase signs nothing", async () => {
    const environment = { SUMAC_PASSPHRASE: "correct horse battery" };
    await run(folder, "keys new dora --dir keys", { environment });
    const line = `repo sign ${requestOf("1-root")} --key keys/dora.pem.age --yes --expect ${digestOf(folder, "1-root")}`;
    await refused(folder, line, "wrong-passphrase", 3, { environment: { SUMAC_PASSPHRASE: "another horse" } });
  });

  test("an init that was cut short is begun again, with a signature it is not", async () => {
    rmSync(path.join(folder, "repo/ceremonies/1-targets"), { recursive: true });
    await done(folder, init);
    await sign(folder, "1-root", "alice");
    await refused(folder, init, "repository-there-already", 2);
  });

  test("the wrong digits sign nothing", async () => {
    const line = `repo sign ${requestOf("1-root")} --test-only-key alice.pem`;
    await refused(folder, line, "not-confirmed", 3, { typed: ["00000000"] });
  });

  test("a key that nobody asks signs nothing", async () => {
    const digest = digestOf(folder, "1-root");
    const line = `repo sign ${requestOf("1-root")} --test-only-key fresh.pem --yes --expect ${digest}`;
    await refused(folder, line, "signer-not-asked", 3);
  });

  test("a request that was changed on the way is not signed, and not combined", async () => {
    const file = path.join(folder, requestOf("1-root"));
    writeFileSync(file, readFileSync(file, "utf8").replace('"threshold":2', '"threshold":1'));
    const line = `repo sign ${requestOf("1-root")} --test-only-key alice.pem`;
    await refused(folder, line, "request-altered", 3, { typed: ["00000000"] });
    await refused(folder, "repo combine repo root", "request-altered", 3);
  });

  test("the signature of another ceremony does not count", async () => {
    await ceremony(folder, "1-root", "alice", "bob");
    await sign(folder, "1-targets", "tom");
    const other = readdirSync(path.join(folder, "repo/ceremonies/1-root")).find((name) => name.includes("signature"));
    const line = `repo combine repo targets --signature repo/ceremonies/1-root/${other}`;
    await refused(folder, line, "signature-of-other-draft", 3);
  });

  test("what somebody has signed is not changed under the signature", async () => {
    await ceremony(folder, "1-root", "alice", "bob");
    await sign(folder, "1-targets", "tom");
    await refused(folder, "repo line add repo drives --key rel.pub.pem", "ceremony-under-way", 3);
    rmSync(path.join(folder, "repo/ceremonies/1-targets"), { recursive: true });
    await refused(folder, "repo line add repo drives --key rel.pub.pem", "role-not-written", 5);
  });
});

describe("keys that change", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await published();
  });

  test.each([
    ["adding one that is there", "repo rotate repo root --add alice.pub.pem", "key-present", 2],
    ["removing one that is not", "repo rotate repo root --remove fresh.pub.pem", "key-absent", 2],
    [
      "removing too many",
      "repo rotate repo root --remove alice.pub.pem --remove bob.pub.pem",
      "threshold-unreachable",
      2,
    ],
    ["changing nothing", "repo rotate repo root", "nothing-to-change", 2],
    ["a role that is none", "repo rotate repo drives --add fresh.pub.pem", "bad-value", 2],
    ["a line that is none", "repo rotate repo line-pumps --add fresh.pub.pem", "delegation-absent", 2],
    ["revoking what no role has", "repo revoke repo fresh.pub.pem", "key-absent", 2],
    ["revoking the only key", "repo revoke repo rel.pub.pem", "threshold-unreachable", 2],
    ["a key id that nobody has", "repo revoke repo 0000000000000000", "key-not-known", 2],
    ["a line that is there", "repo line add repo drives --key fresh.pub.pem", "delegation-present", 2],
    ["a line with a bad name", "repo line add repo Drives! --key fresh.pub.pem", "name-not-writable", 2],
    ["a private key where a public one belongs", "repo rotate repo root --add fresh.pem", "private-key-given", 4],
    ["a release twice", "repo release add repo r.suit --line drives", "target-present", 2],
    ["a release of no line", "repo release add repo r.suit --line pumps", "delegation-absent", 2],
    ["withdrawing what is not listed", "repo release withdraw repo drives/dx9/9.suit", "target-absent", 2],
  ])("%s is refused", async (_, line, code, exit) => {
    await refused(folder, line, code, exit);
  });

  test("an envelope that the line's keys have not signed is not listed", async () => {
    await done(folder, "release build fw.bin --config sumac.yaml --version 1.2.0 --sequence 3 --out s.suit");
    await done(folder, "release sign s.suit --test-only-key fresh.pem");
    await refused(folder, "repo release add repo s.suit --line drives", "signer-unknown", 3);
  });

  test("several changes go into one draft while nobody has signed it", async () => {
    await done(folder, "repo rotate repo root --add fresh.pub.pem --remove carol.pub.pem");
    await done(folder, "repo rotate repo timestamp --add fresh.pub.pem");
    const said = await done(folder, "repo prepare repo root");
    expect(said.stdout).toContain("+ root key fresh");
    expect(said.stdout).toContain("+ timestamp key fresh");
    expect(said.stdout).toContain("- root key carol");
    const prepared = (await done(folder, "repo prepare repo root --json")).json() as {
      prepared: { version: number }[];
    };
    expect(prepared.prepared[0]?.version).toBe(2);
  });
});
