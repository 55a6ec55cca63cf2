import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { bytesToHex, hexToBytes } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { parseImage, recomputedDigest } from "@sumac/mcuboot";
import { decodeBody, encodeReply, parseMessage, type SmpMap } from "@sumac/smp";
import { describe, expect, test } from "vitest";
import type { Flash } from "../flash/flash.ts";
import { MemoryFlash } from "../flash/memory-flash.ts";
import { flip } from "../flash/simulated-device.test.support.ts";
import { type Loader, type LoaderKey, loaderImage, loaderKey, mcubootLoader } from "./mcuboot-recovery.test.support.ts";
import { McubootRecovery } from "./mcuboot-recovery.ts";
import { McubootSlots, mcubootGeometry, mcubootSizes } from "./mcuboot-slots.ts";

const key = loaderKey();
const stranger = loaderKey();
const version2 = loaderImage(key, "2.0.0+7", 5);
const version27 = loaderImage(key, "2.7.0", 6);
const version21 = loaderImage(key, "2.1.0", 4);

function hashOf(image: Uint8Array): Uint8Array {
  const parsed = parseImage(image);
  const digest = parsed.ok ? recomputedDigest(parsed.value, nodeCrypto) : undefined;
  if (digest === undefined) throw new Error("no image");
  return digest.bytes;
}

/** B: runs 2.0.0+7 with counter 5. */
async function running2(): Promise<Loader> {
  const loader = await mcubootLoader([key]);
  await loader.upload(version2, 0);
  await loader.ask("os", 5, "write");
  return loader;
}

/** C, as far as the first boot: 2.7.0 on trial. */
async function trial27(): Promise<Loader> {
  const loader = await running2();
  await loader.upload(version27, 2);
  await loader.ask("image", 0, "write", { hash: hashOf(version27), confirm: false });
  await loader.ask("os", 5, "write");
  return loader;
}

const ran = (loader: Loader): string => {
  const booted = loader.boots.at(-1);
  const version = booted?.running?.image.header.version;
  const name = version === undefined ? "nothing" : `${version.major}.${version.minor}.${version.revision}`;
  return `${name}, counter ${booted?.securityCounter}, ${booted?.swap}`;
};

describe("the scenarios that were measured with the boot loader's own code", () => {
  test("A: an image without a counter is uploaded, and neither listed nor booted", async () => {
    const loader = await mcubootLoader([key]);
    const image = loaderImage(key, "1.0.0");
    expect(await loader.upload(image, 0)).toEqual({ rc: 0, off: image.length });
    expect(await loader.listed()).toEqual([]);
    await loader.ask("os", 5, "write");
    expect(ran(loader)).toBe("nothing, counter 0, none");
  });

  test("B: into the primary slot: it boots, the counter rises at the first boot", async () => {
    const loader = await running2();
    expect(ran(loader)).toBe("2.0.0, counter 5, none");
    expect(await loader.listed()).toEqual(["0: 2.0.0.7 active confirmed"]);
  });

  test("C: tested and not confirmed: the counter stays, and the second boot goes back", async () => {
    const loader = await running2();
    await loader.upload(version27, 2);
    await loader.ask("image", 0, "write", { hash: hashOf(version27), confirm: false });
    expect(await loader.listed()).toEqual(["0: 2.0.0.7 confirmed", "1: 2.7.0 pending"]);
    await loader.ask("os", 5, "write");
    expect(ran(loader)).toBe("2.7.0, counter 5, test");
    expect(await loader.listed()).toEqual(["0: 2.7.0 active", "1: 2.0.0.7 confirmed"]);
    await loader.ask("os", 5, "write");
    expect(ran(loader)).toBe("2.0.0, counter 5, revert");
    await loader.ask("os", 5, "write");
    expect(ran(loader)).toBe("2.0.0, counter 5, none");
  });

  test("D: confirmed: it stays, and the counter rises at the first boot after that", async () => {
    const loader = await trial27();
    await loader.ask("image", 0, "write", { hash: hashOf(version27), confirm: true });
    expect(loader.slots.securityCounter).toBe(5);
    await loader.ask("os", 5, "write");
    expect(ran(loader)).toBe("2.7.0, counter 6, none");
    expect(await loader.listed()).toEqual(["0: 2.7.0 active confirmed"]);
  });

  test.each([
    ["E: a lower counter", version21],
    ["F: another key", loaderImage(stranger, "9.9.9", 99)],
    ["G: one changed byte", flip(version27, 700)],
  ])("%s: uploaded to the last byte, not listed, not booted", async (_, image) => {
    const loader = await trial27();
    await loader.ask("image", 0, "write", { hash: hashOf(version27), confirm: true });
    await loader.ask("os", 5, "write");
    expect(await loader.upload(image, 2)).toEqual({ rc: 0, off: image.length });
    expect(await loader.listed()).toEqual(["0: 2.7.0 active confirmed"]);
    expect(await loader.ask("image", 0, "write", { hash: hashOf(image), confirm: false })).toEqual({ rc: 5 });
    await loader.ask("os", 5, "write");
    expect(ran(loader)).toBe("2.7.0, counter 6, none");
  });

  test.each([
    ["H: a lower counter", version21, "rollback"],
    ["I: another key", loaderImage(stranger, "9.9.9", 99), "signer-unknown"],
  ])("%s, written with a trailer behind the back of recovery: the old image boots", async (_, image, code) => {
    const loader = await running2();
    await loader.slots.raiseCounter(5);
    await loader.slots.erase(1);
    await loader.slots.write(1, 0, image);
    await loader.slots.setPending("test");
    await loader.ask("os", 5, "write");
    expect(ran(loader)).toBe("2.0.0, counter 5, test");
    expect(loader.boots.at(-1)?.refused).toMatchObject({ code });
    await loader.ask("os", 5, "write");
    expect(ran(loader)).toBe("2.0.0, counter 5, none");
  });

  test("an equal counter is accepted", async () => {
    const loader = await running2();
    const image = loaderImage(key, "2.0.1", 5);
    await loader.upload(image, 2);
    expect(await loader.listed()).toContain("1: 2.0.1 ");
  });

  test("marked for good, it stays without a confirmation; without a hash the other slot is meant", async () => {
    const loader = await running2();
    await loader.upload(version27, 2);
    await loader.ask("image", 0, "write", { confirm: true });
    expect(await loader.listed()).toEqual(["0: 2.0.0.7 confirmed", "1: 2.7.0 pending permanent"]);
    await loader.ask("os", 5, "write");
    await loader.ask("os", 5, "write");
    expect(ran(loader)).toBe("2.7.0, counter 6, none");
  });
});

