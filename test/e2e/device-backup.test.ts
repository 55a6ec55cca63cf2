import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fixture } from "../support/example-product.ts";
import { type Ended, SumacProcess, sumac } from "../support/sumac-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
const inside = (...parts: readonly string[]): string => path.join(folder, ...parts);
const run = (...words: readonly string[]): Promise<Ended> => sumac(words, { folder });
const vendor = fixture("keys", "vendor.test-only.public.pem");
const settings = (): string => readFileSync(inside("settings"), "utf8");

let server: SumacProcess;

const lines = (unit: string, url: string): string[] => [
  `server: ${url}`,
  `controllerId: ${unit}`,
  "token: { file: device.token, kind: gateway }",
  "profile: it",
  `platform: { kind: files, folder: ${unit}, components: [{ id: [firmware], maxSize: 256 KiB }] }`,
  "restart: { kind: operator }",
  "selfTest: not-tested",
  `backup: { command: [sh, -c, 'cp ${inside("settings")} "$0"', "{file}"], file: settings.bak }`,
  `restore: { command: [sh, -c, 'test ! -e ${inside("broken")} && cp "$0" ${inside("settings")}', "{file}"] }`,
];

beforeAll(async () => {
  const signed = ["--test-only-key", fixture("keys", "vendor.test-only.private.pem")];
  for (const [version, sequence] of [
    ["1.1.0", "2"],
    ["1.2.0", "3"],
  ] as const) {
    const image = fixture("images", `rtu-demo-${version}.bin`);
    const named = ["--config", fixture("sumac.yaml"), "--version", version, "--sequence", sequence];
    expect(await run("release", "build", image, ...named, ...signed)).toMatchObject({ code: 0 });
  }
  const tokens = ["--publish-token-file", "publish.token", "--device-token-file", "device.token"];
  const serving = ["serve", "--data", "data", "--trust", vendor, "--port", "0", "--polling-seconds", "1"];
  server = new SumacProcess([...serving, ...tokens, "--json"], { folder });
  const url = String((await server.next("listening"))["url"]);
  const published = await run("publish", "rtu-demo-1.2.0.suit", "--server", url, "--token-file", "publish.token");
  expect(published).toMatchObject({ code: 0 });
  for (const unit of ["unit", "other"]) {
    writeFileSync(inside(`${unit}.yaml`), `${lines(unit, url).join("\n")}\n`);
    const words = ["--config", `${unit}.yaml`, "--product", fixture("sumac.yaml"), "--trust", vendor];
    const factory = ["--factory", "rtu-demo-1.1.0.suit", "--serial", unit, "--record", `${unit}.json`];
    expect(await run("device", "provision", ...words, ...factory)).toMatchObject({ code: 0, stderr: "" });
  }
}, 60_000);
afterAll(() => server.kill("SIGKILL"));

const restore = (config = "unit.yaml"): Promise<Ended> =>
  run("device", "restore", "unit", "--config", config, "--by", "anna", "--reason", "new board");
const log = async (): Promise<string> => (await run("device", "log", "show", "unit", "--last", "4")).stdout;

