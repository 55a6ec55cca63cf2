import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeCrypto } from "@sumac/crypto/node";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { FileSystem } from "../files/file-system.ts";
import { nodeFileSystem } from "../files/node-file-system.ts";
import { FileSlots, type FileSlotsOptions } from "./file-slots.ts";

let folder = "";
let opened: FileSlots[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sumac-slots-"));
});
afterEach(async () => {
  for (const slots of opened) await slots.close();
  opened = [];
  rmSync(folder, { recursive: true });
});

const components = ["firmware", "web"].map((name) => ({ id: [new TextEncoder().encode(name)], capacity: 20_000 }));
const envelope = Uint8Array.from({ length: 300 }, (_, i) => i & 0xff);
const images = [9000, 700].map((size, i) => Uint8Array.from({ length: size }, (_, at) => (at * 7 + i) & 0xff));
const staging = { envelope, imageSizes: images.map(({ length }) => length) };

function open(options: Partial<FileSlotsOptions> = {}): FileSlots {
  const slots = new FileSlots({ files: nodeFileSystem, folder, crypto: nodeCrypto, components, ...options });
  opened.push(slots);
  return slots;
}

async function write(
  slot: "a" | "b",
  until: "partial" | "sealed" = "sealed",
  slots: FileSlots = open(),
): Promise<void> {
  const writer = await slots.begin(slot, staging);
  await writer.write(0, 0, images[0] ?? new Uint8Array());
  if (until === "partial") return slots.close();
  await writer.write(1, 0, images[1] ?? new Uint8Array());
  await writer.seal();
}

const at = (...names: string[]): string => join(folder, ...names);
const image = (slot: "a" | "b"): string => at(slot, "firmware.image");
const fault = (code: string) => expect.objectContaining({ code });

