import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { processIdentity } from "../installer/node-process-identity.ts";
import { lockFolder } from "./node-folder-lock.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sumac-lock-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const locked = expect.objectContaining({ code: "storage-locked", retryable: true });
const claims = (): string[] => readdirSync(folder).filter((name) => name.startsWith("lock."));

/** A process of another program that holds the folder. */
async function holder(): Promise<ChildProcess> {
  const source = `
    const { lockFolder } = await import(${JSON.stringify(join(import.meta.dirname, "node-folder-lock.ts"))});
    lockFolder(${JSON.stringify(folder)});
    console.log("held");
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", source], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  return child;
}

test("one holder at a time, also within one process; released, the next one gets it", () => {
  const first = lockFolder(folder);
  expect(() => lockFolder(folder)).toThrow(locked);
  expect(claims()).toHaveLength(1);
  first.release();
  expect(claims()).toEqual([]);
  lockFolder(folder).release();
});

test("another process is named, and its SIGKILL frees the folder", async () => {
  const child = await holder();
  expect(() => lockFolder(folder)).toThrow(`in use by process ${child.pid}`);
  expect(claims()).toHaveLength(1);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(claims()).toHaveLength(1);
  lockFolder(folder).release();
  expect(claims()).toEqual([]);
});

test("a claim of a process number that another process has now, or of a former start of the machine, is none", () => {
  const self = processIdentity(process.pid);
  const parent = processIdentity(process.ppid);
  if (self === undefined || parent === undefined) throw new Error("no /proc");
  const former = "00000000-0000-4000-8000-000000000000";
  for (const claim of [
    `lock.${parent.pid}.${Number(parent.startTicks) + 1}.${parent.bootId}`,
    `lock.${parent.pid}.${parent.startTicks}.${former}`,
    `lock.${self.pid}.${Number(self.startTicks) - 1}.${self.bootId}`,
  ]) {
    writeFileSync(join(folder, claim), "");
    lockFolder(folder).release();
    expect(claims()).toEqual([]);
  }
  // What is no claim is left alone.
  writeFileSync(join(folder, "lock.txt"), "");
  lockFolder(folder).release();
  expect(claims()).toEqual(["lock.txt"]);
  // The parent lives: its claim counts.
  writeFileSync(join(folder, `lock.${parent.pid}.${parent.startTicks}.${parent.bootId}`), "");
  expect(() => lockFolder(folder)).toThrow(locked);
});

test("of many processes that start at once at most one gets the folder", async () => {
  const source = `
    const { lockFolder } = await import(${JSON.stringify(join(import.meta.dirname, "node-folder-lock.ts"))});
    process.stdin.once("data", () => {
      try { lockFolder(${JSON.stringify(folder)}); console.log("held"); setInterval(() => {}, 1000); }
      catch (error) { console.log(error.code); process.exit(); }
    });
    console.log("ready");`;
  const children = Array.from({ length: 4 }, () =>
    spawn(process.execPath, ["--input-type=module", "-e", source], { stdio: ["pipe", "pipe", "inherit"] }),
  );
  try {
    await Promise.all(children.map((child) => once(child.stdout, "data")));
    const answers = children.map((child) => once(child.stdout, "data").then(([said]) => String(said).trim()));
    for (const child of children) child.stdin.write("go\n");
    const held = (await Promise.all(answers)).filter((answer) => answer === "held");
    expect(held.length).toBeLessThanOrEqual(1);
  } finally {
    for (const child of children) child.kill("SIGKILL");
  }
});

test("a folder that is not there is a fault with a name", () => {
  expect(() => lockFolder(join(folder, "missing"))).toThrow(expect.objectContaining({ code: "storage-failed" }));
});
