import { chmodSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { writeSampleRelease } from "../bench/sample-release.ts";
import { emptyFolder, fixture, SumacProcess, sumacProcess, twoLines } from "./command-process.ts";

const vendorKey = fixture("keys", "vendor.test-only.public.pem");
const passphrase = "correct horse battery staple";
const release = { envelope: "", folder: "" };

beforeAll(async () => {
  release.folder = emptyFolder();
  const words = ["release", "build", fixture("images", "rtu-demo-1.1.0.hex"), "--config", fixture("sumac.yaml")];
  const numbers = ["--version", "1.1.0", "--sequence", "2"];
  const key = ["--test-only-key", fixture("keys", "vendor.test-only.private.pem")];
  const built = await sumacProcess([...words, ...numbers, ...key], { cwd: release.folder });
  if (built.code !== 0) throw new Error(built.stderr);
  release.envelope = path.join(release.folder, "rtu-demo-1.1.0.suit");
});

describe("exit codes", () => {
  test.each([
    ["done", 0, "", () => ["verify", release.envelope, "--key", vendorKey]],
    ["usage", 2, "unknown-command", () => ["vrify"]],
    ["refused", 3, "rollback", () => ["verify", release.envelope, "--key", vendorKey, "--floor", "3"]],
    ["malformed", 4, "malformed", () => ["verify", vendorKey, "--key", vendorKey]],
    ["unavailable", 5, "file-not-found", () => ["verify", "nowhere.suit", "--key", vendorKey]],
  ])("%s is %i", async (_, exit, code, words) => {
    const said = await sumacProcess(words());
    expect(said.code).toBe(exit);
    expect(said.stderr).toMatch(code === "" ? /^$/ : twoLines(code));
  });
});

describe("a signal", () => {
  test("ends a long verification with 130 and the two lines", async () => {
    const folder = emptyFolder();
    const size = 2n ** 36n;
    const sample = await writeSampleRelease(folder, {
      digest: { algorithm: "sha-256", bytes: new Uint8Array(32) },
      size,
    });
    const payload = path.join(folder, sample.uri);
    writeFileSync(payload, "");
    truncateSync(payload, Number(size));
    const running = new SumacProcess(["verify", sample.envelopeFile, "--key", sample.keyFile, "--payload", payload]);
    await openedBy(running, payload);
    running.child.kill("SIGINT");
    expect(await running.ended()).toBe(130);
    expect(running.stderr).toMatch(twoLines("interrupted"));
  });

  test("ends a server in order, also when it comes twice at once, as npm and the runner send it", async () => {
    const cwd = emptyFolder();
    const words = ["serve", "--data", "data", "--port", "0", "--trust", vendorKey, "--publish-token-file", "token"];
    const running = new SumacProcess(words, { cwd });
    await running.prints("listening on http://127.0.0.1:");
    running.child.kill("SIGINT");
    running.child.kill("SIGINT");
    running.child.kill("SIGTERM");
    expect(await running.ended()).toBe(0);
    expect(running.stdout).toMatch(/stopped\n$/);
    expect(running.stdout + running.stderr).not.toContain(readFileSync(path.join(cwd, "token"), "utf8").trim());
  });

  test.each(["SIGINT", "SIGTERM"] as const)(
    "%s ends the demonstration, and nothing of it stays",
    { timeout: 60_000 },
    async (signal) => {
      const scratch = emptyFolder();
      const running = new SumacProcess(["demo"], { environment: { TMPDIR: scratch } });
      await running.prints("publish 1.0.0 and 1.1.0");
      expect(readdirSync(scratch)).toEqual([expect.stringMatching(/^sumac-demo-/)]);
      running.child.kill(signal);
      expect(await running.ended()).toBe(130);
      expect(running.stderr).toMatch(twoLines("interrupted"));
      expect(readdirSync(scratch)).toEqual([]);
    },
  );

  test("during the making of a key leaves both files or none, and nothing temporary", async () => {
    const cwd = emptyFolder();
    const running = new SumacProcess(["keys", "new", "k"], { cwd, environment: { SUMAC_PASSPHRASE: passphrase } });
    setTimeout(() => running.child.kill("SIGINT"), 500);
    await running.ended();
    const files = readdirSync(cwd, { recursive: true }).toSorted();
    expect([[], ["keys"], ["keys", "keys/k.pem.age", "keys/k.pub.pem"]]).toContainEqual(files);
  });
});

/** Resolves when the process has the file open. */
async function openedBy({ child }: SumacProcess, file: string): Promise<void> {
  if (process.platform !== "linux") return void (await new Promise((resolve) => setTimeout(resolve, 1000)));
  const { readlinkSync } = await import("node:fs");
  const links = `/proc/${child.pid}/fd`;
  const target = (name: string): string => {
    try {
      return readlinkSync(path.join(links, name));
    } catch {
      return "";
    }
  };
  while (child.exitCode === null && !readdirSync(links).some((name) => target(name) === file)) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test("a reader that goes away is no error", async () => {
  const running = new SumacProcess(["help", "verify"]);
  running.child.stdout?.destroy();
  expect(await running.ended()).toBe(0);
  expect(running.stderr).toBe("");
});

test("a passphrase is neither written anywhere nor visible among the arguments", async () => {
  const cwd = emptyFolder();
  const running = new SumacProcess(["keys", "new", "vendor", "--json"], {
    cwd,
    environment: { SUMAC_PASSPHRASE: passphrase },
  });
  expect(running.child.spawnargs.join(" ")).not.toContain(passphrase);
  expect(await running.ended()).toBe(0);
  for (const file of ["keys/vendor.pem.age", "keys/vendor.pub.pem"]) {
    expect(readFileSync(path.join(cwd, file), "latin1")).not.toContain(passphrase);
  }
  expect(running.stdout + running.stderr).not.toContain(passphrase);
  const wrong = "not the right passphrase";
  const words = ["release", "sign", release.envelope, "--key", "keys/vendor.pem.age"];
  const refused = await sumacProcess(words, { cwd, environment: { SUMAC_PASSPHRASE: wrong, SUMAC_DEBUG: "1" } });
  expect(refused.code).toBe(3);
  expect(refused.stderr).toMatch(twoLines("wrong-passphrase"));
  expect(refused.stdout + refused.stderr).not.toContain(wrong);
});

/** Root may read and write everything, so these need somebody else; whoever is not root is somebody else already. */
const as = process.getuid?.() === 0 ? ({ as: "nobody" } as const) : {};
const canBeSomebodyElse = (await sumacProcess(["--version"], as).catch(() => undefined))?.code === 0;
if (!canBeSomebodyElse) console.warn("permission tests skipped: a user without privileges cannot read this checkout");

describe.skipIf(!canBeSomebodyElse)("permissions", () => {
  const denied = (): string => {
    const folder = emptyFolder();
    chmodSync(folder, 0o755);
    return folder;
  };
  test("a file that may not be read", async () => {
    const folder = denied();
    const file = path.join(folder, "secret.suit");
    writeFileSync(file, readFileSync(release.envelope), { mode: 0o600 });
    chmodSync(file, 0);
    const said = await sumacProcess(["verify", file, "--key", vendorKey], as);
    expect(said.stderr).toMatch(twoLines("permission-denied"));
    expect(said.code).toBe(5);
  });
  test.each([
    [
      "release build",
      (out: string) => [
        "release",
        "build",
        fixture("images", "rtu-demo-1.0.0.bin"),
        "--config",
        fixture("sumac.yaml"),
        "--version",
        "1",
        "--sequence",
        "1",
        "--out",
        out,
      ],
    ],
    ["keys new", (out: string) => ["keys", "new", "k", "--dir", out]],
    ["serve", (out: string) => ["serve", "--data", path.join(out, "data"), "--port", "0", "--trust", vendorKey]],
  ])("a folder that may not be written to: %s", async (_, words) => {
    const folder = denied();
    mkdirSync(path.join(folder, "closed"));
    chmodSync(path.join(folder, "closed"), 0o555);
    const out = path.join(folder, "closed");
    const said = await sumacProcess(words(out), { ...as, environment: { SUMAC_PASSPHRASE: passphrase } });
    expect(said.stderr).toMatch(/^error\[(permission-denied|storage-failed)\]: [^\n]+\nhint: [^\n]+\n$/);
    expect(said).toMatchObject({ code: 5, stdout: "" });
    expect(readdirSync(out)).toEqual([]);
  });
});