describe("an upload", () => {
  test("chunks are cut to the write unit, and asked for again", async () => {
    const loader = await mcubootLoader([key]);
    const chunk = (off: number, length: number, first: SmpMap = {}) =>
      loader.ask("image", 1, "write", { off, data: version2.subarray(off, off + length), ...first });
    expect(await chunk(0, 500, { image: 2, len: version2.length })).toEqual({ rc: 0, off: 496 });
    expect(await chunk(500, 100)).toEqual({ rc: 0, off: 496 });
    expect(await chunk(496, 100)).toEqual({ rc: 0, off: 592 });
  });

  test("offset 0 begins anew, whatever its digest; a refused one forgets too; a reset forgets all", async () => {
    const loader = await mcubootLoader([key]);
    const first = { off: 0, data: version2.subarray(0, 512), image: 2, len: version2.length };
    const ask = (body: SmpMap): Promise<SmpMap> => loader.ask("image", 1, "write", body);
    expect(await ask(first)).toEqual({ rc: 0, off: 512 });
    expect(await ask({ off: 512, data: version2.subarray(512, 1024) })).toEqual({ rc: 0, off: 1024 });
    expect(await ask(first)).toEqual({ rc: 0, off: 512 });
    expect(await ask({ ...first, len: mcubootSizes.slot + 1 })).toEqual({ rc: 3 });
    expect(await ask({ off: 512, data: version2.subarray(512, 1024) })).toEqual({ rc: 0, off: 0 });
    await ask(first);
    await loader.ask("os", 5, "write");
    expect(await ask({ off: 512, data: version2.subarray(512, 1024) })).toEqual({ rc: 0, off: 0 });
  });

  test("without a target it overwrites what runs, as the real one does", async () => {
    const loader = await running2();
    await loader.ask("image", 1, "write", { off: 0, data: version27.subarray(0, 512), len: version27.length });
    expect(await loader.listed()).toEqual([]);
  });
});

test("what it does not know it refuses as not supported", async () => {
  const loader = await mcubootLoader([key]);
  expect(await loader.ask("image", 5, "write")).toEqual({ rc: 8 });
  expect(await loader.ask("os", 8, "read")).toEqual({ rc: 8 });
  const call = { operation: "read", group: 0x534d, id: 0, version: 2, body: {} } as const;
  expect(await loader.recovery.handle(call)).toEqual({ rc: 8 });
});

/** Counts operations, and fails each from the n-th on: the power is cut. */
class CutFlash implements Flash {
  readonly geometry = mcubootGeometry;
  readonly #flash: MemoryFlash;
  #left: number;

  constructor(flash: MemoryFlash, left: number) {
    this.#flash = flash;
    this.#left = left;
  }

  read(offset: number, length: number): Promise<Uint8Array> {
    return this.#flash.read(offset, length);
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    this.#spend();
    await this.#flash.write(offset, bytes);
  }

  async erase(offset: number): Promise<void> {
    this.#spend();
    await this.#flash.erase(offset);
  }

  #spend(): void {
    if (this.#left-- <= 0) throw new Error("the power failed");
  }
}

