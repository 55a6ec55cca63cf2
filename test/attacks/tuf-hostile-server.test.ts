import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { nodeCrypto } from "@sumac/crypto/node";
import { encodeName, sumacPolicy } from "@sumac/tuf";
import { defaultHttpLimits, openTrustedFiles, TufClient, type TufClientOptions, TufUnavailable } from "@sumac/tuf/node";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { knownTarget } from "../support/tuf-attack.ts";
import { hash, start, TestRepository } from "../support/tuf-repository.ts";
import { type Forgery, serveTuf, type TufServer } from "../support/tuf-server.ts";

/** Short enough for a test; the ratio is that of the defaults. */
const limits = { answerMs: 2_000, idleMs: 1_000, minimumRate: { bytes: 512, windowMs: 1_000 } };

interface Scene {
  readonly repository: TestRepository;
  readonly server: TufServer;
  readonly client: TufClient;
  readonly state: string;
  readonly targets: string;
}

async function scene(options: Partial<TufClientOptions> = {}, repository = TestRepository.withLine()): Promise<Scene> {
  const server = await serveTuf(repository);
  const state = temporaryFolder();
  const client = new TufClient({
    crypto: nodeCrypto,
    policy: sumacPolicy,
    metadataUrl: server.metadataUrl,
    targetsUrl: server.targetsUrl,
    files: await openTrustedFiles(state),
    factoryRoot: repository.firstRoot,
    buildTime: start,
    clock: () => ({ seconds: start, source: "trusted" }),
    withoutServer: "stop",
    limits,
    ...options,
  });
  return { repository, server, client, state, targets: temporaryFolder() };
}

const contents = (folder: string): Map<string, string> =>
  new Map(readdirSync(folder).map((name) => [name, readFileSync(path.join(folder, name), "base64")]));

/** Sends until the other side hangs up. */
const endless: Forgery = (_, response) => {
  const chunk = Buffer.alloc(65_536, 0x20);
  const more = (): void => {
    while (!response.destroyed && response.write(chunk));
    if (!response.destroyed) response.once("drain", more);
  };
  more();
};

const drip: Forgery = (_, response) => {
  const timer = setInterval(() => response.write(" "), 200);
  response.on("close", () => clearInterval(timer));
};

async function found({ client }: Scene) {
  expect(await client.refresh()).toMatchObject({ ok: true });
  const result = await client.find(knownTarget);
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
}

const targetUrl = ({ repository }: Scene): string => `targets/${[...repository.targetFiles.keys()][0]}`;

describe("a server that does not hurt", () => {
  test("refresh, look-up and download; a second download asks nobody", async () => {
    const here = await scene();
    const target = await found(here);
    const file = await here.client.download(target, here.targets);
    expect(file).toEqual({ ok: true, value: path.join(here.targets, encodeName(knownTarget)) });
    expect(readFileSync(path.join(here.targets, encodeName(knownTarget)), "utf8")).toBe("envelope of 1.0.0");
    const requests = here.server.requests.length;
    expect(await here.client.download(target, here.targets)).toMatchObject({ ok: true });
    expect(here.server.requests.length).toBe(requests);
    here.client.close();
  });

  test("a slow link that keeps the minimum rate is not cut", async () => {
    const here = await scene();
    const bytes = here.repository.file("timestamp.json");
    here.server.forged.set("metadata/timestamp.json", (_, response) => {
      const half = Math.floor(bytes.length / 2);
      response.write(bytes.subarray(0, half));
      setTimeout(() => response.end(bytes.subarray(half)), 700);
    });
    expect(await here.client.refresh()).toMatchObject({ ok: true });
    here.client.close();
  });
});

describe("endless data", () => {
  test.each([
    ["row 27, T-TUF-ENDLESS", "metadata/timestamp.json", "timestamp.json", sumacPolicy.caps.timestamp],
    ["row 28, T-TUF-ENDLESS", "metadata/2.root.json", "2.root.json", sumacPolicy.caps.root],
  ])("%s: %s", async (_, url, file, limit) => {
    const here = await scene();
    here.server.forged.set(url, endless);
    const before = contents(here.state);
    expect(await here.client.refresh()).toEqual({ ok: false, error: { code: "too-large", file, limit } });
    expect(contents(here.state)).toEqual(before);
    here.client.close();
  });

  test("row 26, T-TUF-ENDLESS: a target, cut at its signed length", async () => {
    const here = await scene();
    const target = await found(here);
    here.server.forged.set(targetUrl(here), endless);
    expect(await here.client.download(target, here.targets)).toMatchObject({
      ok: false,
      error: { code: "length-mismatch", file: knownTarget, expected: 17 },
    });
    expect(readdirSync(here.targets)).toEqual([]);
    here.client.close();
  });

  test("a snapshot, cut at its signed length", async () => {
    const here = await scene();
    here.server.forged.set("metadata/1.snapshot.json", endless);
    expect(await here.client.refresh()).toMatchObject({
      ok: false,
      error: { code: "length-mismatch", file: "1.snapshot.json" },
    });
    expect([...contents(here.state).keys()]).toEqual(["timestamp.json"]);
    here.client.close();
  });
});

