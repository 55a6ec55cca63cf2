import { randomBytes } from "node:crypto";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
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
let server: TestServer;
let line: FragileLine;

beforeEach(async () => {
  folder = temporaryFolder();
  server = await TestServer.start(vendorTrust);
  writeFileSync(path.join(folder, "publish.token"), server.tokens.publish);
  writeFileSync(path.join(folder, "device.token"), server.tokens.gateway);
  line = await FragileLine.lay(() => server.url);
});
afterEach(async () => {
  await line.close();
  await server.close();
});

const make = (version: string, sequence: bigint, image: Uint8Array): Promise<Release> =>
  makeRelease({ version, sequence, image }, [signers.vendor]);

/** Writes the two files of a release into the folder; answers with the name of the envelope. */
function keep({ version, envelope, image, uri }: Release): string {
  writeFileSync(path.join(folder, `${version}.suit`), envelope);
  writeFileSync(path.join(folder, uri), image);
  return `${version}.suit`;
}

const publishing = (envelope: string, url: string): SumacProcess =>
  new SumacProcess(["publish", envelope, "--server", url, "--token-file", "publish.token", "--json"], { folder });

describe("publishing", { timeout: 60_000 }, () => {
  const isUpload = ({ direction, before }: Piece): boolean => direction === "up" && before > 100_000;
  const isAnnouncement = ({ direction, text }: Piece): boolean =>
    direction === "up" && text.includes("POST /api/v1/releases");
  const isItsAnswer = ({ direction }: Piece): boolean =>
    direction === "down" && line.sent.includes("POST /api/v1/releases");

  test.each([
    ["in the middle of the payload", isUpload, { releases: 0, upload: "uploaded", outcome: "published" }],
    [
      "between payload and announcement",
      isAnnouncement,
      { releases: 0, upload: "already-there", outcome: "published" },
    ],
    ["before it heard the answer", isItsAnswer, { releases: 1, upload: "already-there", outcome: "already-published" }],
  ] as const)(
    "T-SRV-HALF-PUBLISHED: killed %s, nothing is half there, and it is done by doing it again",
    async (_when, watched, after) => {
      const release = keep(await make("2.0.0", 2n, randomBytes(250_000)));
      const held = line.watch((piece) => (watched(piece) ? "hold" : "pass"));
      const killed = publishing(release, line.url);
      await held;
      killed.kill("SIGKILL");
      expect((await killed.ended).stdout).toBe("");
      line.cut();

      expect(await server.releases()).toHaveLength(after.releases);
      const again = await publishing(release, line.url).ended;
      expect(again).toMatchObject({ code: 0, stderr: "" });
      expect(again.json()).toMatchObject({ outcome: after.outcome, payloads: [{ upload: after.upload }] });
      expect(await server.releases()).toHaveLength(1);
      // What the broken upload had begun is gone, and what stays is whole.
      const files = readdirSync(path.join(server.folder, "blobs"), { recursive: true, withFileTypes: true });
      expect(files.filter((entry) => entry.isFile())).toHaveLength(2);
    },
  );
});

describe("a device", { timeout: 60_000 }, () => {
  const first = make("1.0.0", 1n, exampleImage("1.0.0"));
  const newer = make("1.1.0", 2n, exampleImage("1.1.0"));
  beforeEach(async () => {
    keep(await first);
  });

  async function update(url: string): Promise<Ended> {
    const factory = ["--id", "rtu-1", "--config", fixture("sumac.yaml"), "--trust", trust, "--factory", "1.0.0.suit"];
    const to = ["--server", url, "--token-file", "device.token"];
    return sumac(["device", "run", "device", ...to, ...factory, "--once", "--json"], { folder });
  }
  const updated = { event: "finished", did: "updated" };

  /** Answers that hold the payload, not the envelope. */
  const isPayload = ({ direction, text }: Piece): boolean => direction === "down" && text.length > 4000;

  /** From which bytes on the device asked for the rest of the very file it had begun. */
  const resumptions = (): number[] =>
    line.sent
      .split("\r\n\r\n")
      .filter((request) => /^if-range: "[0-9a-f]{64}"$/im.test(request))
      .map((request) => Number(/^range: bytes=(\d+)-$/im.exec(request)?.[1]));

  test("goes on where the connection broke, and asks for nothing twice", async () => {
    await server.publish(await newer);
    let breaks = 2;
    void line.watch((piece) => (isPayload(piece) && breaks-- > 0 ? "cut" : "pass"));
    const { code, events, stderr } = await update(line.url);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(events().at(-1)).toEqual(updated);
    const [one = 0, two = 0, ...more] = resumptions();
    expect(one).toBeGreaterThan(1000);
    expect(two).toBeGreaterThan(one);
    expect(more).toEqual([]);
  });

  test("that finds no server says so, keeps what it has, and is updated when there is one", async () => {
    await server.publish(await newer);
    await server.close();
    const alone = await update(server.url);
    expect(alone.code).toBe(5);
    expect(alone.stderr).toMatch(/^error\[server-unreachable\]: .+\nhint: .+\n$/);
    expect(alone.events()[0]).toMatchObject({ event: "booted", image: { sequence: 1 } });

    await server.restart();
    expect((await update(server.url)).events().at(-1)).toEqual(updated);
  });

  test("is updated by a server that was killed after the publication and once more in mid-download", async () => {
    for (const name of ["publish.token", "device.token"]) rmSync(path.join(folder, name));
    const served = await ServerProcess.start("0");
    let current = served;
    const through = await FragileLine.lay(() => served.url);
    try {
      expect(await publishing(keep(await newer), served.url).ended).toMatchObject({ code: 0 });
      current = await current.killAndStartAgain();
      let pieces = 0;
      const held = through.watch((piece) => {
        if (!isPayload(piece) || pieces > 1) return "pass";
        return pieces++ === 0 ? "cut" : "hold";
      });
      const updating = update(through.url);
      await held;
      current = await current.killAndStartAgain();
      through.cut();
      const { code, events, stderr } = await updating;
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(events().at(-1)).toEqual(updated);
      expect(through.sent).toMatch(/^if-range: /im);
    } finally {
      await through.close();
      await current.end();
    }
  });
});

/** `sumac serve` in the folder. It makes its own token files. */
class ServerProcess {
  readonly url: string;
  readonly #process: SumacProcess;

  private constructor(process: SumacProcess, url: string) {
    this.#process = process;
    this.url = url;
  }

  static async start(port: string): Promise<ServerProcess> {
    const tokens = ["--publish-token-file", "publish.token", "--device-token-file", "device.token"];
    const words = ["serve", "--data", "server", ...tokens, "--trust", trust, "--port", port, "--json"];
    const process = new SumacProcess(words, { folder });
    return new ServerProcess(process, String((await process.next("listening"))["url"]));
  }

  async killAndStartAgain(): Promise<ServerProcess> {
    this.#process.kill("SIGKILL");
    await this.#process.ended;
    return ServerProcess.start(new URL(this.url).port);
  }

  async end(): Promise<void> {
    this.#process.kill("SIGTERM");
    expect(await this.#process.ended).toMatchObject({ code: 0 });
  }
}
