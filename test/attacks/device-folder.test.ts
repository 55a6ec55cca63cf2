/** What the commands for a device make of a folder in which something else stands than the device has written. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { fixture } from "../support/example-product.ts";
import { type Ended, sumac } from "../support/sumac-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
const inside = (...parts: readonly string[]): string => path.join(folder, ...parts);
const run = (...words: readonly string[]): Promise<Ended> => sumac(words, { folder });
const onDevice = (words: string, unit = "unit"): Promise<Ended> => run("device", ...words.split(" "), unit);

/** What a simulated device has instead of files. */
const replaced: Readonly<Record<string, string>> = {
  platform: "platform: { kind: flash, folder: flash }",
  restart: "restart: { kind: simulated }",
};

beforeAll(async () => {
  const image = fixture("images", "rtu-demo-1.1.0.bin");
  const signed = ["--test-only-key", fixture("keys", "vendor.test-only.private.pem")];
  const product = fixture("sumac.yaml");
  const build = ["release", "build", image, "--config", product, "--version", "1.1.0", "--sequence", "2", ...signed];
  expect(await run(...build)).toMatchObject({ code: 0 });
  const lines = [
    "server: http://127.0.0.1:1",
    "controllerId: rtu-1",
    "token: { file: device.token, kind: gateway }",
    "profile: it",
    "platform: { kind: files, folder: gateway, components: [{ id: [firmware], maxSize: 256 KiB }] }",
    "restart: { kind: operator }",
    "selfTest: not-tested",
  ];
  writeFileSync(inside("agent.yaml"), `${lines.join("\n")}\n`);
  writeFileSync(inside("device.token"), `${"t".repeat(32)}\n`, { mode: 0o600 });
  const vendor = ["--trust", fixture("keys", "vendor.test-only.public.pem"), "--product", product];
  const factory = ["--factory", "rtu-demo-1.1.0.suit", ...vendor, "--serial", "1"];
  expect(await run("device", "provision", "--config", "agent.yaml", ...factory, "--record", "1.json")).toMatchObject({
    code: 0,
  });
  const flash = lines.map((line) => line.replace(/^(platform|restart):.*/, (_all, key: string) => replaced[key] ?? ""));
  writeFileSync(inside("flash.yaml"), `${flash.join("\n")}\n`);
  expect(await run("device", "provision", "--config", "flash.yaml", ...factory, "--record", "2.json")).toMatchObject({
    code: 0,
  });
}, 60_000);

test("EDR 3.12: a unit whose record could not be written is not provisioned", { timeout: 20_000 }, async () => {
  const other = readFileSync(inside("agent.yaml"), "utf8").replace("folder: gateway", "folder: other");
  writeFileSync(inside("other.yaml"), other);
  const words = ["--config", "other.yaml", "--trust", fixture("keys", "vendor.test-only.public.pem"), "--serial", "2"];
  const factory = ["--factory", "rtu-demo-1.1.0.suit", "--product", fixture("sumac.yaml")];
  const refused = await run("device", "provision", ...words, ...factory, "--record", "nowhere/2.json");
  expect(refused).toMatchObject({ code: 5 });
  expect(refused.stderr).toContain("error[folder-not-found]");
  expect(existsSync(inside("other"))).toBe(false);
});

test("CR 2.1: a gateway is not run as a simulated device, which asks no operator", { timeout: 20_000 }, async () => {
  const server = ["--server", "http://127.0.0.1:1", "--token-file", "device.token"];
  for (const command of ["run", "simulate"]) {
    const refused = await run("device", command, "gateway", "--once", ...server);
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.stderr).toContain("error[not-simulated]");
  }
});

test("CR 7.6: an inventory says of a gateway what its configuration says, and nothing it does not know", async () => {
  const inventory = async (...config: string[]): Promise<unknown> =>
    (await run("device", "inventory", "gateway", "--json", ...config)).json();
  expect(await inventory()).toMatchObject({ policy: { maxTrials: 3 } });
  expect(await inventory()).not.toMatchObject({ policy: { restart: expect.anything() } });
  expect(await inventory("--config", "agent.yaml")).toMatchObject({
    policy: { maxTrials: 3, restart: '{"kind":"operator"}', whenLogFails: "refuse-updates" },
  });
});