describe("row 29, T-TUF-SLOW-RETRIEVAL: a slow drip", () => {
  test.each(["metadata/2.root.json", "metadata/timestamp.json", "metadata/1.snapshot.json"])("%s", async (url) => {
    const here = await scene();
    here.server.forged.set(url, drip);
    expect(await here.client.refresh()).toMatchObject({ ok: false, error: { code: "stalled" } });
    here.client.close();
  });

  test("silence in the middle of a file", async () => {
    const here = await scene();
    here.server.forged.set("metadata/timestamp.json", (_, response) => void response.write("{"));
    expect(await here.client.refresh()).toMatchObject({
      ok: false,
      error: { code: "stalled", file: "timestamp.json" },
    });
    here.client.close();
  });

  test("a target; what came is gone on with", async () => {
    const repository = TestRepository.withLine();
    const content = "x".repeat(200_000);
    repository.release("drives/dx9/3.0.0.suit", content);
    const here = await scene({}, repository);
    await here.client.refresh();
    const target = await here.client.find("drives/dx9/3.0.0.suit");
    if (!target.ok) throw new Error(target.error.code);
    const url = `targets/drives/dx9/${hash(Buffer.from(content))}.3.0.0.suit`;
    here.server.forged.set(url, (_, response) => void response.write(content.slice(0, 150_000)));
    expect(await here.client.download(target.value, here.targets)).toMatchObject({ error: { code: "stalled" } });
    here.server.forged.clear();
    expect(await here.client.download(target.value, here.targets)).toMatchObject({ ok: true });
    expect(here.server.requests.at(-1)).toBe(`${url} bytes=150000-`);
    expect(readdirSync(here.targets)).toEqual([encodeName("drives/dx9/3.0.0.suit")]);
    here.client.close();
  });

  test("the default limits ask for half a kilobyte a second", () => {
    expect((defaultHttpLimits.minimumRate.bytes * 1000) / defaultHttpLimits.minimumRate.windowMs).toBe(512);
  });
});

describe("targets that are not what was signed", () => {
  test.each([
    [
      "row 30, T-TUF-TARGET-TAMPERED",
      "tampered, of the same length",
      "envelope of 9.0.0",
      { code: "digest-mismatch", algorithm: "sha256" },
    ],
    [
      "row 31, T-TUF-TARGET-TRUNCATED",
      "truncated",
      "envelope of",
      { code: "length-mismatch", expected: 17, received: 11 },
    ],
    [
      "row 31, T-TUF-TARGET-TRUNCATED",
      "with bytes behind the end",
      "envelope of 1.0.0!",
      { code: "length-mismatch", expected: 17 },
    ],
  ])("%s: %s, and nothing is left", async (_, __, text, error) => {
    const here = await scene();
    const target = await found(here);
    here.server.forged.set(targetUrl(here), (_request, response) => void response.end(text));
    expect(await here.client.download(target, here.targets)).toMatchObject({ ok: false, error });
    expect(readdirSync(here.targets)).toEqual([]);
    here.client.close();
  });

  test("a part that somebody else left is checked like the rest", async () => {
    const here = await scene();
    const target = await found(here);
    const partial = path.join(here.targets, `${encodeName(knownTarget)}.partial`);
    writeFileSync(partial, "forged be");
    expect(await here.client.download(target, here.targets)).toMatchObject({ error: { code: "digest-mismatch" } });
    expect(readdirSync(here.targets)).toEqual([]);
    expect(await here.client.download(target, here.targets)).toMatchObject({ ok: true });
    here.client.close();
  });

  test("a file of the same name with other content is fetched again", async () => {
    const here = await scene();
    const target = await found(here);
    const file = path.join(here.targets, encodeName(knownTarget));
    writeFileSync(file, "envelope of 0.0.0");
    expect(await here.client.download(target, here.targets)).toMatchObject({ ok: true });
    expect(readFileSync(file, "utf8")).toBe("envelope of 1.0.0");
    here.client.close();
  });

  test("a target that the server does not have", async () => {
    const here = await scene();
    const target = await found(here);
    here.repository.targetFiles.clear();
    expect(await here.client.download(target, here.targets)).toMatchObject({ error: { code: "file-missing" } });
    expect(readdirSync(here.targets)).toEqual([]);
    here.client.close();
  });
});

