import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeCrypto } from "@sumac/crypto/node";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { nodeFileSystem } from "../files/node-file-system.ts";
import { FragileFiles, type FragileFilesOptions, type Survival } from "../power-cut/fragile-files.test.support.ts";
import { cutMoments, PowerCut } from "../power-cut/power-cut.ts";
import { FileSlots } from "./file-slots.ts";
import { slotsContract } from "./slots.contract.ts";
import type { ComponentSlot, SlotStaging } from "./slots.ts";

const folders: string[] = [];
const opened: FileSlots[] = [];
afterEach(async () => {
  for (const slots of opened.splice(0)) await slots.close();
});
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "sumac-slots-"));
  folders.push(folder);
  return folder;
}
const component = (name: string, capacity: number): ComponentSlot => ({
  id: [new TextEncoder().encode(name)],
  capacity,
});
const two = [component("firmware", 8000), component("../configuration", 8000)];
const room = { recovery: component("recovery", 600), envelopeCapacity: 400, crypto: nodeCrypto } as const;
function onDisk(folder: string, components: readonly ComponentSlot[]): FileSlots {
  const slots = new FileSlots({ ...room, files: nodeFileSystem, folder, components });
  opened.push(slots);
  return slots;
}
const inMemory = (files: FragileFiles, components: readonly ComponentSlot[] = two): FileSlots =>
  new FileSlots({ ...room, files, folder: "", components });

slotsContract("files", (components) => {
  const folder = newFolder();
  const open = () => onDisk(folder, components);
  return { slots: open(), reopen: open };
});
slotsContract("files in memory", (components) => {
  const files = new FragileFiles();
  const open = () => inMemory(files, components);
  return { slots: open(), reopen: open };
});

const bytes = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 17 + (i >> 8)) & 0xff);

describe("T-DEV-POWER-CUT: the power is cut at every file operation of a staging", () => {
  const survivals: readonly (readonly [Survival, number])[] = [
    ["nothing", 0],
    ["everything", 0],
    ...Array.from({ length: 4 }, (_, seed) => ["some", seed] as const),
  ];
  interface Content {
    readonly staging: SlotStaging;
    readonly images: readonly Uint8Array[];
  }
  const content = (seed: number, sizes: readonly number[]): Content => ({
    staging: { envelope: bytes(90 + seed, seed), imageSizes: sizes },
    images: sizes.map((size, i) => bytes(size, seed * 10 + i)),
  });
  const old = content(1, [5000, 4200]);
  const next = content(2, [6000, 4300]);

  /** What has returned, and so must hold whatever is cut afterwards. */
  interface Done {
    begun: boolean;
    sealed: boolean;
    handedOver: number;
  }

  async function stage(files: FragileFiles, { staging, images }: Content, done: Done): Promise<void> {
    const slots = inMemory(files);
    let writer = await slots.begin("b", staging);
    done.begun = true;
    for (const [i, image] of images.entries()) {
      for (let at = 0; at < image.length; at += 2500) {
        const chunk = image.subarray(at, at + 2500);
        done.handedOver += chunk.length;
        await writer.write(i, at, chunk);
        // So that operations do not run into each other, and every run has the same ones.
        await slots.close();
        const again = await slots.resume("b", staging);
        if (again === undefined) throw new Error("nothing to resume");
        writer = again;
        const { component: reached, offset } = writer.position;
        for (let part = reached; part <= i; part++) {
          const from = part === reached ? offset : 0;
          const until = part === i ? at + chunk.length : (images[part]?.length ?? 0);
          await writer.write(part, from, images[part]?.subarray(from, until) ?? new Uint8Array());
        }
      }
    }
    await writer.seal();
    done.sealed = true;
  }

  async function wholeness(slots: FileSlots, { images }: Content): Promise<boolean> {
    for (const [i, image] of images.entries()) {
      const chunks: number[] = [];
      for await (const chunk of slots.read("b", i, image.length)) chunks.push(...chunk);
      if (chunks.length !== image.length || chunks.some((byte, at) => byte !== image[at])) return false;
    }
    return true;
  }

  async function judge(files: FragileFiles, done: Done, had: Content | undefined): Promise<string | undefined> {
    const slots = inMemory(files);
    const found = await slots.inspect("b");
    if (done.sealed && found.state !== "sealed") return `sealed became ${found.state}`;
    if (found.state === "sealed") {
      const which = [had, next].find((each) => each?.staging.envelope.length === found.envelope.length);
      if (which === undefined || !(await wholeness(slots, which))) return "sealed without its images";
      if (done.begun && which !== next) return "the old seal came back";
    }
    if (done.begun && !done.sealed && found.state === "damaged") return "what was begun is lost";
    if (done.begun && !done.sealed && found.state === "empty") return "what was begun is forgotten";
    const resumed = await slots.resume("b", next.staging);
    if (resumed !== undefined) {
      const { component: reached, offset } = resumed.position;
      const position = next.staging.imageSizes.slice(0, reached).reduce((sum, size) => sum + size, 0) + offset;
      if (position > done.handedOver) return `resumes at ${position} after ${done.handedOver}`;
    }
    await stage(files, next, { begun: false, sealed: false, handedOver: 0 });
    const after = inMemory(files);
    return (await after.inspect("b")).state === "sealed" && (await wholeness(after, next)) ? undefined : "stuck";
  }

  async function sweep(options: Pick<FragileFilesOptions, "lies">, until: "the-end" | "something-is-wrong") {
    const wrong: string[] = [];
    let tried = 0;
    const syncs = new Set<string>();
    for (const had of [undefined, old]) {
      const start = new FragileFiles();
      if (had !== undefined) await stage(start, had, { begun: false, sealed: false, handedOver: 0 });
      const act = async (files: FragileFiles): Promise<Done> => {
        const done: Done = { begun: false, sealed: false, handedOver: 0 };
        await stage(files, next, done).catch((error: unknown) => {
          if (!(error instanceof PowerCut)) throw error;
        });
        return done;
      };
      const whole = start.copy({});
      await act(whole);
      for (const sync of whole.syncs) syncs.add(sync);
      for (let operation = 0; operation <= whole.operations; operation++) {
        for (const moment of cutMoments) {
          for (const [survival, seed] of survivals) {
            const cut = start.copy({ cut: { operation, moment }, ...options });
            const done = await act(cut);
            const problem = await judge(cut.afterCut(survival, seed + operation * 16), done, had);
            tried++;
            if (problem !== undefined) wrong.push(`${moment} ${operation}, ${survival} ${seed}: ${problem}`);
            if (problem !== undefined && until === "something-is-wrong") return { wrong, tried, syncs };
          }
        }
      }
    }
    return { wrong, tried, syncs };
  }

  test("what says that it is sealed is whole, what was begun is resumed, and it can be staged again", async () => {
    const { wrong, tried } = await sweep({}, "the-end");
    expect(wrong).toEqual([]);
    expect(tried).toBeGreaterThan(1000);
  }, 60_000);

  test("and every single sync is needed: without it something is lost", async () => {
    const files = new FragileFiles();
    await stage(files, next, { begun: false, sealed: false, handedOver: 0 });
    for (const sync of files.syncs) {
      const { wrong } = await sweep({ lies: (what) => what === sync }, "something-is-wrong");
      expect(wrong, sync).not.toEqual([]);
    }
    expect(files.syncs.size).toBeGreaterThanOrEqual(9);
  }, 60_000);
});
