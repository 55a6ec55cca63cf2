import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { nodeCrypto } from "@sumac/crypto/node";
import { type DeviceState, FlashState, MemoryFlash } from "@sumac/device";
import { defaultLimits, parseEnvelope, parseManifest, resolveSeverable } from "@sumac/suit";
import { trustKey, verifyReport } from "@sumac/verifier";
import { beforeAll, describe, expect, test } from "vitest";
import { CollectedArguments } from "../command.ts";
import { layoutFor, openDeviceFolder } from "../device/device-folder.ts";
import type { DeviceSettings } from "../device/device-settings.ts";
import { planFactory, provision } from "../device/provision.ts";
import { readPublicKey } from "../public-key-file.ts";
import { emptyFolder, fixture, sumac, testIo, testKey, testPublicKey, twoLines } from "../sumac.test.support.ts";
import { Terminal } from "../terminal.ts";

const folder = emptyFolder();
let envelope = "";

beforeAll(async () => {
  // A report names its manifest by the reference-uri.
  const config = path.join(folder, "sumac.yaml");
  writeFileSync(config, `referenceUri: https://vendor.example/rtu\n${readFileSync(fixture("sumac.yaml"), "utf8")}`);
  const build = ["release", "build", fixture("images", "rtu-demo-1.1.0.bin"), "--config", config, "--version", "1.1.0"];
  const signed = ["--sequence", "2", "--out", path.join(folder, "release"), "--test-only-key", testKey("vendor")];
  const built = await sumac([...build, ...signed, "--json"]);
  expect(built.code).toBe(0);
  ({ envelope } = built.json() as { envelope: string });
  const { io } = testIo({ folder });
  const given = new CollectedArguments(
    new Map(),
    new Map([
      ["trust", [testPublicKey("vendor")]],
      ["config", [config]],
      ["factory", [envelope]],
    ]),
  );
  const plan = await planFactory(given, "rtu-1", { io, terminal: new Terminal(io, "text") });
  const opened = await openDeviceFolder(io, "unit", plan.settings, "new");
  opened.keepSettings();
  if (plan.release === undefined) throw new Error("no release");
  await provision(opened.device, plan, plan.release);
  await opened.device.boot();
  opened.device.receive(Uint8Array.of(1, 2, 3), {});
  await opened.close();
});

const settingsOf = (unit: string): DeviceSettings =>
  JSON.parse(readFileSync(path.join(folder, unit, "device.json"), "utf8")) as DeviceSettings;

const run = (...words: string[]): ReturnType<typeof sumac> => sumac(["device", ...words], { folder });
const key = ["--device-key", "unit/device-key.pub.pem"];