describe("answers that are none", () => {
  async function fault(here: Scene): Promise<TufUnavailable> {
    const thrown: unknown = await here.client.refresh().catch((error: unknown) => error);
    here.client.close();
    if (!(thrown instanceof TufUnavailable)) throw thrown;
    return thrown;
  }

  test.each([301, 302, 307, 308])("a redirect (%i) is a fault, and not followed", async (status) => {
    const here = await scene();
    here.server.forged.set("metadata/timestamp.json", (_, response) => {
      response.writeHead(status, { location: "/metadata/1.snapshot.json" }).end();
    });
    expect(await fault(here)).toMatchObject({ code: "redirect-refused" });
    expect(here.server.requests).toEqual(["metadata/2.root.json", "metadata/timestamp.json"]);
  });

  test.each([204, 400, 401, 500, 503])("status %i at the root is a fault, not the end of the chain", async (status) => {
    const here = await scene();
    here.server.forged.set("metadata/2.root.json", (_, response) => void response.writeHead(status).end());
    expect(await fault(here)).toMatchObject({ code: "unexpected-status" });
    expect([...contents(here.state).keys()]).toEqual([]);
  });

  test("a connection that breaks in the middle", async () => {
    const here = await scene();
    here.server.forged.set("metadata/timestamp.json", (_, response) => {
      response.writeHead(200, { "content-length": 5000 });
      response.write("{");
      setTimeout(() => response.destroy(), 50);
    });
    expect(await fault(here)).toMatchObject({ code: "unreachable" });
  });

  test("a kept connection that the server closed is opened again", async () => {
    const here = await scene();
    expect(await here.client.refresh()).toMatchObject({ ok: true });
    let first = true;
    here.server.forged.set("metadata/2.root.json", (request, response) => {
      if (first) request.socket.resetAndDestroy();
      else response.writeHead(404).end();
      first = false;
    });
    expect(await here.client.refresh()).toMatchObject({ ok: true });
    here.client.close();
  });

  test("row 20, T-TUF-UNREACHABLE: no server, and no store to be used", async () => {
    const here = await scene({ metadataUrl: "http://127.0.0.1:1/" });
    expect(await fault(here)).toMatchObject({ code: "unreachable" });
  });

  test("row 19, T-TUF-OFFLINE-CACHE: no server, and a store that may be used", async () => {
    const here = await scene();
    await found(here);
    const notes: string[] = [];
    const offline = new TufClient({
      crypto: nodeCrypto,
      policy: sumacPolicy,
      metadataUrl: "http://127.0.0.1:1/",
      targetsUrl: "http://127.0.0.1:1/",
      files: await openTrustedFiles(here.state),
      factoryRoot: here.repository.firstRoot,
      buildTime: start,
      clock: () => ({ seconds: start, source: "trusted" }),
      withoutServer: "use-stored",
      onNote: ({ code }) => notes.push(code),
    });
    expect(await offline.refresh()).toMatchObject({ ok: true });
    expect(await offline.find(knownTarget)).toMatchObject({ ok: true });
    expect(notes).toEqual(["server-not-reached", "server-not-reached"]);
    offline.close();
    here.client.close();
  });
});

test("names of roles stay inside the folder, whatever they are", async () => {
  const repository = new TestRepository();
  const names = ["../up", "/abs", "?", "#", "a%2Fb", "..", "\u00e9t\u00e9", "con.txt", "x".repeat(300)];
  for (const name of names) repository.delegate(name, ["*/*/*"], { terminating: false });
  repository.publishAll();
  const here = await scene({}, repository);
  await here.client.refresh();
  expect(await here.client.find("a/b/c")).toMatchObject({ error: { code: "target-unknown" } });
  const stored = readdirSync(here.state).sort();
  expect(stored).toContain("..%2Fup.json".replace("..", ".."));
  expect(stored).toContain("....json".slice(1));
  expect(stored.filter((name) => name.endsWith(".json")).length).toBe(3 + names.length - 1);
  here.client.close();
});
