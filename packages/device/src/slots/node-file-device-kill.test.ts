import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { nodeCrypto } from "@sumac/crypto/node";
import { serializeTrustRecord, trustKey } from "@sumac/verifier";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { classId, makeSetRelease, testImage, vendorId, vendorKey } from "../device/release.test.support.ts";
import { seededBytes } from "../power-cut/power-cut.ts";

/** The same seed gives the same moments and the same lives; what falls into a moment is the machine's business. */
const seed = Number(process.env["SUMAC_SEED"] ?? Date.now() % 2 ** 31);
console.info(`moments of the kills: SUMAC_SEED=${seed}`);
const kills = 300;
const lanes = 2;
const releases = 2500;

const child = join(import.meta.dirname, "node-file-device-kill.test.support.ts");
let root = "";
const material = (name = ""): string => join(root, "material", name);
const imageOf = new Map<number, readonly Uint8Array[]>();

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "sumac-kill-"));
  mkdirSync(material());
  // One file starts several times faster than a tree of them, and this one starts more than 300 times.
  await build({
    entryPoints: [child],
    outfile: join(root, "device.mjs"),
    bundle: true,
    platform: "node",
    format: "esm",
  });
  const ids = ["firmware", "radio"].map((name) => [new TextEncoder().encode(name)]);
  const images = Array.from({ length: 6 }, (_, i) => [
    testImage(40_000 + 40_000 * i, i),
    testImage(5000 + 9000 * i, 90 + i),
  ]);
  for (let sequence = 1; sequence <= releases; sequence++) {
    const content = images[sequence % images.length] ?? [];
    imageOf.set(sequence, content);
    const components = ids.map((id, i) => ({ id, image: content[i] ?? new Uint8Array() }));
    writeFileSync(material(`${sequence}.suit`), makeSetRelease({ sequence: BigInt(sequence), components }).envelope);
  }
  for (const [set, content] of images.entries()) {
    for (const [i, image] of content.entries()) writeFileSync(material(`${set}.${i}.bin`), image);
  }
  const keys = [trustKey(vendorKey.publicKey, nodeCrypto)];
  const role = { name: "release", purpose: "release", threshold: 1, keys, components: "any" } as const;
  writeFileSync(material("trust"), serializeTrustRecord({ roles: [role], legacyAlgorithms: [] }));
  writeFileSync(material("vendor.id"), vendorId);
  writeFileSync(material("class.id"), classId);
});
afterAll(() => rmSync(root, { recursive: true }));

interface Line {
  readonly event: "provisioned" | "booted" | "confirmed" | "resumed" | "finished";
  readonly slot: "a" | "b";
  readonly sequence: number;
  readonly mode: "confirmed" | "trial";
  readonly why: string;
  readonly floor: number;
  readonly current: string;
}

/** A device in a folder of its own, and what the world knows of it. */
class Life {
  readonly seen = { kills: 0, boots: 0, confirmed: 0, resumed: 0, reverted: 0, provisioned: 0 };
  readonly #folder: string;
  #floor = 0;
  #starts = 0;

  constructor(name: string) {
    this.#folder = join(root, name);
  }

  /** Starts the device; kills it so long after it was started, or after it runs. Answers the exit code. */
  async start(killAfter?: { readonly from: "start" | "running"; readonly ms: number }): Promise<number | null> {
    const before = this.#images();
    const words = [join(root, "device.mjs"), this.#folder, material(), `${seed + this.#starts++}`];
    const until = killAfter === undefined ? this.#floor + 8 : releases;
    const process_ = spawn(process.execPath, [...words, `${until}`], { stdio: ["ignore", "pipe", "pipe"] });
    let told = "";
    let errors = "";
    process_.stderr.on("data", (chunk) => {
      errors += String(chunk);
    });
    const running = new Promise<void>((resolve) => {
      process_.stdout.on("data", (chunk) => {
        told += String(chunk);
        if (told.includes('"booted"')) resolve();
      });
      process_.once("exit", () => resolve());
    });
    const ended = once(process_, "close");
    if (killAfter !== undefined) {
      if (killAfter.from === "running") await running;
      await sleep(killAfter.ms);
      process_.kill("SIGKILL");
    }
    const [code] = (await ended) as [number | null];
    expect(errors).toBe("");
    this.#judge(told, before);
    return code;
  }

  get floor(): number {
    return this.#floor;
  }

  /**
   * Judged from outside (device.md 2): what boots first lies, byte for byte, in the folder that the kill had left; nothing
   * that runs is older than what was confirmed; no floor falls; the link points at what runs.
   */
  #judge(told: string, before: ReadonlyMap<string, readonly Uint8Array[]>): void {
    const whole = told
      .slice(0, told.lastIndexOf("\n") + 1)
      .split("\n")
      .filter((line) => line !== "");
    const lines = whole.map((line) => JSON.parse(line) as Line);
    let first = true;
    for (const line of lines) {
      if (line.event === "provisioned") {
        this.seen.provisioned++;
        // A device is made once: afterwards its floor would start again.
        expect(this.#floor).toBe(0);
        first = false;
      }
      if (line.event === "resumed") this.seen.resumed++;
      if (line.event === "confirmed" || line.event === "finished") this.seen.confirmed++;
      if (line.event === "booted") {
        this.seen.boots++;
        if (line.why === "trial-not-confirmed") this.seen.reverted++;
        expect(["active", "trial-begins", "trial-not-confirmed"]).toContain(line.why);
        expect(line.sequence).toBeGreaterThanOrEqual(this.#floor);
        expect(line.floor).toBeGreaterThanOrEqual(this.#floor);
        expect(line.current).toBe(line.slot);
        if (first) expect(before.get(line.slot)).toEqual(imageOf.get(line.sequence));
        first = false;
      }
      const floor = line.event === "confirmed" ? line.sequence : (line.floor ?? 0);
      this.#floor = Math.max(this.#floor, floor);
    }
  }

  #images(): ReadonlyMap<string, readonly Uint8Array[]> {
    const images = new Map<string, readonly Uint8Array[]>();
    for (const slot of ["a", "b"]) {
      const files = ["firmware", "radio"].map((name) => join(this.#folder, slot, `${name}.image`));
      if (files.every((file) => existsSync(file))) {
        images.set(
          slot,
          files.map((file) => new Uint8Array(readFileSync(file))),
        );
      }
    }
    return images;
  }
}

test(`T-DEV-POWER-CUT: a device in a folder is killed at ${kills} random moments of its life, and each time boots what it may`, async () => {
  const begun = performance.now();
  const all = await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      const byte = seededBytes(seed + lane);
      const life = new Life(`device-${lane}`);
      while (life.seen.kills < kills / lanes) {
        const random = (byte() * 256 + byte()) / 65_536;
        // Every fifth kill may fall into the start: the checks, repairs and the first provisioning.
        const killAfter =
          byte() % 5 === 0
            ? ({ from: "start", ms: random * 150 } as const)
            : ({ from: "running", ms: random * 70 } as const);
        if ((await life.start(killAfter)) === null) life.seen.kills++;
      }
      const floor = life.floor;
      expect(await life.start()).toBe(0);
      expect(life.floor).toBeGreaterThan(floor);
      return life.seen;
    }),
  );
  console.info(JSON.stringify({ seconds: Math.round((performance.now() - begun) / 1000), lives: all }));
  for (const seen of all) {
    expect(seen.provisioned).toBe(1);
    for (const count of [seen.boots, seen.confirmed, seen.resumed, seen.reverted]) expect(count).toBeGreaterThan(0);
  }
}, 180_000);
