import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { flashContract } from "./flash.contract.ts";
import { FileFlash } from "./node-file-flash.ts";

const folder = mkdtempSync(join(tmpdir(), "sumac-flash-"));
afterAll(() => rmSync(folder, { recursive: true }));
let count = 0;
const newPath = (): string => join(folder, `${count++}.flash`);
const geometry = { eraseBlock: 64, writeSize: 8, size: 256 };

for (const survives of ["host-power-loss", "process-kill"] as const) {
  flashContract(`file, survives ${survives}`, (asked) => {
    const path = newPath();
    const open = () => FileFlash.open(path, { geometry: asked, survives });
    return { flash: open(), reopen: open };
  });
}

test("a file of another size is refused and left as it is", () => {
  const path = newPath();
  writeFileSync(path, "short");
  expect(() => FileFlash.open(path, { geometry })).toThrow(expect.objectContaining({ code: "storage-mismatch" }));
  expect(readFileSync(path, "utf8")).toBe("short");
});

test("a folder that does not exist is a fault of the world, and nothing is left behind", () => {
  const path = join(folder, "nowhere", "device.flash");
  expect(() => FileFlash.open(path, { geometry })).toThrow(expect.objectContaining({ code: "storage-failed" }));
  expect(existsSync(`${path}.new`)).toBe(false);
});

test("a half-made file of an earlier start does no harm", async () => {
  const path = newPath();
  writeFileSync(`${path}.new`, "half");
  const flash = FileFlash.open(path, { geometry });
  expect((await flash.read(0, 8)).every((byte) => byte === 0xff)).toBe(true);
  expect(existsSync(`${path}.new`)).toBe(false);
});

test("a closed flash throws Unavailable", async () => {
  const flash = FileFlash.open(newPath(), { geometry });
  flash.close();
  await expect(flash.read(0, 8)).rejects.toMatchObject({ name: "Unavailable", code: "storage-failed" });
});
