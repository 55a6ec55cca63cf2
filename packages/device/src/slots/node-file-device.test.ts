import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Device } from "../device/device.ts";
import { firmware, makeRelease, testFactory, testImage } from "../device/release.test.support.ts";
import { type FileDevice, type FileDeviceOptions, openFileDevice } from "./node-file-device.ts";

let root = "";
let folder = "";
const opened: FileDevice[] = [];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "sumac-device-"));
  folder = join(root, "sub", "device");
});
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
  rmSync(root, { recursive: true });
});

async function open(options: Partial<FileDeviceOptions> = {}): Promise<FileDevice> {
  const components = [{ id: firmware, capacity: 20_000 }];
  const made = await openFileDevice({ folder, components, ...options });
  opened.push(made);
  return made;
}
const first = makeRelease({ sequence: 1n, image: testImage(10_000, 1) });
const second = makeRelease({ sequence: 2n, image: testImage(10_000, 2) });
type Played = typeof first;
const fetchOf = ({ images }: Played) =>
  async function* (from: number): AsyncGenerator<Uint8Array> {
    yield (images[0] ?? new Uint8Array()).subarray(from);
  };
const current = (): string => readlinkSync(join(folder, "current"));
const running = (): Uint8Array => new Uint8Array(readFileSync(join(folder, "current", "firmware.image")));

async function made(): Promise<Device> {
  const device = new Device((await open()).parts);
  await device.provision({ ...testFactory, envelope: first.envelope, fetch: fetchOf(first) });
  await device.boot();
  return device;
}
async function arm(device: Device): Promise<void> {
  const received = device.receive(second.envelope, {});
  if (!received.ok || received.value.kind !== "offer") throw new Error("not offered");
  expect((await device.install(received.value.offer, { fetch: fetchOf(second) })).ok).toBe(true);
  await device.arm();
}

test("a device in a folder: its own alone, and `current` leads to the image that runs", async () => {
  const device = await made();
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(running()).toEqual(first.images[0]);
  await arm(device);
  expect(running()).toEqual(first.images[0]);
  await device.boot();
  expect(running()).toEqual(second.images[0]);
  // Not confirmed: the way back.
  await device.boot();
  expect(running()).toEqual(first.images[0]);
});

test("a link that points elsewhere is put right by the next boot: the state is the truth", async () => {
  const device = await made();
  const changes: readonly (() => void)[] = [
    () => unlinkSync(join(folder, "current")),
    () => {
      unlinkSync(join(folder, "current"));
      symlinkSync("/etc", join(folder, "current"));
    },
    () => symlinkSync("b", join(folder, "current.new")),
  ];
  for (const change of changes) {
    change();
    await device.boot();
    expect(current()).toBe("a");
  }
  // A link that is right is not written again.
  const before = statSync(folder).mtimeMs;
  await device.boot();
  expect(statSync(folder).mtimeMs).toBe(before);
});

test("something else under the link's name is not removed, and nothing counts as running", async () => {
  const device = await made();
  unlinkSync(join(folder, "current"));
  mkdirSync(join(folder, "current"));
  writeFileSync(join(folder, "current", "mine"), "");
  await expect(device.boot()).rejects.toMatchObject({ code: "storage-foreign" });
  expect(() => device.status()).toThrow("not running");
  expect(existsSync(join(folder, "current", "mine"))).toBe(true);
});

test("one process at a time has it, until it lets go", async () => {
  const holder = await open();
  await expect(open()).rejects.toMatchObject({ code: "storage-locked" });
  await holder.close();
  await open();
});

test("a folder that others may write, or that is no folder, is refused by name", async () => {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o777);
  await expect(open()).rejects.toMatchObject({ code: "storage-foreign" });
  rmSync(folder, { recursive: true });
  writeFileSync(folder, "");
  await expect(open()).rejects.toMatchObject({ code: "storage-failed" });
});

test("partitions may be named by links, as the system does", async () => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  for (const slot of ["a", "b"]) {
    writeFileSync(join(root, `partition-${slot}`), new Uint8Array(20_000));
    symlinkSync(join(root, `partition-${slot}`), join(root, `by-label-${slot}`));
  }
  const { parts } = await open({ partition: (slot) => join(root, `by-label-${slot}`) });
  const device = new Device(parts);
  await device.provision({ ...testFactory, envelope: first.envelope, fetch: fetchOf(first) });
  expect(await device.boot()).toMatchObject({ kind: "running", mode: "confirmed" });
  expect(new Uint8Array(readFileSync(join(root, "partition-a"))).subarray(0, 10_000)).toEqual(first.images[0]);
});
