import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { listTokens, revokeToken } from "@sumac/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type GeneratedKey, generateKey } from "../generated-key.test.support.ts";
import {
  type BuiltRelease,
  buildRelease,
  emptyFolder,
  filesIn,
  fixture,
  type Said,
  sumac,
  testKey,
  testPublicKey,
  twoLines,
} from "../sumac.test.support.ts";

/** `sumac serve` in this process, until it is stopped. */
class Served {
  readonly folder = emptyFolder();
  readonly #trusted: string;
  readonly #stop = new AbortController();
  #running: Promise<Said> | undefined;
  url = "";

  constructor(trusted: string = testPublicKey("vendor")) {
    this.#trusted = trusted;
  }

  /** Resolves when it listens. */
  async start(port = "0"): Promise<this> {
    const files = ["--publish-token-file", "publish.token", "--device-token-file", "device.token"];
    const words = ["serve", "--data", "data", "--trust", this.#trusted, "--port", port, ...files, "--json"];
    const listening = new Promise<string>((resolve, reject) => {
      this.#running = sumac(words, {
        folder: this.folder,
        interrupted: this.#stop.signal,
        onOutput: (text) => {
          const url = /"event":"listening","url":"([^"]+)"/.exec(text)?.[1];
          if (url !== undefined) resolve(url);
        },
      });
      this.#running.then((said) => reject(new Error(said.stderr)), reject);
    });
    this.url = await listening;
    return this;
  }

  async stop(): Promise<Said> {
    this.#stop.abort();
    if (this.#running === undefined) throw new Error("it was never started");
    return this.#running;
  }

  token(name: "publish" | "device"): string {
    return path.join(this.folder, `${name}.token`);
  }

  publish(envelope: string, ...words: readonly string[]): Promise<Said> {
    return sumac([
      "publish",
      envelope,
      "--server",
      this.url,
      "--token-file",
      this.token("publish"),
      "--json",
      ...words,
    ]);
  }

  device(folder: string, ...words: readonly string[]): Promise<Said> {
    return sumac([
      "device",
      "run",
      folder,
      "--server",
      this.url,
      "--token-file",
      this.token("device"),
      "--once",
      ...words,
    ]);
  }
}

const factory = ["--id", "dev-1", "--trust", testPublicKey("vendor"), "--config", fixture("sumac.yaml")];
let served: Served;
let first: BuiltRelease;
let second: BuiltRelease;

beforeAll(async () => {
  served = await new Served().start();
  first = await buildRelease(emptyFolder(), { version: "1.0.0", sequence: "1" });
  second = await buildRelease(emptyFolder());
});

afterAll(async () => {
  await served.stop();
});