describe("what lies in the folder is not believed because it lies there", () => {
  const ownFiles = ["envelope.suit", "staging", "seal", "firmware.image"] as const;

  test("files are for their owner only, whatever the process's mask says", async () => {
    const mask = process.umask(0);
    try {
      await write("a");
    } finally {
      process.umask(mask);
    }
    expect(statSync(at("a")).mode & 0o777).toBe(0o700);
    expect(readdirSync(at("a")).sort()).toEqual([...ownFiles, "web.image"].sort());
    for (const name of readdirSync(at("a"))) expect(statSync(at("a", name)).mode & 0o777).toBe(0o600);
  });

  const attacks: Readonly<Record<string, (path: string) => void>> = {
    truncated: (path) => truncateSync(path, 10),
    "longer than announced": (path) => writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.alloc(1)])),
    "another file by a link": (path) => {
      renameSync(path, `${path}.elsewhere`);
      symlinkSync(`${path}.elsewhere`, path);
    },
    "with a second name": (path) => linkSync(path, at("second-name")),
    "a pipe": (path) => {
      rmSync(path);
      execFileSync("/bin/sh", ["-c", 'mkfifo "$0"', path]);
    },
    "a folder": (path) => {
      rmSync(path);
      mkdirSync(path);
      writeFileSync(join(path, "inside"), "");
    },
    "a device": (path) => {
      rmSync(path);
      symlinkSync("/dev/zero", path);
    },
    "writable by others": (path) => chmodSync(path, 0o622),
  };
  for (const [attack, make] of Object.entries(attacks)) {
    for (const file of ownFiles) {
      test(`${file} is ${attack}: damaged, and staging it again heals it`, async () => {
        await write("a");
        make(at("a", file));
        expect(await open().inspect("a")).toEqual({ state: "damaged" });
        expect(await open().resume("a", staging)).toBeUndefined();
        await write("a");
        expect((await open().inspect("a")).state).toBe("sealed");
      });
    }
  }

  test.each(ownFiles)("%s is missing", async (file) => {
    await write("a");
    rmSync(at("a", file));
    expect((await open().inspect("a")).state).toBe(file === "seal" ? "partial" : "damaged");
  });

  test.skipIf(process.getuid?.() !== 0)("files of another user are damaged (needs root to be tried)", async () => {
    for (const file of ownFiles) {
      await write("a");
      chownSync(at("a", file), 12345, 12345);
      expect(await open().inspect("a")).toEqual({ state: "damaged" });
    }
  });

  test("every flipped bit of envelope, staging and seal is noticed", async () => {
    await write("a");
    for (const file of ["envelope.suit", "staging", "seal"] as const) {
      const content = readFileSync(at("a", file));
      for (let byte = 0; byte < content.length; byte++) {
        const flipped = Buffer.from(content);
        flipped[byte] = (flipped[byte] ?? 0) ^ (1 << (byte % 8));
        writeFileSync(at("a", file), flipped);
        expect(await open().inspect("a")).toEqual({ state: "damaged" });
      }
      writeFileSync(at("a", file), content);
    }
    expect((await open().inspect("a")).state).toBe("sealed");
  });

  test("slots that were exchanged, or copied onto each other, are none", async () => {
    await write("a");
    renameSync(at("a"), at("b"));
    expect(await open().inspect("b")).toEqual({ state: "damaged" });
    await write("a");
    await write("b");
    copyFileSync(at("a", "seal"), at("b", "seal"));
    expect(await open().inspect("b")).toEqual({ state: "damaged" });
    rmSync(at("b"), { recursive: true });
    cpSync(at("a"), at("b"), { recursive: true });
    expect(await open().inspect("b")).toEqual({ state: "damaged" });
  });

  test("a slot that was written for other components is none", async () => {
    await write("a");
    expect(await open({ components: components.toReversed() }).inspect("a")).toEqual({ state: "damaged" });
    expect(await open({ components: components.slice(0, 1) }).inspect("a")).toEqual({ state: "damaged" });
  });

  test("a slot's folder that is a link, a file, or open to others is damaged, never written into, and named", async () => {
    const elsewhere = at("elsewhere");
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, "seal"), "precious");
    const standIns: readonly (() => void)[] = [
      () => symlinkSync(elsewhere, at("b")),
      () => writeFileSync(at("b"), "a file"),
      () => {
        mkdirSync(at("b"));
        chmodSync(at("b"), 0o777);
      },
    ];
    for (const make of standIns) {
      make();
      const slots = open();
      expect(await slots.inspect("b")).toEqual({ state: "damaged" });
      await expect(slots.begin("b", staging)).rejects.toThrow(fault("storage-foreign"));
      await expect(slots.discard("b")).rejects.toThrow(fault("storage-foreign"));
      rmSync(at("b"), { recursive: true });
    }
    expect(readFileSync(join(elsewhere, "seal"), "utf8")).toBe("precious");
  });

  test("a link in place of an image is not written through", async () => {
    await write("a", "partial");
    writeFileSync(at("victim"), "precious");
    rmSync(image("a"));
    symlinkSync(at("victim"), image("a"));
    expect(await open().resume("a", staging)).toBeUndefined();
    await write("a");
    expect(readFileSync(at("victim"), "utf8")).toBe("precious");
  });

  test("other things in a slot's folder stay as they are", async () => {
    await write("a");
    mkdirSync(at("a", "lost+found"));
    writeFileSync(at("a", "notes.txt"), "mine");
    await open().discard("a");
    expect(readdirSync(at("a")).sort()).toEqual(["lost+found", "notes.txt"]);
    await write("a");
    expect((await open().inspect("a")).state).toBe("sealed");
  });
});

describe("resume", () => {
  test("goes on at the last whole unit of what is there, with the next image where the first is whole", async () => {
    await write("a", "partial");
    expect((await open().resume("a", staging))?.position).toEqual({ component: 1, offset: 0 });
    truncateSync(image("a"), 8500);
    expect((await open().resume("a", staging))?.position).toEqual({ component: 0, offset: 8192 });
    truncateSync(image("a"), 4095);
    expect((await open().resume("a", staging))?.position).toEqual({ component: 0, offset: 0 });
  });

  test("a writer that was replaced writes no more", async () => {
    const slots = open();
    const first = await slots.begin("a", staging);
    const second = await slots.resume("a", staging);
    await expect(first.write(0, 0, envelope)).rejects.toThrow("abandoned");
    await second?.write(0, 0, envelope);
    await slots.discard("a");
    await expect(second?.seal()).rejects.toThrow("abandoned");
  });
});

