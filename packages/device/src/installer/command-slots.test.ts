import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { nodeCrypto } from "@sumac/crypto/node";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { Device } from "../device/device.ts";
import { firmware, makeRelease, testFactory, testImage } from "../device/release.test.support.ts";
import { updateFacts } from "../device/update-facts.ts";
import { nodeFileSystem as files } from "../files/node-file-system.ts";
import { FileSlots } from "../slots/file-slots.ts";
import { slotsContract } from "../slots/slots.contract.ts";
import { FileState } from "../state/file-state.ts";
import { commandPointer } from "./command-pointer.ts";
import { CommandSlots } from "./command-slots.ts";
import { NodeCommandRunner } from "./node-command-runner.ts";

const folders: string[] = [];
afterAll(() => {
  for (const each of folders) rmSync(each, { recursive: true });
});
function newFolder(): string {
  const made = realpathSync(mkdtempSync(join(tmpdir(), "sumac-command-")));
  folders.push(made);
  return made;
}
let folder = "";
beforeEach(() => {
  folder = newFolder();
});

const spools: FileSlots[] = [];
afterEach(async () => {
  for (const spool of spools.splice(0)) await spool.close();
});
const crypto = nodeCrypto;
const at = (...names: string[]): string => join(folder, ...names);
/** A small installer: a script of its own, with the arguments that it was configured with. */
function program(name: string, source: string): string {
  writeFileSync(at(name), `#!/bin/sh\n${source}\n`, { mode: 0o700 });
  return at(name);
}

slotsContract("command slots", (components) => {
  const own = newFolder();
  const open = (): CommandSlots => {
    const recovery = { id: [new TextEncoder().encode("recovery")], capacity: 500 };
    const spool = new FileSlots({ files, folder: own, crypto, components, recovery, envelopeCapacity: 400 });
    spools.push(spool);
    const runner = new NodeCommandRunner({ folder: own });
    const install = { argv: ["/bin/true"], timeoutMs: 5000 };
    return new CommandSlots({ spool, files, runner, crypto, install });
  };
  return { slots: open(), reopen: open };
});

interface Commands {
  readonly install: readonly string[];
  readonly readback?: readonly string[];
  readonly activate?: readonly string[];
  readonly confirm?: readonly string[];
  readonly revert?: readonly string[];
}

function device(commands: Commands, timeoutMs = 5000): { device: Device; slots: CommandSlots } {
  const command = (argv: readonly string[]) => ({ argv, timeoutMs });
  const { install, readback, activate, confirm, revert } = commands;
  const components = [{ id: firmware, capacity: 200_000 }];
  const spool = new FileSlots({ files, folder, crypto, components });
  spools.push(spool);
  const runner = new NodeCommandRunner({ folder, graceMs: 300 });
  const slots = new CommandSlots({
    spool,
    files,
    runner,
    crypto,
    install: command(install),
    ...(readback === undefined ? {} : { readback: command(readback) }),
  });
  const pointer = commandPointer(
    {
      ...(activate === undefined ? {} : { activate: command(activate) }),
      ...(confirm === undefined ? {} : { confirm: command(confirm) }),
      ...(revert === undefined ? {} : { revert: command(revert) }),
    },
    runner,
  );
  return { device: new Device({ slots, state: new FileState(files, folder, crypto), crypto, pointer }), slots };
}

const image = testImage(100_000, 7);
const first = makeRelease({ sequence: 1n, image: testImage(50_000, 1) });
const second = makeRelease({ sequence: 2n, image, version: "--force; 1.2\n" });
const third = makeRelease({ sequence: 3n, image: testImage(1000, 3) });
type Played = { readonly envelope: Uint8Array; readonly images: readonly Uint8Array[] };
const fetchOf = ({ images }: Played) =>
  async function* (from: number): AsyncGenerator<Uint8Array> {
    const bytes = images[0] ?? new Uint8Array();
    for (let offset = from; offset < bytes.length; offset += 10_000) yield bytes.subarray(offset, offset + 10_000);
  };