describe("device log", () => {
  test("show: what happened, for a person and for a program", async () => {
    const shown = await run("log", "show", "unit");
    expect(shown).toMatchObject({ code: 0, stderr: "" });
    expect(shown.stdout.split("\n").map((line) => line.trim().split(/\s+/)[2])).toEqual([
      "provisioned",
      "booted",
      "update-received",
      "update-refused",
      undefined,
    ]);
    const asJson = await run("log", "show", "unit", "--last", "1", "--json");
    expect(asJson.json()).toMatchObject({
      device: "rtu-1",
      records: [{ counter: 3, type: "update-refused", id: 103, result: "refused", facts: { code: "malformed" } }],
    });
  });

  test("export and verify: sound as written, and refused with its place when a record is altered", async () => {
    expect(await run("log", "export", "unit", "--out", "log.jsonl")).toMatchObject({ code: 0, stderr: "" });
    const sound = await run("log", "verify", "log.jsonl", ...key, "--json");
    expect(sound.code).toBe(0);
    expect(sound.json()).toMatchObject({ verdict: "sound", records: 4, end: "as-signed" });
    const lines = readFileSync(path.join(folder, "log.jsonl"), "utf8");
    writeFileSync(path.join(folder, "forged.jsonl"), lines.replace('"result":"refused"', '"result":"success"'));
    const forged = await run("log", "verify", "forged.jsonl", ...key);
    expect(forged).toMatchObject({ code: 3, stdout: "" });
    expect(forged.stderr).toMatch(twoLines("log-record-altered"));
    expect(forged.stderr).toContain("record 2 of the general ring");
    const asJson = await run("log", "verify", "forged.jsonl", ...key, "--json");
    expect(asJson.json()).toMatchObject({ problem: { code: "log-record-altered", ring: "general", index: 2 } });
    writeFileSync(path.join(folder, "cut.jsonl"), lines.slice(0, -9));
    expect(await run("log", "verify", "cut.jsonl", ...key)).toMatchObject({ code: 4 });
  });

  test("export as syslog, and never over a file that is there", async () => {
    expect(await run("log", "export", "unit", "--out", "log.txt", "--format", "syslog")).toMatchObject({ code: 0 });
    const lines = readFileSync(path.join(folder, "log.txt"), "utf8").trimEnd().split("\n");
    expect(lines).toHaveLength(4);
    expect(lines.at(-1)).toMatch(/^<132>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ rtu-1 sumac - update-refused \[sumac@32473 /);
    expect(await run("log", "export", "unit", "--out", "log.txt")).toMatchObject({ code: 2 });
  });

  test("verify: the log where it lies, alone and against a head that was kept", async () => {
    await run("log", "export", "unit", "--out", "kept.jsonl");
    expect(await run("log", "verify", "unit")).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("no signed head"),
    });
    expect(await run("log", "verify", "unit", "--head", "kept.jsonl", ...key)).toMatchObject({ code: 0, stderr: "" });
    expect(await run("log", "verify", "unit", "--head", "kept.jsonl")).toMatchObject({ code: 2 });
    expect((await run("log", "verify", "kept.jsonl")).stderr).toMatch(twoLines("missing-option"));
    expect(await run("log", "verify", "kept.jsonl", "--chain-only")).toMatchObject({ code: 0 });
    expect((await run("log", "verify", "kept.jsonl", "--device-key", testPublicKey("owner"))).stderr).toMatch(
      twoLines("statement-signer-unknown"),
    );
  });

  test.each([
    ["nothing there", ["log", "show", "nowhere"], 5],
    ["a folder without a device", ["log", "show", "release"], 5],
    ["a file that is no log", ["log", "verify", "unit/device.json", "--chain-only"], 4],
    ["a public key as a log", ["log", "show", "unit/device-key.pub.pem"], 4],
  ])("%s", async (_, words, code) => expect((await run(...words)).code).toBe(code));
});

describe("device log: clear and mark as exported", () => {
  const who = ["--by", "anna", "--reason", "yearly audit, kept in the archive"];

  test("CR 2.8: clear drops nothing that was not exported, and says who cleared it and why", async () => {
    const before = await run("log", "show", "unit");
    const refused = await run("log", "clear", "unit", ...who);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(twoLines("log-not-exported"));
    expect(await run("log", "show", "unit")).toMatchObject({ stdout: before.stdout });
    const marked = await run("log", "export", "unit", "--out", "archive.jsonl", "--mark-exported");
    expect(marked).toMatchObject({ code: 0, stderr: "" });
    expect((await run("log", "show", "unit", "--last", "1")).stdout).toMatch(/log-exported success .*through=3/);
    expect(await run("log", "clear", "unit", ...who)).toMatchObject({ code: 0, stderr: "" });
    const after = (await run("log", "show", "unit")).stdout;
    expect(after.trim().split("\n")).toHaveLength(1);
    expect(after).toMatch(/log-cleared success by=anna reason="yearly audit, kept in the archive"/);
    // The chain goes on from what was exported.
    const verified = await run("log", "verify", "unit", "--head", "archive.jsonl", ...key);
    expect(verified.code).toBe(0);
  });

  test("CR 2.8: what was not exported is dropped only by that name", async () => {
    const opened = await openDeviceFolder(testIo({ folder }).io, "unit", settingsOf("unit"), "existing");
    opened.log.note({ type: "factory-reset", source: "device", result: "success" });
    await opened.close();
    expect(await run("log", "clear", "unit", ...who)).toMatchObject({ code: 2 });
    expect(await run("log", "clear", "unit", ...who, "--drop-unexported")).toMatchObject({ code: 0, stderr: "" });
  });

  test.each([
    ["nobody", ["log", "clear", "unit", "--reason", "x"]],
    ["no reason", ["log", "clear", "unit", "--by", "anna"]],
    ["a reason of two lines", ["log", "clear", "unit", "--by", "anna", "--reason", "a\nb"]],
    ["to mark a file", ["log", "export", "archive.jsonl", "--out", "y", "--mark-exported"]],
  ])("refused: %s", async (_, words) => expect((await run(...words)).code).toBeGreaterThan(1));

  test("a device that another process runs is left alone", async () => {
    const opened = await openDeviceFolder(testIo({ folder }).io, "unit", settingsOf("unit"), "existing");
    try {
      expect((await run("log", "clear", "unit", ...who, "--drop-unexported")).stderr).toMatch(
        twoLines("device-running"),
      );
    } finally {
      await opened.close();
    }
  });
});

