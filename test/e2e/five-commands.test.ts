import { readFileSync, symlinkSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Ended, root, SumacProcess, sumac } from "../support/sumac-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const passphrase = "copper kettle on a gas ring";
const folder = temporaryFolder();
const options = { folder, environment: { SUMAC_PASSPHRASE: passphrase } };
const read = (name: string): string => readFileSync(path.join(folder, name), "utf8");

/** Every word that any of the processes said, to search it for secrets. */
const said: string[] = [];

async function run(...words: readonly string[]): Promise<Ended> {
  const ended = await sumac(words, options);
  said.push(ended.stdout, ended.stderr);
  return ended;
}

/** The five lines of the README's block, as words, without `sumac` and the remark behind them. */
const commands = (
  /## Five commands[\s\S]*?```\n([\s\S]*?)```/.exec(readFileSync(path.join(root, "README.md"), "utf8"))?.[1] ?? ""
)
  .split("\n")
  .filter((line) => line.startsWith("sumac "))
  .map((line) =>
    line
      .replace(/\s+#.*$/, "")
      .split(" ")
      .slice(1),
  );
const command = (name: string): readonly string[] => {
  const found = commands.find((words) => words.join(" ").startsWith(name));
  if (found === undefined) throw new Error(`the README has no ${name}`);
  return found;
};

describe("the five commands of the README, as they are printed there", { timeout: 60_000 }, () => {
  let server: SumacProcess;
  let url: string;
  const here = (words: readonly string[]): string[] => words.map((word) => word.replace("http://127.0.0.1:8480", url));

  beforeAll(() => symlinkSync(path.join(root, "firmware-fixtures"), path.join(folder, "firmware-fixtures")));
  afterAll(() => server?.kill("SIGKILL"));

  test("are five", () => {
    expect(commands).toHaveLength(5);
  });

  test("1: make a key", async () => {
    expect(await run(...command("keys new"))).toMatchObject({ code: 0, stderr: "" });
    expect(read("keys/vendor.pem.age")).toMatch(/^-----BEGIN AGE ENCRYPTED FILE-----|^age-encryption.org/);
    expect(read("keys/vendor.pub.pem")).toMatch(/^-----BEGIN PUBLIC KEY-----/);
  });

  test("2: build a release", async () => {
    expect(await run(...command("release build"))).toMatchObject({ code: 0, stderr: "" });
  });

  test("3: serve", async () => {
    server = new SumacProcess([...command("serve"), "--port", "0", "--json"], options);
    const listening = await server.next("listening");
    url = String(listening["url"]);
    expect(await fetch(`${url}/health`)).toMatchObject({ status: 200 });
  });

  test("4: publish", async () => {
    const { code, stdout, stderr } = await run(...here(command("publish")));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^published: rtu-demo 1\.1\.0, sequence 2/m);
  });

  test("and publishing again changes nothing", async () => {
    const { code, stdout, stderr } = await run(...here(command("publish")));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/: already-there\nalready-published: rtu-demo 1\.1\.0, sequence 2/);
  });

  test("5: run a device, which makes itself from the release and is up to date at once", async () => {
    const { code, stdout, stderr } = await run(...here(command("device run")), "--once");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^booting 1\.1\.0 \(sequence 2\) from slot a$/m);
    expect((await run("device", "status", "device", "--json")).json()).toMatchObject({
      id: "rtu-1",
      floor: { sequence: 2 },
      next: { boot: "running", mode: "confirmed", image: { version: "1.1.0", sequence: 2 } },
    });
  });

  test("and again for the next release, to a confirmed boot", async () => {
    const build = command("release build").map((word) =>
      word.replace("1.1.0.hex", "1.2.0.elf").replace(/^1\.1\.0$/, "1.2.0"),
    );
    const built = await run(...build.map((word, i) => (build[i - 1] === "--sequence" ? "3" : word)));
    expect(built).toMatchObject({ code: 0, stderr: "" });
    const published = await run(...here(command("publish")).map((word) => word.replace("1.1.0", "1.2.0")));
    expect(published).toMatchObject({ code: 0, stderr: "" });
    const updated = await run(...here(command("device run")), "--once");
    expect(updated).toMatchObject({ code: 0, stderr: "" });
    expect(updated.stdout).toMatch(/^confirmed 1\.2\.0 \(sequence 3\)/m);
    expect((await run("device", "status", "device", "--json")).json()).toMatchObject({
      floor: { sequence: 3 },
      reportPending: null,
      next: { mode: "confirmed", image: { version: "1.2.0" } },
    });
    const idle = await run(
      "device",
      "run",
      "device",
      "--server",
      url,
      "--token-file",
      "device.token",
      "--once",
      "--json",
    );
    expect(idle.code).toBe(0);
    expect(idle.events().at(-1)).toEqual({ event: "finished", did: "nothing" });
  });

  test("and the release is verified with no network", async () => {
    const verified = await run("verify", "rtu-demo-1.2.0.suit", "--key", "keys/vendor.pub.pem", "--json");
    expect(verified).toMatchObject({ code: 0, stderr: "" });
    expect(verified.json()).toMatchObject({ verdict: "accepted", sequence: 3, signers: [{ algorithm: "Ed25519" }] });
  });

  test("and the server ends in order", async () => {
    server.kill("SIGTERM");
    const ended = await server.ended;
    said.push(ended.stdout, ended.stderr);
    expect(ended.code).toBe(0);
    expect(ended.events().map(({ event }) => event)).toEqual(["listening", "stopped"]);
  });

  test("T-KEY-FILE: a passphrase that is soon guessed makes no key", async () => {
    const refused = await sumac(["keys", "new", "weak"], { folder, environment: { SUMAC_PASSPHRASE: "secret" } });
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toMatch(/^error\[passphrase-unusable\]: .+\nhint: .+\n$/);
    expect(refused.stderr).not.toContain("secret\n");
    expect((await run("keys", "list", "--json")).stdout).not.toContain("weak");
  });

  test("T-KEY-LEAK: nothing that any of them said holds the passphrase, a token or a private key", () => {
    const words = said.join("\n");
    expect(words).toContain("published");
    for (const file of ["publish.token", "device.token"]) {
      expect(read(file).trim()).toMatch(/^[\w-]{43}$/);
      expect(words).not.toContain(read(file).trim());
    }
    expect(words).not.toContain(passphrase);
    expect(words).not.toContain("PRIVATE KEY");
  });
});
