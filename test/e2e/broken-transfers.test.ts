import { randomBytes } from "node:crypto";
import { readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { signers, vendorTrust } from "../support/attack-scene.ts";
import { exampleImage, fixture, makeRelease, type Release } from "../support/example-product.ts";
import { FragileLine, type Piece } from "../support/fragile-line.ts";
import { type Ended, SumacProcess, sumac } from "../support/sumac-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { TestServer } from "../support/test-server.ts";

const trust = fixture("keys", "vendor.test-only.public.pem");
let folder: string;
let line: FragileLine;

/** Writes the two files of a release into the folder; answers with the name of the envelope. */
function keep({ version, envelope, image, uri }: Release): string {
  writeFileSync(path.join(folder, `${version}.suit`), envelope);
  writeFileSync(path.join(folder, uri), image);
  return `${version}.suit`;
}

const make = (version: string, sequence: bigint, image: Uint8Array): Promise<Release> =>
  makeRelease({ version, sequence, image }, [signers.vendor]);

const publishWords = (envelope: string, url: string): string[] => [
  "publish",
  envelope,
  "--server",
  url,
  "--token-file",
  "publish.token",
  "--json",
];
const runDevice = (url: string): Promise<Ended> =>
  sumac(
    [
      "device",
      "run",
      "device",
      "--server",
      url,
      "--token-file",
      "device.token",
      "--once",
      "--json",
      "--id",
      "rtu-1",
      "--config",
      fixture("sumac.yaml"),
      "--trust",
      trust,
      "--factory",
      "1.0.0.suit",
    ],
    { folder },
  );

beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => line.close());

describe("publishing", { timeout: 60_000 }, () => {
  let server: TestServer;
  beforeEach(async () => {
    server = await TestServer.start(vendorTrust);
    writeFileSync(path.join(folder, "publish.token"), server.tokens.publish);
    line = await FragileLine.lay(() => server.url);
  });
  afterEach(() => server.close());

  const isUpload = ({ direction, before }: Piece): boolean => direction === "up" && before > 100_000;
  const isAnnouncement = ({ direction, text }: Piece): boolean =>
    direction === "up" && text.includes("POST /api/v1/releases");
  const isAnswerTo =
    (sent: () => string, request: string) =>
    ({ direction }: Piece): boolean =>
      direction === "down" && sent().includes(request);

  test.each([
    ["in the middle of the payload", "half", { releases: 0, upload: "uploaded", outcome: "published" }],
    [
      "between payload and announcement",
      "announcement",
      { releases: 0, upload: "already-there", outcome: "published" },
    ],
    ["before it heard the answer", "answer", { releases: 1, upload: "already-there", outcome: "already-published" }],
  ] as const)(
    "T-SRV-HALF-PUBLISHED: killed %s, nothing is half there, and it is done by doing it again",
    async (_when, where, after) => {
      const release = keep(await make("2.0.0", 2n, randomBytes(250_000)));
      const watched = {
        half: isUpload,
        announcement: isAnnouncement,
        answer: isAnswerTo(() => line.sent, "POST /api/v1/releases"),
      }[where];
      const held = line.watch((piece) => (watched(piece) ? "hold" : "pass"));
      const publishing = new SumacProcess(publishWords(release, line.url), { folder });
      await held;
      publishing.kill("SIGKILL");
      expect((await publishing.ended).stdout).toBe("");
      line.cut();

      expect(await server.releases()).toHaveLength(after.releases);
      const again = await sumac(publishWords(release, line.url), { folder });
      expect(again).toMatchObject({ code: 0, stderr: "" });
      expect(again.json()).toMatchObject({ outcome: after.outcome, payloads: [{ upload: after.upload }] });
      const third = await sumac(publishWords(release, line.url), { folder });
      expect(third.json()).toMatchObject({ outcome: "already-published", payloads: [{ upload: "already-there" }] });
      expect(await server.releases()).toHaveLength(1);
      // What the broken upload had begun is gone, and what stays is whole.
      const files = readdirSync(path.join(server.folder, "blobs"), { recursive: true, withFileTypes: true });
      expect(files.filter((entry) => entry.isFile())).toHaveLength(2);
    },
  );
});

