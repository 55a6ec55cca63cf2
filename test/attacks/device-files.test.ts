import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { Device } from "@sumac/device";
import { type FileDevice, type InstallerOptions, openFileDevice } from "@sumac/device/node";
import { serializeTrustRecord } from "@sumac/verifier";
import { afterEach, describe, expect, test } from "vitest";
import { craftRelease, flip } from "../support/crafted-envelope.ts";
import { firmware, identity } from "../support/example-product.ts";
import { foreign, newer, offer, release, running, streamOf, vendor, vendorPart } from "../support/sample-device.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const opened: FileDevice[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

interface Gateway {
  readonly folder: string;
  readonly files: FileDevice;
  readonly device: Device;
}

async function open(folder: string, installer?: InstallerOptions): Promise<Gateway> {
  const files = await openFileDevice({
    folder,
    components: [{ id: firmware, capacity: 4096 }],
    ...(installer === undefined ? {} : { installer }),
  });
  opened.push(files);
  return { folder, files, device: new Device(files.parts) };
}

async function provisionedGateway(installer?: InstallerOptions): Promise<Gateway> {
  const gateway = await open(path.join(temporaryFolder(), "device"), installer);
  const made = await gateway.device.provision({
    identity,
    trustRecord: serializeTrustRecord(vendorPart()),
    envelope: running.envelope,
    fetch: () => streamOf(running.image),
  });
  if (!made.ok) throw new Error(made.error.code);
  await gateway.device.boot();
  return gateway;
}

const imageIn = (folder: string, slot: string): string => {
  const name = readdirSync(path.join(folder, slot)).find((each) => each.endsWith(".image"));
  if (name === undefined) throw new Error(`slot ${slot} has no image`);
  return path.join(folder, slot, name);
};

describe("T-DEV-FILE-SLOTS: what lies in a gateway's folder is not believed because it lies there", () => {
  const swaps: readonly (readonly [string, (armedImage: string, activeImage: string) => void])[] = [
    ["one bit of the image", (file) => writeFileSync(file, flip(new Uint8Array(readFileSync(file)), 100))],
    ["the active slot's image in its place", (file, active) => writeFileSync(file, readFileSync(active))],
    [
      "a link to another file in its place",
      (file) => {
        renameSync(file, `${file}.moved`);
        symlinkSync(`${file}.moved`, file);
      },
    ],
    [
      "a folder in its place",
      (file) => {
        renameSync(file, `${file}.moved`);
        mkdirSync(file);
      },
    ],
  ];
  test.each(swaps)("T-DEV-FILE-SLOTS: %s, after it was armed: the old release runs", async (_, swap) => {
    const { folder, device } = await provisionedGateway();
    expect(await offer(device, newer)).toMatchObject({ ok: true });
    await device.arm();
    swap(imageIn(folder, "b"), imageIn(folder, "a"));
    expect(await device.boot()).toMatchObject({ booted: { sequence: 5n, slot: "a" }, mode: "confirmed" });
    expect(device.status().floor.sequence).toBe(5n);
  });

  test("T-DEV-FILE-SLOTS: a stranger's release laid into the folder does not run", async () => {
    const { folder, device } = await provisionedGateway();
    await offer(device, newer);
    await device.arm();
    const theirs = await release(6n, [foreign]);
    writeFileSync(path.join(folder, "b", "envelope.suit"), theirs.envelope);
    writeFileSync(imageIn(folder, "b"), theirs.image);
    expect(await device.boot()).toMatchObject({ booted: { sequence: 5n, slot: "a" } });
  });

  test("T-DEV-FILE-SLOTS: two processes never work on one folder", async () => {
    const { folder } = await provisionedGateway();
    await expect(open(folder)).rejects.toMatchObject({ code: "storage-locked" });
  });

  test("T-DEV-FILE-SLOTS: a folder that others may write is not entered", async () => {
    const folder = path.join(temporaryFolder(), "open");
    mkdirSync(folder, { mode: 0o777 });
    chmodSync(folder, 0o777);
    await expect(open(folder)).rejects.toMatchObject({ code: "storage-foreign" });
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("T-DEV-INSTALLER: another program installs: it gets what was verified, and nothing else", () => {
  /** Keeps a copy of what it was given. */
  function installer(): { readonly options: InstallerOptions; readonly given: string } {
    const folder = temporaryFolder();
    const given = path.join(folder, "given");
    const program = path.join(folder, "install");
    writeFileSync(program, `#!/bin/sh\ncp "$1" "${given}"\n`, { mode: 0o700 });
    return { options: { install: { argv: [program, "{file}"], timeoutMs: 20_000 } }, given };
  }

  test.each([
    ["an altered payload", async () => ({ ...newer, image: flip(newer.image, 9) }), "image-digest-mismatch"],
    ["a stranger's release", () => release(6n, [foreign]), "signer-unknown"],
    ["an older release", () => release(4n), "rollback"],
  ] as const)("T-DEV-INSTALLER: %s: the installer is not even started", async (_, make, code) => {
    const { options, given } = installer();
    const { device } = await provisionedGateway(options);
    const factory = readFileSync(given);
    writeFileSync(given, "");
    expect(await offer(device, await make())).toMatchObject({ ok: false, error: { code } });
    expect(readFileSync(given, "utf8")).toBe("");
    expect(await offer(device, newer)).toMatchObject({ ok: true });
    expect(new Uint8Array(readFileSync(given))).toEqual(newer.image);
    expect(new Uint8Array(factory)).toEqual(running.image);
  });

  test("T-DEV-INSTALLER: no word of the manifest is read by a shell", async () => {
    const folder = temporaryFolder();
    const [given, trap, program] = ["given", "trap", "install"].map((name) => path.join(folder, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(program, `#!/bin/sh\nprintf '%s' "$2" > "${given}"\n`, { mode: 0o700 });
    const { device } = await provisionedGateway({
      install: { argv: [program, "{file}", "{version}"], timeoutMs: 20_000 },
    });
    const version = `$(touch ${trap})\`touch ${trap}\`;touch ${trap}`;
    const text = { languages: [{ language: "en", components: [{ component: firmware, version }] }] };
    const sly = await craftRelease({
      sequence: 6n,
      manifest: { text: { at: "inline", value: text } },
      signers: [vendor],
    });
    expect(await offer(device, sly)).toMatchObject({ ok: true });
    expect(existsSync(trap)).toBe(false);
    expect(readFileSync(given, "utf8")).toContain("touch");
  });

  test("T-DEV-INSTALLER: one that fails is a fault, and what runs stays", async () => {
    const { options, given } = installer();
    const { device } = await provisionedGateway(options);
    writeFileSync(options.install.argv[0] ?? given, "#!/bin/sh\nexit 7\n", { mode: 0o700 });
    await expect(offer(device, newer)).rejects.toMatchObject({ code: "installer-failed" });
    expect(device.status().boot.state).toBe("idle");
    expect(await device.boot()).toMatchObject({ booted: { sequence: 5n }, mode: "confirmed" });
  });
});
