import { existsSync, mkdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fixture } from "../support/example-product.ts";
import { type Ended, SumacProcess, sumac } from "../support/sumac-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
const inside = (...parts: readonly string[]): string => path.join(folder, ...parts);
const read = (name: string): string => readFileSync(inside(name), "utf8");
const vendor = fixture("keys", "vendor.test-only.public.pem");

let server: SumacProcess;
let url = "";
let unit = "";
let units = 0;

async function release(version: string, sequence: number): Promise<string> {
  const image = fixture("images", `rtu-demo-${version}.bin`);
  const words = ["release", "build", image, "--config", fixture("sumac.yaml"), "--version", version];
  const signer = ["--test-only-key", fixture("keys", "vendor.test-only.private.pem")];
  expect(await sumac([...words, "--sequence", `${sequence}`, ...signer], { folder })).toMatchObject({ code: 0 });
  return `rtu-demo-${version}.suit`;
}

beforeAll(async () => {
  const first = await release("1.1.0", 2);
  const second = await release("1.2.0", 3);
  expect(first).toBe("rtu-demo-1.1.0.suit");
  const tokens = ["--publish-token-file", "publish.token", "--device-token-file", "device.token"];
  server = new SumacProcess(
    ["serve", "--data", "data", "--trust", vendor, "--port", "0", "--polling-seconds", "1", ...tokens, "--json"],
    { folder },
  );
  url = String((await server.next("listening"))["url"]);
  const published = await sumac(["publish", second, "--server", url, "--token-file", "publish.token"], { folder });
  expect(published).toMatchObject({ code: 0, stderr: "" });
});
afterAll(() => server.kill("SIGKILL"));

interface Setting {
  readonly restart?: string;
  readonly selfTest?: string;
  readonly poll?: string;
  readonly folder?: string;
  /** More lines of the configuration. */
  readonly more?: readonly string[];
}

function configure(setting: Setting = {}): string {
  const { restart = '{ kind: image, command: [sh, -c, "readlink current >> starts"] }', selfTest = "not-tested" } =
    setting;
  const lines = [
    `server: ${url}`,
    `controllerId: ${unit}`,
    "token: { file: device.token, kind: gateway }",
    "profile: it",
    `platform: { kind: files, folder: ${setting.folder ?? unit}, components: [{ id: [firmware], maxSize: 256 KiB }] }`,
    `poll: { least: ${setting.poll ?? "1 s"} }`,
    `restart: ${restart}`,
    `selfTest: ${selfTest}`,
    "notify: [{ file: notices }]",
    ...(setting.more ?? []),
  ];
  writeFileSync(inside(`${unit}.yaml`), `${lines.join("\n")}\n`);
  return `${unit}.yaml`;
}

/** A new unit with release 1.1.0 in it. */
async function provisioned(setting: Setting = {}): Promise<string> {
  units++;
  unit = `unit-${units}`;
  const config = configure(setting);
  const words = ["device", "provision", "--config", config, "--product", fixture("sumac.yaml"), "--trust", vendor];
  const factory = ["--factory", "rtu-demo-1.1.0.suit", "--serial", unit, "--record", `${unit}.json`];
  expect(await sumac([...words, ...factory], { folder })).toMatchObject({ code: 0, stderr: "" });
  return config;
}

const once = (config: string): Promise<Ended> => sumac(["device", "agent", "--config", config, "--once"], { folder });
const agent = (config: string): SumacProcess =>
  new SumacProcess(["device", "agent", "--config", config, "--json"], { folder });
const starts = (): string[] => (existsSync(inside(unit, "starts")) ? read(`${unit}/starts`).trim().split("\n") : []);