describe("the disk is full", () => {
  const withSpace = (freeBytes: number, more: Partial<FileSystem> = {}): FileSystem => ({
    ...nodeFileSystem,
    freeBytes: async () => freeBytes,
    ...more,
  });

  test("an update that does not fit is refused before the old content is given up", async () => {
    await write("b");
    const slots = open({ files: withSpace(500_000), reserve: 600_000 });
    await expect(slots.begin("b", staging)).rejects.toThrow(fault("storage-full"));
    await expect(slots.begin("a", staging)).rejects.toThrow(/storage-full: .*needs \d+ bytes more/);
    expect((await open().inspect("b")).state).toBe("sealed");
  });

  test("what the old content takes up counts as free", async () => {
    await write("b");
    const needed = 9000 + 700 + 300 + 65_536;
    const files = withSpace(needed - 9000);
    await expect(open({ files, reserve: 0 }).begin("a", staging)).rejects.toThrow(fault("storage-full"));
    await write("b", "sealed", open({ files, reserve: 0 }));
  });

  test("it fills up during the download: named, resumed when there is room, and never sealed in between", async () => {
    const full = new Error("full");
    const files = withSpace(1e9, {
      open: async (path, mode) => {
        const file = await nodeFileSystem.open(path, mode);
        if (!path.endsWith("firmware.image")) return file;
        const write = async (offset: number, bytes: Uint8Array): Promise<void> => {
          if (offset + bytes.length > 5000) throw full;
          await file.write(offset, bytes);
        };
        return {
          facts: file.facts,
          read: (...args) => file.read(...args),
          write,
          truncate: (size) => file.truncate(size),
          sync: () => file.sync(),
          close: () => file.close(),
        };
      },
    });
    const slots = open({ files });
    const writer = await slots.begin("a", staging);
    const first = images[0] ?? new Uint8Array();
    await expect(
      (async () => {
        for (let offset = 0; offset < first.length; offset += 1000) {
          await writer.write(0, offset, first.subarray(offset, offset + 1000));
        }
      })(),
    ).rejects.toThrow(full);
    await expect(writer.seal()).rejects.toThrow();
    await slots.close();
    expect((await open().inspect("a")).state).toBe("partial");
    expect((await open().resume("a", staging))?.position.component).toBe(0);
  });
});

describe("a partition instead of a file", () => {
  /** A file of fixed size stands for the partition: it is opened, written and read in the same way. */
  const partition = (): Partial<FileSlotsOptions> => ({
    partition: (slot, { id }) => (new TextDecoder().decode(id[0]) === "firmware" ? at(`partition-${slot}`) : undefined),
  });
  beforeEach(() => {
    for (const slot of ["a", "b"]) writeFileSync(at(`partition-${slot}`), Buffer.alloc(16_384, 0xaa));
  });

  test("holds the image at its beginning; what follows is neither read nor changed", async () => {
    await write("a", "sealed", open(partition()));
    const slots = open(partition());
    expect((await slots.inspect("a")).state).toBe("sealed");
    const read: number[] = [];
    for await (const chunk of slots.read("a", 0, 9000)) read.push(...chunk);
    expect(Uint8Array.from(read)).toEqual(images[0]);
    const whole = readFileSync(at("partition-a"));
    expect(whole.length).toBe(16_384);
    expect(whole.subarray(9000).every((byte) => byte === 0xaa)).toBe(true);
    expect(existsSync(image("a"))).toBe(false);
    await slots.discard("a");
    expect(statSync(at("partition-a")).size).toBe(16_384);
  });

  test("resumes behind what was noted as safe", async () => {
    const slots = open(partition());
    const writer = await slots.begin("a", staging);
    await writer.write(0, 0, images[0]?.subarray(0, 8500) ?? new Uint8Array());
    expect((await open(partition()).resume("a", staging))?.position).toEqual({ component: 0, offset: 0 });
    const again = await slots.resume("a", staging);
    await again?.write(0, 0, images[0] ?? new Uint8Array());
    expect((await open(partition()).resume("a", staging))?.position).toEqual({ component: 1, offset: 0 });
  });

  test("that is too small, or is not there, is named, and the slot keeps what it has", async () => {
    await write("a", "sealed", open(partition()));
    truncateSync(at("partition-a"), 8999);
    expect(await open(partition()).inspect("a")).toEqual({ state: "damaged" });
    await expect(open(partition()).begin("a", staging)).rejects.toThrow(fault("storage-mismatch"));
    expect(existsSync(at("a", "seal"))).toBe(true);
    rmSync(at("partition-a"));
    await expect(open(partition()).begin("a", staging)).rejects.toThrow(fault("storage-failed"));
  });
});