async function provisioned(commands: Commands, timeoutMs?: number): Promise<Device> {
  const made = device({ install: ["/bin/true"] });
  const result = await made.device.provision({ ...testFactory, envelope: first.envelope, fetch: fetchOf(first) });
  expect(result.ok).toBe(true);
  // What was put into the first slot at the factory, where a command may read it back.
  writeFileSync(at("target-a"), first.images[0] ?? new Uint8Array());
  const { device: next } = device(commands, timeoutMs);
  await next.boot();
  return next;
}

async function install(on: Device, release: Played = second, fetch = fetchOf(release)): Promise<unknown> {
  const received = on.receive(release.envelope, {});
  if (!received.ok || received.value.kind !== "offer") throw new Error("not offered");
  return on.install(received.value.offer, { fetch });
}
const never = (): never => {
  throw new Error("nothing has to be fetched");
};
const log = (): { head: Record<string, unknown>; output: string } => {
  const [head = "", ...output] = readFileSync(at("b", "installer.log"), "utf8").split("\n");
  return { head: JSON.parse(head) as Record<string, unknown>, output: output.join("\n") };
};

/** Lays the image down as a real one would: into a place of its own. */
const copying = () => program("copying", 'echo "installing $2 for $1"; cp "$2" target; echo done');
const words = (script: string): string[] => [script, "{slot}", "{file}", "{component}", "{version}", "{sequence}"];

describe("an installer gets what was verified", () => {
  test("with its facts as arguments, never through a shell; exit code and output are kept", async () => {
    const script = program("show", 'for word in "$@"; do echo "[$word]"; done; cp "$2" target');
    const on = await provisioned({ install: words(script) });
    expect(await install(on)).toMatchObject({ ok: true });
    expect(readFileSync(at("target")).equals(image)).toBe(true);
    expect(log().head).toMatchObject({ exitCode: 0, timing: "in-time" });
    expect(log().output).toBe(`[b]\n[${at("b", "firmware.image")}]\n[firmware]\n[_-force__1.2_]\n[2]\n`);
    expect(statSync(at("b", "installer.log")).mode & 0o777).toBe(0o600);
  });

  test("and nothing else: a payload that is not the signed one never reaches it", async () => {
    const on = await provisioned({ install: words(copying()) });
    const forged = { envelope: second.envelope, images: [image.with(500, (image[500] ?? 0) ^ 1)] };
    expect(await install(on, forged)).toMatchObject({ ok: false, error: { code: "image-digest-mismatch" } });
    expect(existsSync(at("target"))).toBe(false);
    expect(existsSync(at("b", "installer.log"))).toBe(false);
  });

  test("nor what was changed in the spool after it was written", async () => {
    const { slots } = device({ install: words(copying()) });
    const on = await provisioned({ install: words(copying()) });
    // What a resume finds is digested like the rest, so the change is seen before the installer is.
    const cut = async function* (): AsyncGenerator<Uint8Array> {
      yield image.subarray(0, 50_000);
      throw new Error("the line is cut");
    };
    await expect(install(on, second, cut)).rejects.toThrow("cut");
    expect((await slots.inspect("b")).state).toBe("partial");
    const spooled = readFileSync(at("b", "firmware.image"));
    writeFileSync(at("b", "firmware.image"), spooled.with(7, (spooled[7] ?? 0) ^ 1));
    const outcome = await install(on, second, fetchOf(second));
    expect(outcome).toMatchObject({ ok: true });
    expect(readFileSync(at("target")).equals(image)).toBe(true);
  });
});