const who = ["--by", "anna", "--reason", "ticket 17"];

type Change = (file: string) => void;
const pipe: Change = (file) => execFileSync("mkfifo", ["-m", "600", file]);
const directory: Change = (file) => mkdirSync(file);
const garbage: Change = (file) => writeFileSync(file, "no such thing", { mode: 0o600 });

function changed(kind: "gateway" | "flash", file: string, change: Change): void {
  rmSync(inside("unit"), { recursive: true, force: true });
  cpSync(inside(kind), inside("unit"), { recursive: true });
  rmSync(inside("unit", file), { recursive: true });
  change(inside("unit", file));
}

describe("CR 7.1: a pipe in place of a file is refused and not waited for", { timeout: 20_000 }, () => {
  test.each([
    ["gateway", "device.json", "status", 5, "not-a-regular-file"],
    ["gateway", "device-key.pem", "check", 6, "storage-failed"],
    ["gateway", "events.log", "log show", 5, "not-a-regular-file"],
    ["flash", "flash.bin", "status", 5, "not-a-regular-file"],
  ] as const)("of a device in %s: %s, seen by %s", async (kind, file, words, code, problem) => {
    changed(kind, file, pipe);
    const ended = await onDevice(words);
    expect(ended).toMatchObject({ code });
    expect(ended.stderr).toContain(`error[${problem}]`);
  });
});

describe("CR 2.10: an event log that is gone keeps nobody from seeing", { timeout: 30_000 }, () => {
  test.each([
    ["a pipe", pipe],
    ["a folder", directory],
    ["garbage", garbage],
    ["nothing", () => undefined],
  ])("status, inventory and integrity, where there is %s", async (_what, change: Change) => {
    changed("gateway", "events.log", change);
    expect(await onDevice("status")).toMatchObject({ code: 0, stderr: "" });
    expect(await onDevice("check")).toMatchObject({ code: 0, stderr: "" });
    expect(await onDevice("inventory")).toMatchObject({ code: 0 });
    expect((await onDevice("log show")).stderr).toMatch(/^error\[[a-z-]+\]: .*events\.log/);
  });
});

describe("CR 3.9: what is no log is said to be none, whatever it was to be", { timeout: 20_000 }, () => {
  test.each([
    ["an export whose first byte was altered", "!", ["--device-key", "gateway/device-key.pub.pem"]],
    ["a log file cut to nothing", "", ["--device-key", "gateway/device-key.pub.pem", "--head", "kept.jsonl"]],
  ])("%s", async (_what, content, options) => {
    expect(await run("device", "log", "export", "gateway", "--out", "kept.jsonl", "--replace")).toMatchObject({
      code: 0,
    });
    writeFileSync(inside("given"), content);
    const ended = await run("device", "log", "verify", "given", ...options);
    expect(ended).toMatchObject({ code: 4 });
    expect(ended.stderr).toContain("error[not-an-event-log]");
  });
});

describe("CR 7.1: a lock that is none is named, and is made anew when it is removed", { timeout: 20_000 }, () => {
  test.each([
    ["garbage", (file) => writeFileSync(file, "x".repeat(5000), { mode: 0o600 })],
    ["short garbage", garbage],
    ["a folder", directory],
    ["a pipe", pipe],
    ["a link", (file) => symlinkSync("flash.bin", file)],
  ] satisfies [string, Change][])("%s", async (_what, change) => {
    changed("flash", "device.lock", change);
    const cleared = (): Promise<Ended> => run("device", "log", "clear", "unit", ...who, "--drop-unexported");
    const refused = await cleared();
    expect(refused).toMatchObject({ code: 4 });
    expect(refused.stderr).toMatch(/^error\[device-folder-damaged\]: unit\/device\.lock .*\nhint: .*remove it.*\n$/);
    rmSync(inside("unit", "device.lock"), { recursive: true });
    expect(await cleared()).toMatchObject({ code: 0, stderr: "" });
  });
});
