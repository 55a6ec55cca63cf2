import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { FileFacts, FileSystem } from "./file-system.ts";
import { nodeFileSystem } from "./node-file-system.ts";
import { readPrivateFile } from "./private-file.ts";

const folder = mkdtempSync(join(tmpdir(), "sumac-private-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Looks as it should, and is another file by the time it is opened. */
const exchanged = (opened: Partial<FileFacts>): FileSystem => ({
  ...nodeFileSystem,
  async open(path, mode) {
    const file = await nodeFileSystem.open(path, mode);
    const { read, close } = { read: file.read.bind(file), close: file.close.bind(file) };
    return Object.assign(Object.create(file) as typeof file, { facts: { ...file.facts, ...opened }, read, close });
  },
});

test("T-MFST-TOCTOU: what counts is the file that was opened, not the one that was looked at", async () => {
  const path = join(folder, "state");
  writeFileSync(path, "abc", { mode: 0o600 });
  expect(await readPrivateFile(exchanged({}), path, 10)).toEqual(new Uint8Array([97, 98, 99]));
  for (const opened of [{ access: "shared" }, { links: 2 }, { kind: "block-device" }] as const) {
    expect(await readPrivateFile(exchanged(opened), path, 10)).toBeUndefined();
  }
  expect(await readPrivateFile(nodeFileSystem, path, 2)).toBeUndefined();
});
