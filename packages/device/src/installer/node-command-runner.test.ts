import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { CommandEnd } from "./command-runner.ts";
import { NodeCommandRunner } from "./node-command-runner.ts";
import { processIdentity } from "./node-process-identity.ts";

let folder = "";
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "sumac-runner-")));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A command of a test: a shell script with arguments of its own. */
const script = (source: string, ...words: string[]): string[] => ["/bin/sh", "-c", source, "script", ...words];
const runner = (environment?: string[]): NodeCommandRunner =>
  new NodeCommandRunner({ folder, graceMs: 300, ...(environment === undefined ? {} : { environment }) });
const run = (argv: string[], timeoutMs = 5000): Promise<CommandEnd> => runner().run({ argv, timeoutMs });
const text = ({ output }: CommandEnd): string => new TextDecoder().decode(output);
const pidIn = (name: string): number => Number(readFileSync(join(folder, name), "utf8"));
async function appears(name: string): Promise<void> {
  while (!existsSync(join(folder, name))) await sleep(5);
}

describe("run", () => {
  test("answers exit code and both outputs, and hands arguments over as they are", async () => {
    const end = await run(script('echo "$1"; echo "$2" >&2; exit 3', "a; rm -rf /", "$(id) `id` 'x'"));
    expect(end).toMatchObject({ exitCode: 3, timing: "in-time" });
    expect(text(end).split("\n").sort()).toEqual(["", "$(id) `id` 'x'", "a; rm -rf /"]);
  });

  test("a program that is not there, or may not be run, says so", async () => {
    expect(await run(["/no/such/installer"])).toMatchObject({ notStarted: "ENOENT", outputLength: 0 });
    expect(await run(["/etc/passwd"])).toMatchObject({ notStarted: "EACCES" });
    expect(await run(["/etc/passwd/installer"])).toMatchObject({ notStarted: "ENOTDIR", timing: "in-time" });
    expect(await run([`/${"a".repeat(300)}`])).toMatchObject({ notStarted: "ENAMETOOLONG" });
    expect(await run(["/bin/true", "a\0b"])).toMatchObject({ notStarted: "ERR_INVALID_ARG_VALUE" });
    const reading = runner().read({ argv: ["/etc/passwd/installer"], timeoutMs: 5000 });
    await expect(reading.next()).rejects.toMatchObject({ code: "installer-failed" });
  });

  test("sees the variables that were allowed, and no other", async () => {
    process.env["SUMAC_TEST_SECRET"] = "secret";
    process.env["SUMAC_TEST_PLAIN"] = "plain";
    try {
      const end = await runner(["PATH", "SUMAC_TEST_PLAIN"]).run({ argv: ["/usr/bin/env"], timeoutMs: 5000 });
      const names = text(end)
        .trim()
        .split("\n")
        .map((line) => line.split("=")[0]);
      expect(names.sort()).toEqual(["PATH", "SUMAC_DEVICE_FOLDER", "SUMAC_TEST_PLAIN"]);
      expect(text(await run(["/usr/bin/env"]))).not.toContain("secret");
    } finally {
      delete process.env["SUMAC_TEST_SECRET"];
      delete process.env["SUMAC_TEST_PLAIN"];
    }
  });

  test("of a huge output beginning and end are kept, in bounded memory", async () => {
    const end = await run(script("echo first; head -c 50000000 /dev/zero; echo; echo last"), 20_000);
    expect(end).toMatchObject({ exitCode: 0, outputLength: 50_000_012 });
    expect(end.output.length).toBeLessThan(33_000);
    expect(text(end).startsWith("first\n")).toBe(true);
    expect(text(end)).toMatch(/\[\d+ bytes left out\]/);
    expect(text(end).endsWith("\nlast\n")).toBe(true);
  });

  test("one that hangs is asked to end, and can tidy up", async () => {
    const end = await run(script("trap 'echo tidied; exit 0' TERM; while :; do sleep 0.02; done"), 200);
    expect(end).toMatchObject({ timing: "timed-out" });
    expect(text(end)).toContain("tidied\n");
  });

  test("one that does not listen is killed, with all that it has started, in a group of its own or not", async () => {
    const begun = performance.now();
    const stubborn = "trap '' TERM; sleep 60 & echo $! > child; setsid sleep 60 & echo $! > far-child; sleep 60";
    const end = await run(script(stubborn), 200);
    expect(end).toMatchObject({ timing: "timed-out", signal: "SIGKILL" });
    expect(performance.now() - begun).toBeLessThan(4000);
    for (const name of ["child", "far-child"]) expect(processIdentity(pidIn(name))).toBeUndefined();
  });

  test("what it leaves running in the background ends with it", async () => {
    const end = await run(script("sleep 60 & echo $! > child; setsid sleep 60 & echo $! > far-child; exit 0"));
    expect(end).toMatchObject({ exitCode: 0, timing: "in-time" });
    for (const name of ["child", "far-child"]) expect(processIdentity(pidIn(name))).toBeUndefined();
  });

  test("a run that outlived the SIGKILL of its device is ended before the next one begins", async () => {
    const source = `
      const { NodeCommandRunner } = await import(${JSON.stringify(join(import.meta.dirname, "node-command-runner.ts"))});
      const argv = ["/bin/sh", "-c", "echo $$ > installer; sleep 60"];
      await new NodeCommandRunner({ folder: ${JSON.stringify(folder)} }).run({ argv, timeoutMs: 60000 });`;
    const device = spawn(process.execPath, ["--input-type=module", "-e", source], { stdio: "inherit" });
    await appears("installer");
    device.kill("SIGKILL");
    await once(device, "exit");
    await sleep(20);
    const orphan = pidIn("installer");
    expect(processIdentity(orphan)).toBeDefined();
    expect(await run(script("exit 0"))).toMatchObject({ exitCode: 0 });
    expect(processIdentity(orphan)).toBeUndefined();
  });

  test("does not touch the processes of another device, or others", async () => {
    const bystander = spawn("sleep", ["60"], { env: { SUMAC_DEVICE_FOLDER: `${folder}-two` }, stdio: "ignore" });
    await run(script("exit 0"));
    expect(processIdentity(bystander.pid ?? 0)).toBeDefined();
    bystander.kill("SIGKILL");
  });
});