describe("an installer that fails", () => {
  const cases: readonly (readonly [name: string, source: string, code: string, says: RegExp])[] = [
    ["ends with an exit code", "echo no slot >&2; exit 7", "installer-failed", /exit code 7: no slot$/],
    ["is killed", "echo begun; kill -9 $$", "installer-failed", /ended by SIGKILL: begun$/],
    ["hangs", "echo begun; sleep 60", "installer-timed-out", /took too long: begun$/],
    ["talks without end", "yes nonsense", "installer-timed-out", /took too long/],
  ];
  for (const [name, source, code, says] of cases) {
    test(`${name}: named, kept, nothing is staged, and the next try needs no download`, async () => {
      const on = await provisioned({ install: [program("bad", source), "{file}"] }, 300);
      const failed = install(on);
      await expect(failed).rejects.toMatchObject({ code, retryable: false });
      await expect(failed).rejects.toThrow(says);
      expect(log().head).toMatchObject({ timing: code === "installer-failed" ? "in-time" : "timed-out" });
      expect(statSync(at("b", "installer.log")).size).toBeLessThan(40_000);
      expect(on.status().boot.state).toBe("idle");
      await expect(on.arm()).rejects.toThrow("nothing is staged");
      const mended = device({ install: words(copying()) }).device;
      expect(await mended.boot()).toMatchObject({ kind: "running", booted: { sequence: 1n } });
      expect(await install(mended, second, never)).toMatchObject({ ok: true });
      expect(log()).toMatchObject({ head: { exitCode: 0 } });
    });
  }

  test("is asked again for a release that it has installed, and that was damaged since", async () => {
    const failing = program("failing", 'echo "$1" >> runs; [ $(wc -l < runs) -ne 2 ]');
    const on = await provisioned({ install: [failing, "{sequence}"] });
    await install(on);
    writeFileSync(
      at("b", "firmware.image"),
      image.map((byte) => byte ^ 1),
    );
    await on.boot();
    await expect(install(on)).rejects.toMatchObject({ code: "installer-failed" });
    expect(await install(on, second, never)).toMatchObject({ ok: true });
    expect(readFileSync(at("runs"), "utf8")).toBe("2\n2\n2\n");
  });

  test("is not there", async () => {
    const on = await provisioned({ install: ["/no/such/installer", "{file}"] });
    await expect(install(on)).rejects.toThrow("/no/such/installer: ENOENT");
  });

  test("a device killed while it installs installs again, with one installer at a time", async () => {
    await provisioned({ install: ["/bin/true"] });
    writeFileSync(at("release.suit"), second.envelope);
    writeFileSync(at("release.bin"), image);
    const slow = program("slow", 'mkdir busy || exit 9; echo x >> runs; sleep "$2"; cp "$1" target; rmdir busy');
    const source = `
      import { readFileSync } from "node:fs";
      const { openFileDevice } = await import(${JSON.stringify(join(import.meta.dirname, "../slots/node-file-device.ts"))});
      const { Device } = await import(${JSON.stringify(join(import.meta.dirname, "../device/device.ts"))});
      const { parts } = await openFileDevice({
        folder: ${JSON.stringify(folder)},
        components: [{ id: [new TextEncoder().encode("firmware")], capacity: 200000 }],
        installer: { install: { argv: [${JSON.stringify(slow)}, "{file}", "60"], timeoutMs: 90000 } },
      });
      const device = new Device(parts);
      await device.boot();
      const offer = device.receive(readFileSync("release.suit"), {}).value.offer;
      await device.install(offer, { async *fetch(from) { yield readFileSync("release.bin").subarray(from); } });`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", source], { cwd: folder, stdio: "inherit" });
    while (!existsSync(at("busy"))) await sleep(5);
    child.kill("SIGKILL");
    await once(child, "exit");
    rmSync(at("busy"), { recursive: true });
    const on = device({ install: [slow, "{file}", "0"] }).device;
    expect(await on.boot()).toMatchObject({ kind: "running", booted: { sequence: 1n } });
    expect(await install(on, second, never)).toMatchObject({ ok: true });
    expect(readFileSync(at("runs"), "utf8")).toBe("x\nx\n");
    expect(readFileSync(at("target")).equals(image)).toBe(true);
  }, 30_000);
});

