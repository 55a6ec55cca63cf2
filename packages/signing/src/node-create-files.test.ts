import { existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createFiles } from "./node-create-files.ts";
import { snapshot, temporaryDirectory } from "./test-directory.test.support.ts";

const file = (path: string, mode = 0o600) => ({ path, bytes: new TextEncoder().encode("new"), mode });

describe("createFiles", () => {
  test("creates all files with their modes, whatever the umask, and leaves nothing else", async () => {
    const directory = temporaryDirectory();
    const umask = process.umask(0o077);
    try {
      const created = await createFiles([file(join(directory, "a")), file(join(directory, "b"), 0o644)]);
      expect(created).toEqual({ ok: true, value: undefined });
    } finally {
      process.umask(umask);
    }
    expect(snapshot(directory)).toEqual({ a: "new", b: "new" });
    expect(statSync(join(directory, "a")).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, "b")).mode & 0o777).toBe(0o644);
  });

  test("when the second name is taken, the first is not there either", async () => {
    const directory = temporaryDirectory();
    const taken = join(directory, "b");
    writeFileSync(taken, "old");
    const created = await createFiles([file(join(directory, "a")), file(taken)]);
    expect(created).toEqual({ ok: false, error: { code: "exists", path: taken } });
    expect(snapshot(directory)).toEqual({ b: "old" });
  });

  test("a dangling link is a taken name, and is not followed", async () => {
    const directory = temporaryDirectory();
    symlinkSync(join(directory, "elsewhere"), join(directory, "a"));
    const created = await createFiles([file(join(directory, "a"))]);
    expect(created.ok).toBe(false);
    expect(existsSync(join(directory, "elsewhere"))).toBe(false);
  });

  test("of many at once, one wins and its content is whole", async () => {
    const directory = temporaryDirectory();
    const path = join(directory, "a");
    const runs = Array.from({ length: 8 }, (_, i) =>
      createFiles([{ path, bytes: new TextEncoder().encode(`run ${i}`), mode: 0o600 }]),
    );
    const results = await Promise.all(runs);
    const winners = results.flatMap((result, i) => (result.ok ? [`run ${i}`] : []));
    expect(winners).toHaveLength(1);
    expect(snapshot(directory)).toEqual({ a: winners[0] });
  });

  test.each([
    ["a directory that is a file", "file/a", "not-a-directory"],
    ["a directory that is not there", "absent/a", "storage-failed"],
  ])("%s throws a fault of the disk and leaves nothing", async (_, name, code) => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, "file"), "old");
    const attempt = createFiles([file(join(directory, "first")), file(join(directory, name))]);
    await expect(attempt).rejects.toMatchObject({ name: "KeyStorageUnavailable", code });
    expect(snapshot(directory)).toEqual({ file: "old" });
  });

  test("an existing directory is a taken name", async () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, "a"));
    expect((await createFiles([file(join(directory, "a"))])).ok).toBe(false);
  });
});