describe("the power fails at any operation of a boot", () => {
  async function bootsAfterCuts(from: MemoryFlash, keys: readonly LoaderKey[]): Promise<string[]> {
    const ends: string[] = [];
    for (let cut = 0; ; cut++) {
      const flash = new MemoryFlash(mcubootGeometry, from.snapshot());
      const cutShort = await mcubootLoader(keys, new CutFlash(flash, cut)).then((loader) =>
        loader.recovery.restart().then(
          () => "whole",
          () => "cut",
        ),
      );
      const loader = await mcubootLoader(keys, flash);
      if (cutShort === "cut") await loader.recovery.restart();
      ends.push((await loader.listed()).join(", "));
      if (cutShort === "whole") return ends;
    }
  }

  test("the trial begins all the same", async () => {
    const flash = new MemoryFlash(mcubootGeometry);
    const loader = await mcubootLoader([key], flash);
    await loader.upload(version2, 0);
    await loader.recovery.restart();
    await loader.upload(version27, 2);
    await loader.slots.setPending("test");
    const ends = await bootsAfterCuts(flash, [key]);
    expect(ends.length).toBeGreaterThan(2);
    expect(new Set(ends)).toEqual(new Set(["0: 2.7.0 active, 1: 2.0.0.7 confirmed"]));
  });

  test("what was not confirmed goes back all the same", async () => {
    const flash = new MemoryFlash(mcubootGeometry);
    const loader = await mcubootLoader([key], flash);
    await loader.upload(version2, 0);
    await loader.recovery.restart();
    await loader.upload(version27, 2);
    await loader.slots.setPending("test");
    await loader.recovery.restart();
    const ends = await bootsAfterCuts(flash, [key]);
    expect(ends.length).toBeGreaterThan(2);
    for (const end of ends) expect(end).toMatch(/^0: 2\.0\.0\.7 active confirmed/);
  });

  test("the counter record survives more changes than its sectors hold", async () => {
    const flash = new MemoryFlash(mcubootGeometry);
    const slots = await McubootSlots.open(flash);
    for (let counter = 1; counter <= 1000; counter++) {
      await slots.raiseCounter(counter);
      if (counter % 97 === 0) expect((await McubootSlots.open(flash)).securityCounter).toBe(counter);
    }
    expect((await McubootSlots.open(flash)).securityCounter).toBe(1000);
  });
});

const folder = path.join(import.meta.dirname, "../../../../../shared/vectors/smp");
const present = existsSync(path.join(folder, "smp_transcript_recovery.txt"));
if (!present) console.warn(`the recorded exchange is not replayed: ${folder} is not there`);

describe.skipIf(!present)("the recorded exchange with a real recovery loader", () => {
  test("every answer is the same, byte for byte", async () => {
    const index = JSON.parse(readFileSync(path.join(folder, "../mcuboot/INDEX.json"), "utf8"));
    const bytes = hexToBytes(index.keys["root-ed25519"].public_raw_hex);
    const slots = await McubootSlots.open(new MemoryFlash(mcubootGeometry));
    const recovery = new McubootRecovery({
      slots,
      crypto: nodeCrypto,
      keys: [{ scheme: "ed25519", bytes }],
      booted: () => undefined,
    });
    const lines = readFileSync(path.join(folder, "smp_transcript_recovery.txt"), "utf8").trimEnd().split("\n");
    for (let i = 0; i < lines.length; i += 2) {
      const request = parseMessage(hexToBytes(lines[i]?.slice(2) ?? ""));
      // With a checksum behind it.
      const answer = parseMessage(hexToBytes(lines[i + 1]?.slice(2, -4) ?? ""));
      const body = request.ok ? decodeBody(request.value.body) : request;
      if (!request.ok || !answer.ok || !body.ok) throw new Error(`line ${i + 1}`);
      const { group, id, version, operation } = request.value;
      if (operation !== "read" && operation !== "write") throw new Error(operation);
      const given = await recovery.handle({ group, id, version, operation, body: body.value });
      expect(bytesToHex(encodeReply(given, "indefinite"))).toBe(bytesToHex(answer.value.body));
    }
  });
});

test("a chunk of nothing, at the beginning or behind an end that is no multiple of the write unit, changes nothing", async () => {
  const { ask } = await mcubootLoader([loaderKey()]);
  const nothing = new Uint8Array(0);
  expect(await ask("image", 1, "write", { image: 2, len: 13, off: 0, data: nothing })).toEqual({ rc: 0, off: 0 });
  expect(await ask("image", 1, "write", { off: 8, data: nothing })).toEqual({ rc: 0, off: 0 });
  expect(await ask("image", 1, "write", { image: 2, len: 13, off: 0, data: new Uint8Array(13) })).toEqual({
    rc: 0,
    off: 13,
  });
  expect(await ask("image", 1, "write", { off: 13, data: nothing })).toEqual({ rc: 0, off: 13 });
});
