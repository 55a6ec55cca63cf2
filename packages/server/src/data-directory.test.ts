import { spawn } from "node:child_process";
import { once } from "node:events";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lockDataDirectory, prepareDataDirectory } from "./data-directory.ts";
import { atEnd, temporaryDirectory } from "./server.test.support.ts";

test("one holder at a time, in this process too, and again after release", async () => {
  const directory = await prepareDataDirectory(join(temporaryDirectory(), "a", "b"));
  const lock = lockDataDirectory(directory);
  expect(() => lockDataDirectory(directory)).toThrow(expect.objectContaining({ code: "data-directory-in-use" }));
  lock.release();
  lock.release();
  lockDataDirectory(directory).release();
});

test("the directory is its owner's alone", async () => {
  const { root } = await prepareDataDirectory(join(temporaryDirectory(), "data"));
  expect(statSync(root).mode & 0o077).toBe(0);
});

test("a holder that was killed leaves nothing to clear away", async () => {
  const directory = await prepareDataDirectory(temporaryDirectory());
  const source = `
    import { lockDataDirectory } from ${JSON.stringify(new URL("./data-directory.ts", import.meta.url).href)};
    globalThis.held = lockDataDirectory(${JSON.stringify(directory)});
    console.log("held");
    setInterval(() => {}, 1000);
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", source], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  atEnd(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  expect(() => lockDataDirectory(directory)).toThrow(expect.objectContaining({ code: "data-directory-in-use" }));
  child.kill("SIGKILL");
  await once(child, "exit");
  lockDataDirectory(directory).release();
});

test("a path that is no directory is storage that failed", async () => {
  const file = join(temporaryDirectory(), "file");
  writeFileSync(file, "");
  await expect(prepareDataDirectory(join(file, "x"))).rejects.toMatchObject({ code: "storage-failed" });
  await expect(prepareDataDirectory(file)).rejects.toMatchObject({ code: "storage-failed" });
});