describe("device check --accept", () => {
  const who = ["--by", "anna", "--reason", "poll interval, ticket 17"];
  const write = (more: string): void =>
    writeFileSync(
      path.join(folder, "agent.yaml"),
      [
        "server: http://127.0.0.1:1",
        "controllerId: rtu-1",
        "token: { file: token, kind: gateway }",
        "profile: it",
        "platform: { kind: flash, folder: unit }",
        "restart: { kind: simulated }",
        "selfTest: not-tested",
        more,
      ].join("\n"),
    );
  const config = ["--config", "agent.yaml"];

  test("CR 3.4: a configuration is accepted by somebody who says so, with a reason, and then watched", async () => {
    write("");
    const found = await run("check", "unit", ...config);
    expect(found.code).toBe(6);
    expect(found.stdout).toMatch(/configuration configuration-not-declared/);
    expect(await run("check", "unit", ...config, "--accept")).toMatchObject({ code: 2 });
    expect(await run("check", "unit", "--by", "anna")).toMatchObject({ code: 2 });
    expect(await run("check", "unit", ...config, "--accept", ...who)).toMatchObject({ code: 0, stderr: "" });
    expect(await run("check", "unit", ...config)).toMatchObject({ code: 0, stderr: "" });
    write("poll: { least: 5 s }");
    expect((await run("check", "unit", ...config)).stdout).toMatch(/configuration configuration-changed/);
    expect(await run("check", "unit", ...config, "--accept", ...who)).toMatchObject({ code: 0, stderr: "" });
    expect(await run("check", "unit", ...config)).toMatchObject({ code: 0, stderr: "" });
    const log = (await run("log", "show", "unit")).stdout;
    const entry = /integrity-accepted warning by=anna reason="poll interval, ticket 17" accepted=configuration/g;
    expect(log.match(entry)).toHaveLength(2);
    expect(log).toMatch(/policy-changed success .*setting=configuration/);
  });

  test("CR 3.4 RE 1: a seal of another key is accepted, a changed image or floor is not", async () => {
    const io = testIo({ folder }).io;
    const file = path.join(folder, "unit", "flash.bin");
    const sound = readFileSync(file);
    const layout = layoutFor(settingsOf("unit"));
    const tamper = async (change: (state: DeviceState) => DeviceState): Promise<void> => {
      const flash = new MemoryFlash(layout.geometry, new Uint8Array(readFileSync(file)));
      const state = new FlashState(flash, layout.state, nodeCrypto);
      const stored = await state.read();
      if (stored.kind !== "present") throw new Error("no state");
      await state.write(change(stored.state));
      writeFileSync(file, flash.snapshot());
    };
    await tamper(({ seal: _, ...state }) => state);
    expect((await run("check", "unit")).stdout).toMatch(/seal seal-missing/);
    expect(await run("check", "unit", "--accept", ...who)).toMatchObject({ code: 0, stderr: "" });
    expect(await run("check", "unit")).toMatchObject({ code: 0 });
    await tamper((state) => ({ ...state, floor: { ...state.floor, sequence: 1n } }));
    const lowered = readFileSync(file);
    const refused = await run("check", "unit", "--accept", ...who);
    expect(refused.code).toBe(6);
    expect(refused.stdout).toMatch(/^floors not-as-sealed/);
    expect(readFileSync(file).equals(lowered)).toBe(true);
    writeFileSync(file, sound);
    expect(await openDeviceFolder(io, "unit", settingsOf("unit"), "existing").then((opened) => opened.close())).toBe(
      undefined,
    );
  });
});