describe("what the installer has laid down is read back", () => {
  const readback = ["/bin/cat", "target-{slot}"];

  test("and it is that which every boot verifies; what follows the image is not looked at", async () => {
    const larger = program("larger", 'cp "$1" target-b; head -c 5000000 /dev/zero >> target-b');
    const on = await provisioned({ install: [larger, "{file}"] });
    expect(await install(on)).toMatchObject({ ok: true });
    await on.arm();
    const next = device({ install: ["/bin/false"], readback }).device;
    expect(await next.boot()).toMatchObject({ kind: "running", mode: "trial", booted: { sequence: 2n } });
    // Decay where the image runs, not where it was spooled.
    await next.confirm();
    const laidDown = readFileSync(at("target-b"));
    writeFileSync(at("target-b"), laidDown.with(99, (laidDown[99] ?? 0) ^ 1));
    const outcome = await device({ install: ["/bin/false"], readback }).device.boot();
    expect(outcome).not.toMatchObject({ booted: { sequence: 2n } });
  });

  test.each([
    ["garbage", "head -c 100000 /dev/urandom > target-b"],
    ["half of it", 'head -c 50000 "$1" > target-b'],
    ["nothing", ": > target-b"],
  ])("an installer that says success and wrote %s is found out", async (_, source) => {
    const { device: on } = device({ install: [program("liar", source), "{file}"], readback });
    await provisioned({ install: ["/bin/true"] });
    await on.boot();
    await expect(install(on)).rejects.toThrow("image 0 reads back as other bytes");
    expect(on.status().boot.state).toBe("idle");
    expect((await on.boot()).kind).toBe("running");
  });

  test("a reader that fails is a fault of the slot, not an image", async () => {
    const on = await provisioned({
      install: [copying(), "b", "{file}"],
      readback: [program("mute", "cat target-$1"), "{slot}"],
    });
    await expect(install(on)).rejects.toMatchObject({ code: "installer-failed" });
  });
});

describe("the bootloader follows the device", () => {
  const noting = () => program("note", `echo "$@" >> ${at("notes")}`);
  const notes = (): string[] => (existsSync(at("notes")) ? readFileSync(at("notes"), "utf8").trim().split("\n") : []);
  const commands = (): Commands => ({
    install: ["/bin/true"],
    activate: [noting(), "activate", "{slot}"],
    confirm: [noting(), "confirm", "{slot}"],
    revert: [noting(), "revert", "{slot}"],
  });

  test("it is told to start the other slot, that it is good, or to go back", async () => {
    const on = await provisioned(commands());
    await install(on);
    expect(notes()).toEqual([]);
    await on.arm();
    await on.boot();
    await on.confirm();
    await on.boot();
    expect(notes()).toEqual(["activate b", "confirm b"]);
    await install(on, third);
    await on.arm();
    await on.boot();
    expect(await on.boot()).toMatchObject({ why: "trial-not-confirmed", booted: { slot: "b" } });
    await on.boot();
    expect(notes().slice(2)).toEqual(["activate a", "revert b"]);
  });

  test("it is told to go back where what it was to start may not run", async () => {
    const on = await provisioned(commands());
    await install(on);
    await on.arm();
    const changed = image.map((byte) => byte ^ 1);
    writeFileSync(at("b", "firmware.image"), changed);
    expect(await on.boot()).toMatchObject({ why: "staging-unusable", booted: { slot: "a" } });
    expect(notes()).toEqual(["activate b", "revert a"]);
  });

  test("a bootloader that does not agree is a veto: nothing is confirmed, and the next boot goes back", async () => {
    const on = await provisioned({ ...commands(), confirm: ["/bin/false"] });
    await install(on);
    await on.arm();
    await on.boot();
    await expect(on.confirm()).rejects.toMatchObject({ code: "installer-failed" });
    expect(on.status()).toMatchObject({ mode: "trial", floor: { sequence: 1n } });
    expect(await on.boot()).toMatchObject({ mode: "confirmed", booted: { sequence: 1n } });
    expect(notes()).toEqual(["activate b", "revert a"]);
  });
});

describe("a configuration that cannot be meant", () => {
  test.each([
    [[], 1000],
    [[""], 1000],
    [["{file}"], 1000],
    [["rauc", "{firmware}"], 1000],
    [["rauc", "install", "{file}"], 0],
    [["rauc", "install", "{file}"], Number.NaN],
  ])("%j with %d ms is a RangeError", (argv, timeoutMs) => {
    expect(() => device({ install: argv }, timeoutMs)).toThrow(RangeError);
  });
});

test("a version is made harmless, and is never empty", () => {
  const component = { id: firmware, capacity: 1 };
  const version = (text: string): string =>
    updateFacts(makeRelease({ sequence: 1n, version: text }).envelope, component, crypto).version;
  expect(version("1.2.3-rc.1+build")).toBe("1.2.3-rc.1+build");
  expect(version("-rf")).toBe("_rf");
  expect(version("")).toBe("unknown");
  expect(version("$(reboot)\n".repeat(20))).toMatch(/^[A-Za-z0-9._+~-]{64}$/);
  expect(() => updateFacts(new Uint8Array(9), component, crypto)).toThrow(RangeError);
});