describe("serve", () => {
  test("makes its tokens, for its owner only, and says where it listens", () => {
    for (const name of ["publish", "device"] as const) {
      expect(statSync(served.token(name)).mode & 0o777).toBe(0o600);
      expect(readFileSync(served.token(name), "utf8")).toMatch(/^[A-Za-z0-9_-]{43}\n$/);
    }
    expect(served.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });
  test("ends in order on a signal, and starts again with the same tokens", async () => {
    const own = await new Served().start();
    const token = readFileSync(own.token("publish"), "utf8");
    const said = await own.stop();
    expect(said.code).toBe(0);
    expect(said.stdout).toMatch(/"event":"stopped"\}\n$/);
    expect(said.stdout + said.stderr).not.toContain(token.trim());
    const words = ["serve", "--data", "data", "--trust", testPublicKey("vendor"), "--port", "0"];
    const again = await sumac([...words, "--publish-token-file", "publish.token"], {
      folder: own.folder,
      interrupted: AbortSignal.abort(),
    });
    expect(again.code).toBe(0);
    expect(readFileSync(own.token("publish"), "utf8")).toBe(token);
  });
  test.each([
    [
      "a data folder in use",
      () => ["--data", path.join(served.folder, "data"), "--port", "0"],
      "data-directory-in-use",
      5,
    ],
    ["a port in use", () => ["--data", "data", "--port", new URL(served.url).port], "address-unavailable", 5],
    ["a data folder that is a file", () => ["--data", testPublicKey("vendor"), "--port", "0"], "storage-failed", 5],
    [
      "an address that is not here",
      () => ["--data", "data", "--port", "0", "--host", "192.0.2.1"],
      "address-unavailable",
      5,
    ],
  ])("%s", async (_, words, code, exit) => {
    const said = await sumac(["serve", "--trust", testPublicKey("vendor"), ...words()], { folder: emptyFolder() });
    expect(said.code).toBe(exit);
    expect(lastLines(said)).toMatch(twoLines(code));
  });
  test("a token of another server is not mistaken for its own, which has tokens too", async () => {
    const own = await new Served().start();
    await own.stop();
    const words = ["serve", "--data", "data", "--port", "0", "--trust", testPublicKey("vendor")];
    const start = (...files: readonly string[]): Promise<Said> =>
      sumac([...words, ...files], { folder: own.folder, interrupted: AbortSignal.abort() });
    for (const [option, file] of [
      ["--publish-token-file", served.token("publish")],
      ["--device-token-file", served.token("device")],
      ["--publish-token-file", own.token("device")],
      ["--device-token-file", own.token("publish")],
    ] as const) {
      const said = await start(option, file);
      expect(said.code).toBe(2);
      expect(lastLines(said)).toMatch(twoLines("token-unknown"));
    }
    expect((await start("--publish-token-file", own.token("publish"))).code).toBe(0);
    for (const { id } of await listTokens(path.join(own.folder, "data"))) {
      await revokeToken(path.join(own.folder, "data"), id);
    }
    expect((await start("--publish-token-file", own.token("publish"))).code).toBe(2);
  });
  test.each([
    ["a port in use", () => ["--port", new URL(served.url).port], "address-unavailable"],
    ["an address that is not here", () => ["--port", "0", "--host", "192.0.2.1"], "address-unavailable"],
    ["a host that is none", () => ["--port", "0", "--host", "no host"], "address-unavailable"],
    ["a token in no folder", () => ["--port", "0", "--publish-token-file", "nowhere/t"], "folder-not-found"],
    [
      "a token below a file",
      () => ["--port", "0", "--device-token-file", `${served.token("device")}/t`],
      "file-not-found",
    ],
    [
      "the token of another server",
      () => ["--port", "0", "--publish-token-file", served.token("publish")],
      "token-unknown",
    ],
    [
      "one file for both tokens",
      () => ["--port", "0", "--publish-token-file", "t", "--device-token-file", "./t"],
      "option-repeated",
    ],
  ])("%s leaves no data folder behind", async (_, words, code) => {
    const folder = emptyFolder();
    const line = ["serve", "--data", "deep/data", "--trust", testPublicKey("vendor"), ...words()];
    expect(lastLines(await sumac(line, { folder }))).toMatch(twoLines(code));
    expect(readdirSync(folder)).toEqual([]);
  });
});

/** Without the server's log, which is JSON. */
const lastLines = ({ stderr }: Said): string => stderr.replace(/^\{.*\}\n/gm, "");

describe("a server and the signed repository", () => {
  test.each([
    ["snapshot-key", "timestamp-key"],
    ["timestamp-key", "snapshot-key"],
  ])("--%s alone is half of what it signs with", async (given, absent) => {
    const said = await sumac(["serve", "--data", "data", "--trust", testPublicKey("vendor"), `--${given}`, "k"], {
      folder: emptyFolder(),
    });
    expect([said.code, said.stderr]).toEqual([2, expect.stringContaining(`no --${absent}`)]);
  });

  test("a key that cannot be opened is told before a folder is made", async () => {
    const folder = emptyFolder();
    const keys = ["--snapshot-key", "none.pem.age", "--timestamp-key", "none.pem.age"];
    const said = await sumac(["serve", "--data", "data", "--trust", testPublicKey("vendor"), ...keys], { folder });
    expect(said.code).not.toBe(0);
    expect(filesIn(folder)).toEqual([]);
  });
});