describe("a device", { timeout: 60_000 }, () => {
  const servers: SumacProcess[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.kill("SIGKILL");
  });

  /** The server as a process; on the port it had before, if there is one. */
  async function serve(before?: {
    readonly url: string;
  }): Promise<{ readonly process: SumacProcess; readonly url: string }> {
    const files = ["--data", "server", "--publish-token-file", "publish.token", "--device-token-file", "device.token"];
    const port = before === undefined ? "0" : new URL(before.url).port;
    const process = new SumacProcess(["serve", ...files, "--trust", trust, "--port", port, "--json"], { folder });
    servers.push(process);
    return { process, url: String((await process.next("listening"))["url"]) };
  }

  /** From which bytes on the device asked for the rest of the very file it had begun. */
  const resumptions = (): number[] =>
    Array.from(
      line.sent.matchAll(
        /^if-range: "[0-9a-f]{64}"\r\n(?:.+\r\n)*?range: bytes=(\d+)-\r\n|^range: bytes=(\d+)-\r\n(?:.+\r\n)*?if-range: "[0-9a-f]{64}"/gim,
      ),
      ([, one, other]) => Number(one ?? other),
    );

  /** Answers that hold the payload, not the envelope. */
  const isPayload = ({ direction, text }: Piece): boolean => direction === "down" && text.length > 4000;

  const updated = { event: "finished", did: "updated" };

  test("goes on where the connection broke, and asks for nothing twice", async () => {
    const { process, url } = await serve();
    line = await FragileLine.lay(() => url);
    keep(await make("1.0.0", 1n, exampleImage("1.0.0")));
    const newer = await make("1.1.0", 2n, exampleImage("1.1.0"));
    await sumac(publishWords(keep(newer), url), { folder });

    let breaks = 2;
    void line.watch((piece) => (isPayload(piece) && breaks-- > 0 ? "cut" : "pass"));
    const { code, events, stderr } = await runDevice(line.url);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(events().at(-1)).toEqual(updated);
    const [first = 0, second = 0, ...more] = resumptions();
    expect(first).toBeGreaterThan(1000);
    expect(second).toBeGreaterThan(first);
    expect(more).toEqual([]);
    process.kill("SIGTERM");
    expect(await process.ended).toMatchObject({ code: 0 });
  });

  test("is updated by a server that was killed after the publication and once more in mid-download", async () => {
    let server = await serve();
    line = await FragileLine.lay(() => server.url);
    keep(await make("1.0.0", 1n, exampleImage("1.0.0")));
    await sumac(publishWords(keep(await make("1.1.0", 2n, exampleImage("1.1.0"))), server.url), { folder });
    const killAndServe = async (): Promise<void> => {
      server.process.kill("SIGKILL");
      await server.process.ended;
      server = await serve(server);
    };
    await killAndServe();

    let pieces = 0;
    const held = line.watch((piece) => {
      if (!isPayload(piece) || pieces > 1) return "pass";
      return pieces++ === 0 ? "cut" : "hold";
    });
    const running = runDevice(line.url);
    await held;
    await killAndServe();
    line.cut();
    const { code, events, stderr } = await running;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(events().at(-1)).toEqual(updated);
    expect(resumptions().length).toBeGreaterThan(1);
  });

  test("that finds no server says so, keeps what it has, and is updated when there is one", async () => {
    let server = await serve();
    line = await FragileLine.lay(() => server.url);
    keep(await make("1.0.0", 1n, exampleImage("1.0.0")));
    await sumac(publishWords(keep(await make("1.1.0", 2n, exampleImage("1.1.0"))), server.url), { folder });
    server.process.kill("SIGKILL");
    await server.process.ended;

    const alone = await runDevice(server.url);
    expect(alone.code).toBe(5);
    expect(alone.stderr).toMatch(/^error\[server-unreachable\]: .+\nhint: .+\n$/);
    expect(alone.events()[0]).toMatchObject({ event: "booted", image: { sequence: 1 } });

    server = await serve(server);
    expect((await runDevice(server.url)).events().at(-1)).toEqual(updated);
  });
});
