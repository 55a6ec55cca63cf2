import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeCrypto } from "@sumac/crypto/node";
import { afterAll, expect, test } from "vitest";
import { CopiedStateStore } from "../state/copied-state-store.ts";
import { FileState } from "../state/file-state.ts";
import { numberedState } from "../state/state-store.contract.ts";
import { nodeFileSystem } from "./node-file-system.ts";
import { readOnlyFiles } from "./read-only-files.ts";

const folder = mkdtempSync(join(tmpdir(), "sumac-look-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const files = readOnlyFiles(nodeFileSystem);

test("looking is possible, changing is not", async () => {
  writeFileSync(join(folder, "a"), "text");
  expect(await files.names(folder)).toEqual(["a"]);
  expect(await files.facts(join(folder, "a"))).toMatchObject({ kind: "file", size: 4 });
  expect(await files.linkTarget(join(folder, "a"))).toBeUndefined();
  expect(await files.freeBytes(folder)).toBeGreaterThan(0);
  await (await files.open(join(folder, "a"), "read")).close();
  const { mtimeMs } = statSync(folder);
  for (const change of [
    files.open(join(folder, "a"), "change"),
    files.open(join(folder, "b"), "create"),
    files.rename(join(folder, "a"), join(folder, "c")),
    files.remove(join(folder, "a")),
    files.makeFolder(join(folder, "d")),
    files.makeLink(join(folder, "e"), "a"),
    files.syncFolder(folder),
  ]) {
    await expect(change).rejects.toMatchObject({ code: "storage-failed" });
  }
  expect(statSync(folder).mtimeMs).toBe(mtimeMs);
});

test("a copy of a state is read as it lies there, also where a copy of it is missing, and is never written", async () => {
  const place = mkdtempSync(join(folder, "state-"));
  const original = new FileState(nodeFileSystem, place, nodeCrypto);
  await original.write(numberedState(4n));
  rmSync(join(place, "state.1.second"));
  const copy = new CopiedStateStore(new FileState(files, place, nodeCrypto));
  expect(await copy.read()).toEqual({ kind: "present", state: numberedState(4n), repaired: "failed" });
  await copy.write(numberedState(5n));
  expect(await copy.read()).toEqual({ kind: "present", state: numberedState(5n), repaired: "nothing" });
  expect(existsSync(join(place, "state.1.second"))).toBe(false);
  expect(readdirSync(place).filter((name) => name.includes("state.2"))).toEqual([]);
  expect(copy.capacity).toBe(original.capacity);
});