describe("publish", () => {
  test("uploads once, and repeating changes nothing", async () => {
    const once = await served.publish(first.envelope);
    expect(once.json()).toMatchObject({
      outcome: "published",
      release: { sequence: 1, version: "1.0.0", manifestDigest: first.manifestDigest },
      payloads: [{ uri: first.uri, upload: "uploaded" }],
    });
    const again = await served.publish(first.envelope);
    expect(again.code).toBe(0);
    expect(again.json()).toMatchObject({ outcome: "already-published", payloads: [{ upload: "already-there" }] });
  });
  test.each([
    [
      "a server that is not there",
      "server-unreachable",
      5,
      () => ["--server", "http://127.0.0.1:1", "--token-file", served.token("publish")],
    ],
    ["a wrong token", "unauthorized", 3, () => ["--server", served.url, "--token-file", wrongToken()]],
    ["a device's token", "role-missing", 3, () => ["--server", served.url, "--token-file", served.token("device")]],
    [
      "another path",
      "not-found",
      3,
      () => ["--server", `${served.url}/elsewhere`, "--token-file", served.token("publish")],
    ],
  ])("%s", async (_, code, exit, words) => {
    const said = await sumac(["publish", second.envelope, ...words()]);
    expect(said.stderr).toMatch(twoLines(code));
    expect(said).toMatchObject({ code: exit, stdout: "" });
  });
  test("an unsigned envelope is refused by the server with the verifier's own code", async () => {
    const unsigned = await buildRelease(emptyFolder(), { version: "1.2.0", sequence: "9", signers: [] });
    const said = await served.publish(unsigned.envelope);
    expect(said.code).toBe(3);
    expect(said.stderr).toMatch(twoLines("threshold-not-met"));
  });
  test("a payload that is not the signed one is refused before it is sent", async () => {
    const said = await served.publish(second.envelope, "--payload", first.payload);
    expect(said.code).toBe(3);
    expect(said.stderr).toMatch(twoLines("payload-digest-mismatch"));
  });
  test("a payload that is not beside the envelope", async () => {
    const folder = emptyFolder();
    const alone = path.join(folder, "alone.suit");
    writeFileSync(alone, readFileSync(second.envelope));
    expect((await served.publish(alone)).stderr).toMatch(twoLines("payload-not-found"));
    expect((await served.publish(alone, "--payload", `${second.uri}=${second.payload}`)).code).toBe(0);
  });
  test("a lower number than the newest", async () => {
    const late = await buildRelease(emptyFolder(), { version: "1.2.0", sequence: "2" });
    expect((await served.publish(late.envelope)).stderr).toMatch(twoLines("sequence-reused"));
  });

  test.each(["sha-384", "sha-512"])("a %s release is compared in its own algorithm", async (digest) => {
    const own = await new Served().start();
    try {
      const folder = emptyFolder();
      const line = ["release", "build", fixture("images", "rtu-demo-1.1.0.bin"), "--config", fixture("sumac.yaml")];
      const numbers = ["--version", "1.1.0", "--sequence", "2", "--digest", digest];
      const built = await sumac([...line, ...numbers, "--test-only-key", testKey("vendor"), "--out", folder, "--json"]);
      const { envelope, payload } = built.json() as { envelope: string; payload: { file: string } };
      expect(path.basename(payload.file)).toMatch(new RegExp(`^${digest.replace("-", "")}-[0-9a-f]{96,128}\\.bin$`));
      const other = await own.publish(envelope, "--payload", first.payload);
      expect(other.stderr).toMatch(twoLines("payload-digest-mismatch"));
      expect(other.code).toBe(3);
      const said = await own.publish(envelope);
      expect(said.json()).toMatchObject({ outcome: "published", payloads: [{ upload: "uploaded" }] });
      const made = await own.device(path.join(folder, "dev"), ...factory);
      expect(made).toMatchObject({ code: 0, stderr: "" });
      expect(made.stdout).toMatch(/^booting 1\.1\.0 \(sequence 2\) from slot a\n/);
    } finally {
      await own.stop();
    }
  });

  describe("an answer that calls itself a success", () => {
    const good = (): Record<string, unknown> => ({
      id: 1,
      name: "rtu-demo",
      version: "1.1.0",
      sequence: "2",
      manifestDigest: second.manifestDigest,
    });
    test.each([
      ["and holds nothing", () => ""],
      ["and is a page", () => "<!doctype html>"],
      ["and is a list", () => "[]"],
      ["and is null", () => "null"],
      ["without a sequence", () => JSON.stringify({ ...good(), sequence: undefined })],
      ["with a sequence that is no number", () => JSON.stringify({ ...good(), sequence: "two" })],
      ["with a name that is a list", () => JSON.stringify({ ...good(), name: [] })],
      ["about another manifest", () => JSON.stringify({ ...good(), manifestDigest: first.manifestDigest })],
    ])("%s", async (_, body) => {
      const said = await publishTo((response) => response.writeHead(201).end(body()));
      expect(said.stderr).toMatch(twoLines("unexpected-answer"));
      expect(said).toMatchObject({ code: 5, stdout: "" });
    });
    test("and is none of ours: 101", async () => {
      const said = await publishTo((response) => {
        response.socket?.end("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n");
      });
      expect(said.stderr).toMatch(twoLines("unexpected-answer"));
      expect(said.code).toBe(5);
    });
    test("and is none of HTTP", async () => {
      const said = await publishTo((response) => void response.socket?.end("hello\r\n\r\n"));
      expect(said.stderr).toMatch(twoLines("link-lost"));
      expect(said.code).toBe(5);
    });

    /** Publishes to a server that has every payload and answers the announcement like this. */
    async function publishTo(answer: (response: ServerResponse) => void): Promise<Said> {
      const hostile = createServer((request, response) => {
        request.resume();
        if (request.method === "HEAD") response.writeHead(200).end();
        else request.on("end", () => answer(response));
      });
      await new Promise<void>((resolve) => hostile.listen(0, "127.0.0.1", resolve));
      try {
        const url = `http://127.0.0.1:${(hostile.address() as AddressInfo).port}`;
        return await sumac(["publish", second.envelope, "--server", url, "--token-file", served.token("publish")]);
      } finally {
        hostile.closeAllConnections();
        hostile.close();
      }
    }
  });

  function wrongToken(): string {
    const file = path.join(emptyFolder(), "wrong.token");
    writeFileSync(file, "x".repeat(43));
    return file;
  }
});