describe("device report, inventory and check", () => {
  test("inventory", async () => {
    const shown = await run("inventory", "unit", "--json");
    expect(shown).toMatchObject({ code: 0, stderr: "" });
    expect(shown.json()).toMatchObject({
      inventory: 1,
      device: "rtu-1",
      running: { slot: "a", sequence: "2" },
      trust: { vendor: { sequence: "0" }, owner: null },
      policy: { maxTrials: 3 },
    });
    expect((await run("inventory", "unit")).stdout).toContain("device rtu-1, key ");
  });

  test("report: the verifier believes it", async () => {
    const made = await run("report", "unit", "--out", "unit.report", "--nonce", "00112233");
    expect(made).toMatchObject({ code: 0, stderr: "" });
    const parsed = parseEnvelope(new Uint8Array(readFileSync(envelope)));
    if (!parsed.ok) throw new Error(parsed.error.code);
    const manifest = parseManifest(parsed.value.manifest);
    if (!manifest.ok) throw new Error(manifest.error.code);
    const members = resolveSeverable(parsed.value, manifest.value, nodeCrypto, defaultLimits);
    if (!members.ok) throw new Error(members.error.code);
    const { io } = testIo({ folder });
    const deviceKey = trustKey(await readPublicKey(io, "unit/device-key.pub.pem"), nodeCrypto);
    const verified = verifyReport(new Uint8Array(readFileSync(path.join(folder, "unit.report"))), {
      crypto: nodeCrypto,
      deviceKey,
      update: { manifest: manifest.value, members: members.value, manifestDigest: parsed.value.digest },
      freshness: { nonce: Uint8Array.of(0, 0x11, 0x22, 0x33) },
    });
    expect(verified).toMatchObject({ ok: true, value: { result: "success" } });
    expect(await run("report", "unit", "--out", "x", "--nonce", "xyz")).toMatchObject({ code: 2 });
  });

  test("CR 3.3: check asks the verifier for its known answers first", async () => {
    expect((await run("check", "unit")).stdout).toMatch(/the verifier knew all \d+ answers of its self-test/);
    const asJson = await run("check", "unit", "--json");
    expect(asJson.json()).toMatchObject({ verifier: { verdict: "pass", wrong: [] }, result: "sound" });
  });

  test("CR 3.4: check finds a flipped bit in the image, and says in which component", async () => {
    expect(await run("check", "unit")).toMatchObject({ code: 0, stderr: "" });
    const file = path.join(folder, "unit", "flash.bin");
    const before = readFileSync(file);
    const settings = JSON.parse(readFileSync(path.join(folder, "unit", "device.json"), "utf8"));
    const [image] = layoutFor(settings).slots.a.images;
    const after = new Uint8Array(before);
    after[(image?.offset ?? 0) + 100] = (after[(image?.offset ?? 0) + 100] ?? 0) ^ 1;
    writeFileSync(file, after);
    const found = await run("check", "unit", "--json");
    writeFileSync(file, before);
    expect(found.code).toBe(6);
    expect(found.json()).toMatchObject({
      result: "violated",
      findings: [{ subject: "image", code: "image-digest-mismatch", slot: "a", component: expect.any(String) }],
    });
    expect(found.stderr).toMatch(twoLines("integrity-violated"));
  });
});
