import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { image, temporaryDirectory } from "../server.test.support.ts";
import { BlobStore, SenderGone } from "./blob-store.ts";
import { type Files, nodeFiles } from "./files.ts";
import { measureBytes } from "./measure.ts";

const bytes = image(100_000);
const facts = measureBytes(bytes);

async function* inChunks(data: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < data.length; at += size) yield data.subarray(at, at + size);
}

async function* thenBreaks(data: Uint8Array): AsyncIterable<Uint8Array> {
  yield data;
  throw Object.assign(new Error("aborted"), { code: "ECONNRESET" });
}

async function openStore(files: Files = nodeFiles): Promise<{ store: BlobStore; root: string; files: () => string[] }> {
  const root = temporaryDirectory();
  const store = new BlobStore(root, files);
  await store.prepare();
  return {
    store,
    root,
    files: () =>
      readdirSync(root, { recursive: true, withFileTypes: true })
        .filter((e) => e.isFile())
        .map((e) => e.name),
  };
}

describe("put", () => {
  test.each([7, 1000, 65_536, 1_000_000])(
    "stores a body in chunks of %i",
    async (size) => {
      const { store, root } = await openStore();
      expect(await store.put(facts.sha256, facts.size, inChunks(bytes, size))).toEqual({ ok: true, value: facts });
      const path = join(root, "sha256", facts.sha256.slice(0, 2), facts.sha256);
      expect(readFileSync(path).equals(bytes)).toBe(true);
    },
    20_000,
  );

  test("knows the digests of an empty body", async () => {
    const empty = measureBytes(new Uint8Array());
    expect(empty.md5).toBe("d41d8cd98f00b204e9800998ecf8427e");
    expect(empty.sha1).toBe("da39a3ee5e6b4b0d3255bfef95601890afd80709");
    const { store } = await openStore();
    expect(await store.put(empty.sha256, 0, inChunks(new Uint8Array(), 1))).toEqual({ ok: true, value: empty });
    expect(await store.size(empty.sha256)).toBe(0);
  });

  test.each([
    ["one bit flipped", bytes.with(500, (bytes[500] ?? 0) ^ 1), "digest-mismatch"],
    ["one byte short", bytes.subarray(0, -1), "length-mismatch"],
    ["one byte long", Uint8Array.of(...bytes.subarray(0, 1000), 0), "length-mismatch"],
    ["nothing", new Uint8Array(), "length-mismatch"],
  ])("refuses %s and leaves nothing", async (_name, sent, code) => {
    const { store, files } = await openStore();
    const result = await store.put(facts.sha256, facts.size, inChunks(sent, 700));
    expect(result).toMatchObject({ ok: false, error: { code } });
    expect(files()).toEqual([]);
  });

  test("an endless body stops at the announced size", async () => {
    let sent = 0;
    async function* endless(): AsyncIterable<Uint8Array> {
      for (;;) {
        sent += 1000;
        yield new Uint8Array(1000);
      }
    }
    const { store, files } = await openStore();
    expect(await store.put(facts.sha256, facts.size, endless())).toMatchObject({
      ok: false,
      error: { code: "length-mismatch" },
    });
    expect(sent).toBe(facts.size + 1000);
    expect(files()).toEqual([]);
  });

  test("a sender that goes away leaves nothing", async () => {
    const { store, files } = await openStore();
    await expect(store.put(facts.sha256, facts.size, thenBreaks(bytes.subarray(0, 900)))).rejects.toBeInstanceOf(
      SenderGone,
    );
    expect(files()).toEqual([]);
  });

  test.each(["../../etc/passwd", "", "AB".repeat(32), `${facts.sha256}/..`, facts.sha256.slice(1)])(
    "%j never becomes a path",
    async (name) => {
      const { store } = await openStore();
      await expect(store.put(name, 1, inChunks(bytes, 10))).rejects.toBeInstanceOf(RangeError);
    },
  );

  test.each([
    ["create", "ENOSPC", "disk-full"],
    ["write", "ENOSPC", "disk-full"],
    ["sync", "EIO", "storage-failed"],
    ["rename", "EROFS", "storage-failed"],
    ["syncDirectory", "EIO", "storage-failed"],
    ["makeDirectory", "EACCES", "storage-failed"],
  ] as const)("a disk that fails at %s with %s is %s, and leaves no temporary file", async (operation, errno, code) => {
    const { store, root, files } = await openStore();
    const broken = new BlobStore(root, failing(operation, errno));
    await expect(broken.put(facts.sha256, facts.size, inChunks(bytes, 10_000))).rejects.toMatchObject({ code });
    expect(readdirSync(join(root, "incoming"))).toEqual([]);
    // What has its name is whole all the same.
    for (const name of files()) expect(name).toBe(facts.sha256);
    expect(await store.put(facts.sha256, facts.size, inChunks(bytes, 10_000))).toMatchObject({ ok: true });
  });
});

describe("read", () => {
  test("gives exactly the span", async () => {
    const { store } = await openStore();
    await store.put(facts.sha256, facts.size, inChunks(bytes, 10_000));
    const stream = await store.read(facts.sha256, facts.size, { start: 10, end: 19 });
    expect(await buffer(stream)).toEqual(Buffer.from(bytes.subarray(10, 20)));
  });

  test("says before the first byte that a blob is gone or cut", async () => {
    const { store, root } = await openStore();
    const span = { start: 0, end: 9 };
    await expect(store.read(facts.sha256, facts.size, span)).rejects.toMatchObject({ code: "blob-damaged" });
    await store.put(facts.sha256, facts.size, inChunks(bytes, 10_000));
    writeFileSync(join(root, "sha256", facts.sha256.slice(0, 2), facts.sha256), "cut");
    await expect(store.read(facts.sha256, facts.size, span)).rejects.toMatchObject({ code: "blob-damaged" });
  });
});

test("prepare sweeps what was half-received", async () => {
  const { store, root } = await openStore();
  writeFileSync(join(root, "incoming", "left"), "half");
  await store.prepare();
  expect(readdirSync(join(root, "incoming"))).toEqual([]);
});

test("compare checks without writing", async () => {
  const { store, files } = await openStore();
  expect(await store.compare(facts.sha256, facts.size, inChunks(bytes, 999))).toMatchObject({ ok: true });
  expect(await store.compare(facts.sha256, facts.size, inChunks(bytes.toReversed(), 999))).toMatchObject({
    ok: false,
    error: { code: "digest-mismatch" },
  });
  expect(files()).toEqual([]);
});

function failing(operation: string, errno: string): Files {
  const fail = async (): Promise<never> => {
    throw Object.assign(new Error(errno), { code: errno });
  };
  const files = {
    ...nodeFiles,
    create: async (path: string) => {
      const file = await nodeFiles.create(path);
      return operation === "write" || operation === "sync" ? { ...file, [operation]: fail } : file;
    },
  };
  return operation === "write" || operation === "sync" ? files : { ...files, [operation]: fail };
}