describe("CR 7.3 RE 1: a backup is signed when it is made, and checked before it is restored", {
  timeout: 60_000,
}, () => {
  test("CR 7.3 RE 1: without a backup nothing is restored", async () => {
    writeFileSync(inside("settings"), "setpoint 40\n");
    const refused = await restore();
    expect(refused).toMatchObject({ code: 3 });
    expect(refused.stderr).toMatch(/^error\[backup-invalid\]: .*no record of a backup\nhint: /);
  });

  test("CR 7.3 RE 1: it comes back as it was saved, and the event log says who, why and what", async () => {
    const updated = await run("device", "agent", "--config", "unit.yaml", "--once");
    expect(updated.stdout).toMatch(/backup made, settings\.bak signed\narmed/);
    writeFileSync(inside("settings"), "lost");
    const restored = await restore();
    expect(restored).toMatchObject({ code: 0, stderr: "" });
    expect(restored.stdout).toMatch(/^restored .*settings\.bak: 12 bytes, as this device has signed them\n/);
    expect(settings()).toBe("setpoint 40\n");
    expect(await log()).toMatch(/restore-begun success by=anna file=settings\.bak size=12 reason="new board"/);
    expect(await log()).toMatch(/backup-restored success .*how="exit code 0"/);
  });

  const bak = inside("settings.bak");
  const record = inside("unit", "backup-record");
  test.each<[string, string, () => void]>([
    ["an altered backup", "digest-differs", () => writeFileSync(bak, "setpoint 99\n")],
    ["one that is longer", "size-differs", () => writeFileSync(bak, "setpoint 40\nsetpoint 99\n")],
    ["a folder", "file-foreign", () => mkdirSync(bak)],
    ["a pipe", "file-foreign", () => void execFileSync("mkfifo", [bak])],
    ["a link to the very bytes", "file-foreign", () => symlinkSync("kept", bak)],
    ["nothing", "file-missing", () => undefined],
  ])("CR 7.3 RE 1: %s is backup-invalid, and nothing is run", async (_what, because, change) => {
    const kept = readFileSync(bak);
    writeFileSync(inside("kept"), kept);
    rmSync(bak);
    change();
    writeFileSync(inside("settings"), "untouched");
    const refused = await restore();
    expect(refused).toMatchObject({ code: 3 });
    expect(refused.stderr).toMatch(/^error\[backup-invalid\]: .*\nhint: .*\n$/);
    expect(settings()).toBe("untouched");
    expect(await log()).toMatch(new RegExp(`restore-failed refused by=anna code=backup-invalid .*because=${because}`));
    rmSync(bak, { recursive: true, force: true });
    writeFileSync(bak, kept);
  });

  test("CR 7.3 RE 1: a record that another device has signed, or none, is not believed", async () => {
    const own = readFileSync(record);
    expect((await run("device", "agent", "--config", "other.yaml", "--once")).stdout).toContain("backup made");
    writeFileSync(bak, "untouched");
    writeFileSync(record, readFileSync(inside("other", "backup-record")));
    expect((await restore()).stderr).toMatch(/^error\[backup-invalid\]: .*is signed by key [0-9a-f]{64}, not by/);
    rmSync(record);
    expect((await restore()).stderr).toMatch(/^error\[backup-invalid\]: .*no record/);
    writeFileSync(record, own, { mode: 0o600 });
    writeFileSync(bak, "setpoint 40\n");
    expect(await restore()).toMatchObject({ code: 0 });
  });

  test("CR 7.3 RE 1: a command that fails is told, and so is a configuration that says nothing of it", async () => {
    writeFileSync(inside("broken"), "");
    const failed = await restore();
    rmSync(inside("broken"));
    expect(failed).toMatchObject({ code: 6 });
    expect(failed.stderr).toMatch(/^error\[restore-failed\]: .*\(exit code 1\)\n/);
    expect(await log()).toMatch(/restore-failed failure .*how="exit code 1"/);
    expect((await restore("other.yaml")).stderr).toMatch(/^error\[bad-value\]: the configuration is of the device in/);
    const without = readFileSync(inside("unit.yaml"), "utf8").replace(/^restore:.*\n/m, "");
    writeFileSync(inside("without.yaml"), without);
    expect((await restore("without.yaml")).stderr).toMatch(/^error\[restore-not-configured\]/);
    writeFileSync(inside("orphan.yaml"), readFileSync(inside("unit.yaml"), "utf8").replace(/, file: settings.bak/, ""));
    const orphan = await restore("orphan.yaml");
    expect(orphan).toMatchObject({ code: 4 });
    expect(orphan.stderr).toMatch(/^error\[config-bad-value\].*restore stands without backup\.file/);
    expect(existsSync(bak)).toBe(true);
  });
});