describe("an agent as a process of the system", { timeout: 60_000 }, () => {
  test("brings an update to its confirmed boot, starts the image once, and ends in order", async () => {
    const config = await provisioned();
    const running = agent(config);
    await running.next("confirmed");
    await running.next("polled");
    running.kill("SIGTERM");
    const ended = await running.ended;
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    expect(ended.events().at(-1)).toEqual({ event: "stopped" });
    expect(starts()).toEqual(["a", "b"]);
    expect(readlinkSync(inside(unit, "current"))).toBe("b");
    const status = await sumac(["device", "status", unit, "--json"], { folder });
    expect(status.json()).toMatchObject({ floor: { sequence: 3 }, state: "confirmed", activeSlot: "b" });
    expect(existsSync(inside("notices"))).toBe(false);
  });

  test("EDR 3.13: an owner's part that is set while an update waits for its restart starts nothing, and takes it back", async () => {
    const config = await provisioned({ restart: "{ kind: operator }" });
    expect((await once(config)).stdout).toContain("restart postponed");
    const key = (name: string): string => fixture("keys", `${name}.test-only.public.pem`);
    const part = ["--part", "owner", "--approval", key("owner"), "--root", key("owner")];
    expect(await sumac(["trust", "make", `${unit}.trust`, ...part], { folder })).toMatchObject({ code: 0 });
    const inventory = await sumac(["device", "inventory", unit, "--json"], { folder });
    expect(inventory.json()).toMatchObject({ running: { sequence: "2", mode: "confirmed" } });
    const owned = await sumac(["device", "own", unit, "--record", `${unit}.trust`], { folder });
    expect(owned).toMatchObject({ code: 0, stderr: "" });
    const status = await sumac(["device", "status", unit, "--json"], { folder });
    expect(status.json()).toMatchObject({ floor: { sequence: 2 }, state: "idle", activeSlot: "a" });
    expect((await once(config)).stdout).toContain("1.1.0 (sequence 2) goes on running from slot a, confirmed");
  });

  test("SIGHUP reads the configuration again; one that is wrong changes nothing", async () => {
    const config = await provisioned({ restart: "{ kind: operator }", poll: "1 s" });
    const running = agent(config);
    await running.next("restart-postponed");
    configure({ restart: "{ kind: operator }", poll: "2 s" });
    running.kill("SIGHUP");
    expect(await running.next("configuration-read")).toMatchObject({ outcome: "exchanged" });
    writeFileSync(inside(config), "nonsense: 1\n");
    running.kill("SIGHUP");
    expect(await running.next("configuration-refused")).toMatchObject({ code: "config-unknown-key" });
    configure({ folder: "another" });
    running.kill("SIGHUP");
    expect(await running.next("configuration-read")).toMatchObject({ outcome: "platform-differs" });
    await running.next("polled");
    running.kill("SIGTERM");
    expect((await running.ended).code).toBe(0);
    const log = await sumac(["device", "log", "show", unit], { folder });
    expect(log.stdout).toMatch(/policy-changed success .*setting=pollLeastSeconds/);
  });

  test("killed on trial, it goes on with the trial: no boot, no second start, no count", async () => {
    const config = await provisioned({ selfTest: '{ command: [sh, -c, "test -e go || sleep 60; test -e go"] }' });
    const running = agent(config);
    await running.next("armed");
    // It is in its self-test now, which waits for us.
    await new Promise((resolve) => setTimeout(resolve, 700));
    running.kill("SIGKILL");
    await running.ended;
    expect(starts()).toEqual(["a", "b"]);
    writeFileSync(inside(unit, "go"), "");
    const again = await once(config);
    expect(again).toMatchObject({ code: 0, stderr: "" });
    expect(again.stdout).toMatch(/1\.2\.0 \(sequence 3\) goes on running from slot b, trial/);
    expect(again.stdout).toMatch(/confirmed 1\.2\.0/);
    expect(starts()).toEqual(["a", "b"]);
  });

  test("killed before the image was started, it starts it before it tests it", async () => {
    const config = await provisioned({
      restart: '{ kind: image, command: [sh, -c, "readlink current >> starts; test ! -e slow || sleep 60"] }',
    });
    expect((await once(configureLike(config, "operator"))).stdout).toMatch(/restart postponed/);
    configure({
      restart: '{ kind: image, command: [sh, -c, "readlink current >> starts; test ! -e slow || sleep 60"] }',
    });
    writeFileSync(inside(unit, "slow"), "");
    const running = agent(config);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    running.kill("SIGKILL");
    await running.ended;
    const before = starts();
    expect(before.at(-1)).toBe("b");
    rmSync(inside(unit, "slow"));
    expect((await once(config)).stdout).toMatch(/confirmed 1\.2\.0/);
    expect(starts()).toEqual([...before, "b"]);
  });

  test("an image that cannot be started goes back, without a self-test, and is started again", async () => {
    const config = await provisioned({
      restart: '{ kind: image, command: [sh, -c, "readlink current >> starts; test $(readlink current) = a"] }',
    });
    const ended = await once(config);
    expect(ended.code).toBe(6);
    expect(ended.stderr).toMatch(/^error\[update-reverted\]/);
    expect(starts()).toEqual(["a", "b", "a"]);
  });

  test("restart by exit: code 75, and the next start is the boot", async () => {
    const config = await provisioned({ restart: "{ kind: exit }" });
    const ended = await once(config);
    expect(ended).toMatchObject({ code: 75, stderr: "" });
    expect(ended.stdout).toMatch(/ends so that the new image is started/);
    const next = await once(config);
    expect(next).toMatchObject({ code: 0, stderr: "" });
    expect(next.stdout).toMatch(/booting 1\.2\.0 \(sequence 3\) from slot b, on trial/);
    expect(next.stdout).toMatch(/confirmed 1\.2\.0/);
  });

  test("restart by the machine: only a new start of the machine is a boot", async () => {
    const config = await provisioned({ restart: "{ kind: machine, command: [touch, rebooting] }" });
    expect((await once(config)).stdout).toMatch(/restart postponed/);
    expect(existsSync(inside(unit, "rebooting"))).toBe(true);
    expect((await once(config)).stdout).toMatch(/1\.1\.0 \(sequence 2\) goes on running from slot a, confirmed/);
    // The machine has started again: another boot id.
    writeFileSync(inside(unit, "started"), read(`${unit}/started`).replace(/^\S+/, "0-1-2"));
    expect((await once(config)).stdout).toMatch(/booting 1\.2\.0 \(sequence 3\) from slot b, on trial/);
  });

  test("CR 2.1: whoever consents by a command hears the number of what is armed, and that of what is installed", async () => {
    const consent =
      'consent: { command: [sh, -c, "echo $0 $1 $2 >> asked; test $0 = install", "{step}", "{sequence}", "{digest}"] }';
    const config = await provisioned({ more: [consent] });
    expect((await once(config)).stdout).toMatch(/waits for consent to restart/);
    expect((await once(config)).stdout).toMatch(/restart postponed/);
    const asked = read(`${unit}/asked`).trim().split("\n");
    expect(asked.map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual(["install 3", "restart 3", "restart 3"]);
    expect(new Set(asked.map((line) => line.split(" ")[2])).size).toBe(1);
    // No number that nobody signed: what is armed was damaged meanwhile, and no boot would try it.
    writeFileSync(inside(unit, "b", "envelope.suit"), "damaged");
    await once(config);
    expect(read(`${unit}/asked`).trim().split("\n").at(-1)).toMatch(/^restart unknown /);
  });

  test("CR 2.8: a confirmed image that cannot be started is said, on the terminal and in the event log", async () => {
    const config = await provisioned({ restart: "{ kind: image, command: [sh, -c, exit 7] }" });
    expect((await once(config)).stdout).toMatch(
      /1\.1\.0 \(sequence 2\) was not started: its command failed \(exit code 7\)/,
    );
    const log = await sumac(["device", "log", "show", unit], { folder });
    expect(log.stdout).toMatch(/image-not-started failure .*how="exit code 7".*sequence=2/);
  });

  test.each([
    ["another size", (file: string) => writeFileSync(file, "short")],
    ["a folder", (file: string) => mkdirSync(file)],
  ])("CR 2.10: updates wait for an event log that is none (%s), and its remedy works", async (_what, change) => {
    const config = await provisioned();
    const file = inside(unit, "events.log");
    rmSync(file);
    change(file);
    const held = await once(config);
    expect(held.code).toBe(0);
    expect(held.stdout).toMatch(/waits, log-failing: the event log \S+\/events\.log .*sumac device log clear FOLDER/);
    expect(starts()).toEqual(["a"]);
    const clear = ["device", "log", "clear", unit, "--by", "anna", "--reason", "ticket 17"];
    const refused = await sumac(clear, { folder });
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.stderr).toMatch(/^error\[log-not-exported\]/);
    const cleared = await sumac([...clear, "--drop-unexported", "--json"], { folder });
    expect(cleared.json()).toMatchObject({ setAside: `${unit}/events.log.damaged` });
    expect(existsSync(inside(unit, "events.log.damaged"))).toBe(true);
    expect((await once(config)).stdout).toMatch(/confirmed 1\.2\.0/);
    const log = await sumac(["device", "log", "show", unit], { folder });
    expect(log.stdout).toMatch(/log-cleared success by=anna reason="ticket 17"/);
  });

  test("CR 7.3: settings are saved before anything is armed; while that fails the update waits, staged", async () => {
    const backup =
      'backup: { command: [sh, -c, "echo no room; test -e room && echo $0 > saved", "{digest}"], timeout: 5 s }';
    const config = await provisioned({ more: [backup] });
    const held = await once(config);
    expect(held).toMatchObject({ code: 0, stderr: "" });
    expect(held.stdout).toMatch(/staged 1\.2\.0 .*\nbackup failed: exit code 1\n.*waits, backup-failed/);
    const status = await sumac(["device", "status", unit, "--json"], { folder });
    expect(status.json()).toMatchObject({ state: "staged", activeSlot: "a" });
    writeFileSync(inside(unit, "room"), "");
    expect((await once(config)).stdout).toMatch(/backup made\narmed/);
    expect(read(`${unit}/saved`)).toMatch(/^[0-9a-f]{64}\n$/);
    const log = await sumac(["device", "log", "show", unit], { folder });
    expect(log.stdout).toMatch(/backup-failed failure .*output="no room"/);
    expect(log.stdout).toMatch(/backup-made success/);
  });

  test("CR 3.4 RE 2: a configuration that was changed on the quiet is told, until somebody accepts it", async () => {
    const config = await provisioned();
    expect((await once(config)).code).toBe(0);
    writeFileSync(inside(config), `${read(config)}# changed\n`);
    const notice = async (...words: readonly string[]): Promise<string> => {
      rmSync(inside("notices"), { force: true });
      const running = new SumacProcess(["device", "agent", "--config", config, "--json", ...words], { folder });
      await running.next("polled");
      await new Promise((resolve) => setTimeout(resolve, 500));
      running.kill("SIGTERM");
      await running.ended;
      return existsSync(inside("notices")) ? read("notices") : "";
    };
    expect(await notice()).toMatch(/"subject":"configuration"/);
    expect(await notice("--accept-configuration")).toBe("");
    expect(await notice()).toBe("");
  });
});

/** The same unit, for one run, with a person who restarts it. */
function configureLike(config: string, kind: string): string {
  configure({ restart: `{ kind: ${kind} }` });
  return config;
}
