import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { seededBytes } from "@sumac/device";
import { describe, expect, test } from "vitest";
import { vendorTrust } from "../support/attack-scene.ts";
import { exampleImage, fixture, makeRelease, type Release, testSigner } from "../support/example-product.ts";
import { OnPathAttacker } from "../support/on-path-attacker.ts";
import { type Event, SumacProcess } from "../support/sumac-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { TestServer } from "../support/test-server.ts";

/** The same seed gives the same waits; what the process does in them is the machine's business. */
const seed = Number(process.env["SUMAC_SEED"] ?? Date.now() % 2 ** 31);
console.info(`moments of the kills: SUMAC_SEED=${seed}`);
const byte = seededBytes(seed);
const upTo = (limitMs: number): number => ((byte() * 256 + byte()) / 65_536) * limitMs;

const vendor = await testSigner("vendor");
const images = [exampleImage("1.0.0"), exampleImage("1.1.0"), exampleImage("1.2.0")];

interface Booted extends Event {
  readonly boot: string;
  readonly mode: "confirmed" | "trial";
  readonly image: { readonly sequence: number };
}

/** A vendor who always has one more release, and a device that lives in a folder and runs as a process of its own. */
class Plant {
  readonly folder: string = temporaryFolder();
  readonly #server: string;
  readonly #id: string;
  readonly #releases: Release[] = [];
  /** What the device said is confirmed: it may never run anything older again. */
  #floor = 0;

  constructor(server: TestServer, line: OnPathAttacker, id: string) {
    this.#server = line.url;
    this.#id = id;
    writeFileSync(path.join(this.folder, "device.token"), server.tokens.gateway);
  }

  async build(): Promise<Release> {
    const number = this.#releases.length + 1;
    const image = images[number % images.length] ?? new Uint8Array();
    const release = await makeRelease({ version: `1.${number}.0`, sequence: BigInt(number), image }, [vendor]);
    this.#releases.push(release);
    return release;
  }

  get isUpToDate(): boolean {
    return this.#floor === this.#releases.length;
  }