describe("read", () => {
  async function read(argv: string[], limit = Infinity, timeoutMs = 5000): Promise<number> {
    let length = 0;
    for await (const chunk of runner().read({ argv, timeoutMs })) {
      length += chunk.length;
      if (length >= limit) break;
    }
    return length;
  }

  test("streams what the command writes to its output, and nothing of what it says beside", async () => {
    expect(await read(script("head -c 3000000 /dev/zero; echo noise >&2"))).toBe(3_000_000);
  });

  test("who has enough may go: the command is ended", async () => {
    expect(await read(script("echo $$ > reader; cat /dev/zero"), 100_000)).toBeGreaterThanOrEqual(100_000);
    await sleep(50);
    expect(processIdentity(pidIn("reader"))).toBeUndefined();
  });

  test("one that was left early does not take the next one with it", async () => {
    const both = runner();
    for await (const _ of both.read({ argv: script("head -c 1000000 /dev/zero"), timeoutMs: 5000 })) break;
    // It ends while this process cannot hear of it.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    expect(await both.run({ argv: script("sleep 0.3"), timeoutMs: 5000 })).toMatchObject({ exitCode: 0 });
  });

  test("a run that was none is a fault with its last words, made safe for one line", async () => {
    const failing = read(script("printf 'some\\n\\033[31mno slot\\n' >&2; exit 4"));
    await expect(failing).rejects.toMatchObject({ code: "installer-failed", retryable: false });
    await expect(read(script("printf '\\033[31mno slot' >&2; exit 4"))).rejects.toThrow("exit code 4: [31mno slot");
    await expect(read(["/no/such/reader"])).rejects.toMatchObject({ code: "installer-failed" });
    await expect(read(script("sleep 60"), 1, 100)).rejects.toMatchObject({ code: "installer-timed-out" });
  });
});

test("the tests have left nothing running", () => {
  expect(execFileSync("/bin/sh", ["-c", "grep -l sumac-runner /proc/[0-9]*/environ 2>/dev/null || true"]).length).toBe(
    0,
  );
});