describe("device run", () => {
  test("provisions, boots, updates, and knows on the next day what it runs", async () => {
    const own = await new Served().start();
    try {
      const folder = path.join(emptyFolder(), "dev");
      const nothing = await own.device(folder, ...factory);
      expect(nothing.code).toBe(5);
      expect(nothing.stderr).toMatch(twoLines("no-release"));
      expect(filesIn(path.dirname(folder))).toEqual([]);

      await own.publish(first.envelope);
      const made = await own.device(folder, ...factory);
      expect(made.stdout).toMatch(/^booting 1\.0\.0 \(sequence 1\) from slot a\n/);
      expect(made).toMatchObject({ code: 0, stderr: "" });

      await own.publish(second.envelope);
      const failed = await own.device(folder, "--fail-self-test");
      expect(failed.code).toBe(6);
      expect(failed.stderr).toMatch(twoLines("update-reverted"));
      expect(failed.stdout).toContain("booting 1.1.0 (sequence 2) from slot b, on trial\n");
      expect(failed.stdout).toContain(
        "booting 1.0.0 (sequence 1) from slot a: the trial of the other slot was not confirmed\n",
      );

      const updated = await own.device(folder, "--json");
      expect(updated.code).toBe(0);
      const events = updated.stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as { event: string });
      expect(events.map(({ event }) => event)).toEqual(
        expect.arrayContaining(["booted", "staged", "armed", "confirmed", "finished"]),
      );
      expect(events.at(-1)).toEqual({ event: "finished", did: "updated" });

      const status = await sumac(["device", "status", folder, "--json"]);
      expect(status.json()).toMatchObject({
        id: "dev-1",
        floor: { sequence: 2, manifestDigest: second.manifestDigest },
        next: { boot: "running", mode: "confirmed", image: { version: "1.1.0", slot: "b" } },
      });
    } finally {
      await own.stop();
    }
  });

  test("an offered release that the device does not trust is refused, and the device stays as it is", async () => {
    const folder = path.join(emptyFolder(), "dev");
    const stranger = ["--id", "dev-2", "--trust", testPublicKey("foreign"), "--config", fixture("sumac.yaml")];
    const said = await served.device(folder, ...stranger, "--factory", first.envelope);
    expect(said.code).toBe(3);
    expect(said.stderr).toMatch(twoLines("signer-unknown"));
    expect(filesIn(path.dirname(folder))).toEqual([]);
  });

  test("a device of the hybrid profile takes the update that both keys signed, and no other", {
    timeout: 60_000,
  }, async () => {
    const folder = emptyFolder();
    const keys = [generateKey(folder, "classical", "ed25519"), generateKey(folder, "quantum", "ml-dsa-87")];
    const trust = keys.flatMap((key) => ["--trust", key.public]);
    const sign = (file: string, ...signers: readonly GeneratedKey[]): Promise<Said> =>
      sumac(["release", "sign", file, ...signers.flatMap((key) => ["--test-only-key", key.private])]);
    const factoryRelease = await buildRelease(emptyFolder(), { version: "1.0.0", sequence: "1", signers: [] });
    await sign(factoryRelease.envelope, ...keys);
    const made = ["--id", "dev-pq", "--config", fixture("sumac.yaml"), ...trust, "--profile", "hybrid"];
    // A server cannot know what a device demands: this one is content with the classical half.
    const own = await new Served(keys[0]?.public).start();
    try {
      const device = path.join(folder, "dev");
      const first = await own.device(device, ...made, "--factory", factoryRelease.envelope);
      expect(first).toMatchObject({ code: 0, stderr: "" });
      const half = await buildRelease(emptyFolder(), { sequence: "2", signers: [] });
      await sign(half.envelope, ...keys.slice(0, 1));
      expect((await own.publish(half.envelope)).code).toBe(0);
      const refused = await own.device(device);
      expect(refused.stderr).toMatch(twoLines("threshold-not-met"));
      expect(refused.code).toBe(3);
      const whole = await buildRelease(emptyFolder(), { sequence: "3", signers: [] });
      await sign(whole.envelope, ...keys);
      expect((await own.publish(whole.envelope)).code).toBe(0);
      const updated = await own.device(device, ...made);
      expect(updated.stdout).toContain("confirmed 1.1.0 (sequence 3)");
      expect(updated).toMatchObject({ code: 0, stderr: "" });
    } finally {
      await own.stop();
    }
  });

  test.each([
    ["another key", () => ["--trust", testPublicKey("foreign")], "--trust"],
    ["another threshold", () => ["--threshold", "1"], "--threshold"],
    ["another product", () => ["--config", otherProduct()], "--config"],
  ])("%s for a device that is made is said to change nothing", async (_, words, option) => {
    const device = path.join(emptyFolder(), "dev");
    await served.device(device, ...factory, "--factory", first.envelope);
    expect(await served.device(device, ...factory)).toMatchObject({ stderr: "" });
    const said = await served.device(device, ...words());
    expect(said.stderr).toMatch(/^warning\[factory-option-ignored\]: [^\n]*\nhint: [^\n]*\n/);
    expect(said.stderr).toContain(`and ${option} changes nothing`);
  });

  function otherProduct(): string {
    const file = path.join(emptyFolder(), "sumac.yaml");
    writeFileSync(file, readFileSync(fixture("sumac.yaml"), "utf8").replace("product: rtu-demo", "product: rtu-other"));
    return file;
  }

  test("more keys than its state holds are refused before anything is made", async () => {
    const folder = emptyFolder();
    const keys = Array.from({ length: 7 }, (_, i) => generateKey(folder, `k${i}`, "ml-dsa-87"));
    const trust = keys.flatMap((key) => ["--trust", key.public]);
    const made = ["--id", "dev-pq", "--config", fixture("sumac.yaml"), ...trust, "--profile", "cnsa2"];
    const device = path.join(emptyFolder(), "dev");
    const said = await served.device(device, ...made, "--factory", first.envelope);
    expect(said.stderr).toMatch(twoLines("trust-too-large"));
    expect(said.code).toBe(2);
    expect(filesIn(path.dirname(device))).toEqual([]);
  });

  test("does not erase its flash more often than is good for it: what was owed before this run counts", async () => {
    const folder = path.join(emptyFolder(), "dev");
    const other = ["--id", "dev-worn", ...factory.slice(2)];
    const ledger = path.join(folder, "stagings");
    expect(await served.device(folder, ...other, "--factory", first.envelope)).toMatchObject({ code: 0 });
    expect(readFileSync(ledger, "utf8")).toBe("0\n");
    const worn = path.join(emptyFolder(), "dev");
    const plain = ["--id", "dev-worn-2", ...factory.slice(2), "--factory", first.envelope];
    mkdirSync(worn);
    writeFileSync(path.join(worn, "stagings"), `${8 * 6 * 3_600_000}\n`, { mode: 0o600 });
    const said = await served.device(worn, ...plain);
    expect(said.code).toBe(0);
    expect(said.stdout).toMatch(/waits, stagings-exhausted/);
  });

  test("runs until a signal, and answers 0", async () => {
    const folder = path.join(emptyFolder(), "dev");
    const stop = new AbortController();
    const said = await sumac(
      [
        "device",
        "run",
        folder,
        "--server",
        served.url,
        "--token-file",
        served.token("device"),
        ...factory,
        "--factory",
        first.envelope,
      ],
      {
        interrupted: stop.signal,
        onOutput: (text) => void (text.startsWith("booting") && setTimeout(() => stop.abort(), 50)),
      },
    );
    expect(said.code).toBe(0);
    expect(said.stdout).toMatch(/stopped\n$/);
  });

  test.each([
    ["another name than the device has", ["--id", "somebody-else"], "device-id-differs", 2],
    ["an unknown kind of token", ["--token-kind", "secret"], "bad-value", 2],
  ])("%s", async (_, words, code, exit) => {
    const folder = path.join(emptyFolder(), "dev");
    await served.device(folder, ...factory, "--factory", first.envelope);
    const said = await served.device(folder, ...words);
    expect(said.stderr).toMatch(twoLines(code));
    expect(said.code).toBe(exit);
  });

  test("a damaged folder is told as such, and left alone", async () => {
    const folder = path.join(emptyFolder(), "dev");
    await served.device(folder, ...factory, "--factory", first.envelope);
    writeFileSync(path.join(folder, "flash.bin"), "short");
    for (const said of [await served.device(folder), await sumac(["device", "status", folder])]) {
      expect(said.stderr).toMatch(twoLines("storage-mismatch"));
      expect(said.code).toBe(6);
    }
    writeFileSync(path.join(folder, "device.json"), "{}");
    expect((await served.device(folder)).stderr).toMatch(twoLines("device-folder-damaged"));
    expect(readFileSync(path.join(folder, "flash.bin"), "utf8")).toBe("short");
  });
});