  switchOn(): SumacProcess {
    const server = ["--server", this.#server, "--token-file", "device.token", "--once", "--json"];
    const trust = fixture("keys", "vendor.test-only.public.pem");
    const factory = ["--factory", "first.suit", "--id", this.#id, "--config", fixture("sumac.yaml"), "--trust", trust];
    return new SumacProcess(["device", "run", "device", ...server, ...factory], { folder: this.folder });
  }

  /** The flash as it is, for `judge` after the next boot. */
  flash(): Buffer | undefined {
    return existsSync(this.#flashFile) ? readFileSync(this.#flashFile) : undefined;
  }

  /** Resolves when a new device has a flash, with nothing in it yet. */
  async beginningOfFlash(): Promise<void> {
    while (!existsSync(this.#flashFile)) await sleep(1);
  }

  get #flashFile(): string {
    return path.join(this.folder, "device", "flash.bin");
  }

  /**
   * Every image that ran is a release, and none older than what was confirmed before. The first one lay, byte for byte,
   * in the flash that the kill had left: the device's own opinion is not asked.
   */
  judge(events: readonly Event[], flash: Buffer | undefined): void {
    for (const [position, told] of events.entries()) {
      if (told.event === "confirmed") this.#floor = (told as Booted).image.sequence;
      if (told.event !== "booted") continue;
      const { boot, mode, image } = told as Booted;
      expect(boot).toBe("running");
      const release = this.#releases[image.sequence - 1];
      if (release === undefined) throw new Error(`nobody released ${image.sequence}`);
      expect(image.sequence).toBeGreaterThanOrEqual(this.#floor);
      if (mode === "confirmed") this.#floor = image.sequence;
      if (position === 0 && flash !== undefined) expect(flash.includes(Buffer.from(release.image))).toBe(true);
    }
  }
}

async function newPlant(server: TestServer, line: OnPathAttacker, id: string): Promise<Plant> {
  const plant = new Plant(server, line, id);
  const first = await plant.build();
  writeFileSync(path.join(plant.folder, "first.suit"), first.envelope);
  writeFileSync(path.join(plant.folder, first.uri), first.image);
  return plant;
}

/** A server of its own, behind a line so slow that most kills fall into a download. */
async function withServer<T>(work: (server: TestServer, line: OnPathAttacker) => Promise<T>): Promise<T> {
  const server = await TestServer.start(vendorTrust);
  const line = await OnPathAttacker.start(() => server.url);
  line.tampering = { pauseMs: 4 };
  try {
    return await work(server, line);
  } finally {
    await line.close();
    await server.close();
  }
}

/** Answers how many downloads went on where a kill had stopped them. */
async function killDuringUpdates(server: TestServer, line: OnPathAttacker, kills: number): Promise<number> {
  const plant = await newPlant(server, line, "rtu-1");
  plant.judge((await plant.switchOn().ended).events(), undefined);
  await server.publish(await plant.build());
  // One update in peace, to know how long there is something to kill.
  const peaceful = plant.switchOn();
  await peaceful.next("booted");
  const began = performance.now();
  plant.judge((await peaceful.ended).events(), undefined);
  let span = performance.now() - began;
  expect(plant.isUpToDate).toBe(true);

  let killed = 0;
  let resumed = 0;
  for (let run = 0; killed < kills && run < 3 * kills; run++) {
    // A release that keeps failing is not offered for ever; then, too, there is a next one.
    if (plant.isUpToDate || run % 5 === 0) await server.publish(await plant.build());
    const flash = plant.flash();
    const device = plant.switchOn();
    await device.next("booted");
    const booted = performance.now();
    await sleep(upTo(span));
    device.kill("SIGKILL");
    const { code, events, stderr } = await device.ended;
    expect([null, 0, 6], stderr).toContain(code);
    if (code === null) killed++;
    else span = Math.min(span, performance.now() - booted);
    resumed += events().filter(({ event, from }) => event === "downloading" && from !== 0).length;
    plant.judge(events(), flash);
  }
  expect(killed).toBe(kills);

  await server.publish(await plant.build());
  for (let run = 0; run < 3 && !plant.isUpToDate; run++) {
    const flash = plant.flash();
    const { events, stderr } = await plant.switchOn().ended;
    expect(stderr).toBe("");
    plant.judge(events(), flash);
  }
  expect(plant.isUpToDate).toBe(true);
  return resumed;
}

async function killWhileMade(server: TestServer, line: OnPathAttacker, kills: number): Promise<void> {
  const undisturbed = await newPlant(server, line, "rtu-2");
  const device = undisturbed.switchOn();
  await undisturbed.beginningOfFlash();
  const began = performance.now();
  await device.next("booted");
  const span = performance.now() - began;
  await device.ended;

  for (let kill = 0; kill < kills; kill++) {
    const plant = await newPlant(server, line, `rtu-made-${kill}`);
    const killed = plant.switchOn();
    await plant.beginningOfFlash();
    await sleep(upTo(span));
    killed.kill("SIGKILL");
    plant.judge((await killed.ended).events(), undefined);
    const { code, events, stderr } = await plant.switchOn().ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    plant.judge(events(), plant.flash());
    expect(plant.isUpToDate).toBe(true);
  }
}

describe("T-DEV-POWER-CUT: the process of the device is killed", () => {
  test("25 times during updates of two devices: each boots a good image every time and is up to date in the end", {
    timeout: 120_000,
  }, async () => {
    const each = [12, 13].map((kills) => withServer((server, line) => killDuringUpdates(server, line, kills)));
    expect(Math.max(...(await Promise.all(each)))).toBeGreaterThan(0);
  });

  test("5 times while it is made: the next start finishes it", { timeout: 60_000 }, () =>
    withServer((server, line) => killWhileMade(server, line, 5)),
  );
});
