import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { describe, expect, test } from "vitest";
import type { Flash } from "../flash/flash.ts";
import { FlashSlots } from "../flash/flash-slots.ts";
import { MemoryFlash } from "../flash/memory-flash.ts";
import {
  armed,
  first,
  flip,
  offer,
  provisioned,
  running,
  type Simulated,
  second,
  streamOf,
} from "../flash/simulated-device.test.support.ts";
import { flashDevice } from "../flash/simulated-device.ts";
import { FlashState } from "../state/flash-state.ts";
import { Unavailable } from "../unavailable.ts";
import { foreignKey, makeRelease, type Release, testFactory, testLayout } from "./release.test.support.ts";

describe("T-IMG-REPLACE: swapped after verification", () => {
  test("T-MFST-TOCTOU: between the write and the read-back: slot-readback-mismatch, nothing to boot", async () => {
    const inner = new MemoryFlash(testLayout.geometry);
    let swap = false;
    const { imageOffset, envelopeOffset } = testLayout.slots.b;
    const flash: Flash = {
      geometry: inner.geometry,
      read: (offset, length) => inner.read(offset, length),
      erase: (offset) => inner.erase(offset),
      write: async (offset, bytes) => {
        await inner.write(offset, bytes);
        const isSeal = offset === envelopeOffset + 32;
        if (swap && isSeal) inner.tamper(imageOffset + 100, Uint8Array.of(0x5a, 0xa5));
      },
    };
    const device = flashDevice(flash, testLayout, nodeCrypto);
    await device.provision({ ...testFactory, ...first, fetch: () => streamOf(first.image) });
    await device.boot();
    swap = true;
    expect(await offer(device, second)).toMatchObject({ ok: false, error: { code: "slot-readback-mismatch" } });
    expect(device.status().boot.state).toBe("idle");
    // Not even a seal is left: should the active slot fail one day, this would be tried.
    const slots = new FlashSlots(flash, testLayout, nodeCrypto);
    expect(await slots.inspect("b")).toEqual({ state: "empty" });
    expect(await device.boot()).toMatchObject(running(5n, "a", "confirmed", "active"));
    swap = false;
    const forged = { ...second, image: second.image.with(0, 0xff) };
    expect(await offer(device, forged)).toMatchObject({ ok: false, error: { code: "image-digest-mismatch" } });
    expect(await slots.inspect("b")).toEqual({ state: "empty" });
    expect(await offer(device, second)).toMatchObject({ ok: true });
  });

  const swaps: readonly [string, (flash: MemoryFlash) => Promise<void>, string][] = [
    [
      "one bit of the image",
      async (flash) =>
        flash.tamper(
          testLayout.slots.b.imageOffset + 9,
          flip(await flash.read(testLayout.slots.b.imageOffset + 9, 1), 0),
        ),
      "slot-readback-mismatch",
    ],
    [
      "the whole image by the old one",
      async (flash) => flash.tamper(testLayout.slots.b.imageOffset, first.image),
      "slot-readback-mismatch",
    ],
    [
      "one bit of the stored envelope",
      async (flash) =>
        flash.tamper(
          testLayout.slots.b.envelopeOffset + 200,
          flip(await flash.read(testLayout.slots.b.envelopeOffset + 200, 1), 0),
        ),
      "slot-damaged",
    ],
    ["the whole slot erased", async (flash) => flash.erase(testLayout.slots.b.envelopeOffset), "slot-empty"],
  ];
  for (const [what, swap, code] of swaps) {
    test(`${what}, after it was armed: the boot refuses it and goes back (EDR 3.14 RE 1)`, async () => {
      const { flash, device } = await armed();
      await swap(flash);
      expect(await device.boot()).toMatchObject({
        ...running(5n, "a", "confirmed", "staging-unusable"),
        events: [{ event: "slot-refused", slot: "b", problem: { code } }],
      });
      expect(device.status()).toMatchObject({ boot: { state: "reverted" }, floor: { sequence: 5n } });
    });
  }

  /** Sealed as a device would, by somebody who can write the flash. */
  async function plant(flash: MemoryFlash, slot: "a" | "b", { envelope, image }: Release): Promise<void> {
    const slots = new FlashSlots(flash, testLayout, nodeCrypto);
    const writer = await slots.begin(slot, { envelope, imageSizes: [image.length] });
    await writer.write(0, 0, image);
    await writer.seal();
  }

  test("a foreign release with a right seal does not run", async () => {
    const { flash, device } = await armed();
    await plant(flash, "b", makeRelease({ sequence: 6n, signers: [foreignKey] }));
    expect(await device.boot()).toMatchObject({
      ...running(5n, "a", "confirmed", "staging-unusable"),
      events: [{ problem: { code: "signer-unknown" } }],
    });
  });

  test("an older release with a right seal and signature in the active slot does not run: recovery, with both reasons", async () => {
    const { flash, device } = await provisioned();
    await plant(flash, "a", makeRelease({ sequence: 4n }));
    expect(await device.boot()).toMatchObject({
      kind: "recovery-needed",
      why: {
        code: "no-usable-slot",
        slots: { a: { code: "rollback", offered: 4n, floor: 5n }, b: { code: "slot-empty" } },
      },
    });
    expect(() => device.status()).toThrow("not running");
  });
});

describe("when the active image is damaged", () => {
  const ruin = async (flash: MemoryFlash, slot: "a" | "b") =>
    flash.tamper(testLayout.slots[slot].imageOffset, new Uint8Array(64));

  test("a staged image is tried instead, unconfirmed", async () => {
    const { device, flash } = await provisioned();
    await offer(device, second);
    await ruin(flash, "a");
    expect(await device.boot()).toMatchObject(running(6n, "b", "trial", "active-unusable"));
    expect(device.status().floor.sequence).toBe(5n);
    await device.confirm();
    expect(await device.boot()).toMatchObject(running(6n, "b", "confirmed", "active"));
  });

  test("a confirmed update does not fall back below the floor", async () => {
    const { device, flash } = await armed();
    await device.boot();
    await device.confirm();
    await ruin(flash, "b");
    expect(await device.boot()).toMatchObject({
      kind: "recovery-needed",
      why: { slots: { a: { code: "rollback" }, b: { code: "slot-readback-mismatch" } } },
    });
  });

  test("an image whose trial failed is better than none, but is on trial at every boot", async () => {
    const { device, flash } = await armed();
    await device.boot();
    await device.boot();
    await ruin(flash, "a");
    for (let i = 0; i < 3; i++) expect(await device.boot()).toMatchObject(running(6n, "b", "trial", "active-unusable"));
    expect(device.status().floor.sequence).toBe(5n);
  });
});

describe("the two steps of a confirmation", () => {
  test("pointer moved, floor not: the next boot raises the floor and says so", async () => {
    const { device, flash } = await armed();
    await device.boot();
    const state = new FlashState(flash, testLayout.state, nodeCrypto);
    const reading = await state.read();
    if (reading.kind !== "present") throw new Error("no state");
    await state.write({ ...reading.state, boot: { state: "confirmed", active: "b", trials: [] } });
    expect(await device.boot()).toMatchObject({
      ...running(6n, "b", "confirmed", "active"),
      events: [{ event: "floor-raised", from: 5n, to: 6n }],
    });
    expect(device.status().floor.sequence).toBe(6n);
    expect(await device.boot()).toMatchObject({ events: [] });
  });

  test("floor raised, pointer not: the old image may not run, the new one does, and its confirmation is repeated", async () => {
    const { device, flash } = await armed();
    await device.boot();
    const { running: image } = device.status();
    const state = new FlashState(flash, testLayout.state, nodeCrypto);
    const reading = await state.read();
    if (reading.kind !== "present") throw new Error("no state");
    await state.write({ ...reading.state, floor: { sequence: 6n, manifestDigest: image.manifestDigest } });
    expect(await device.boot()).toMatchObject(running(6n, "b", "trial", "active-unusable"));
    expect(await device.confirm()).toMatchObject({ ok: true });
    expect(await device.boot()).toMatchObject(running(6n, "b", "confirmed", "active"));
    expect(device.status().floor.sequence).toBe(6n);
  });
});

describe("faults of the storage", () => {
  async function failing(
    simulated: Simulated,
    fails: (operation: "read" | "write" | "erase", offset: number) => boolean,
  ) {
    const { flash: inner } = simulated;
    const guard = (operation: "read" | "write" | "erase", offset: number): void => {
      if (fails(operation, offset)) throw new Unavailable("storage-failed", { retryable: true });
    };
    const flash: Flash = {
      geometry: inner.geometry,
      async read(offset, length) {
        guard("read", offset);
        return inner.read(offset, length);
      },
      async write(offset, bytes) {
        guard("write", offset);
        await inner.write(offset, bytes);
      },
      async erase(offset) {
        guard("erase", offset);
        await inner.erase(offset);
      },
    };
    return flashDevice(flash, testLayout, nodeCrypto);
  }

  test("an armed image is not tried if the trial cannot be counted", async () => {
    const device = await failing(
      await armed(),
      (operation, offset) => operation !== "read" && offset < testLayout.slots.a.envelopeOffset,
    );
    expect(await device.boot()).toMatchObject({
      ...running(5n, "a", "confirmed", "staging-unusable"),
      events: [
        { event: "state-not-written" },
        { event: "slot-refused", slot: "b", problem: { code: "slot-unreadable" } },
        { event: "state-not-written" },
      ],
    });
  });

  test("a slot with more in it than was signed is damaged, though it begins as it was signed", async () => {
    const { flash, device } = await armed();
    const { envelope, image } = second;
    const writer = await new FlashSlots(flash, testLayout, nodeCrypto).begin("b", {
      envelope,
      imageSizes: [image.length + 16],
    });
    await writer.write(0, 0, Uint8Array.of(...image, ...new Uint8Array(16)));
    await writer.seal();
    expect(await device.boot()).toMatchObject({
      ...running(5n, "a", "confirmed", "staging-unusable"),
      events: [{ event: "slot-refused", slot: "b", problem: { code: "slot-damaged" } }],
    });
  });

  test("a slot that cannot be read is passed by", async () => {
    const device = await failing(
      await armed(),
      (operation, offset) => operation === "read" && offset >= testLayout.slots.b.imageOffset,
    );
    expect(await device.boot()).toMatchObject({
      ...running(5n, "a", "confirmed", "staging-unusable"),
      events: [{ event: "slot-refused", slot: "b", problem: { code: "slot-unreadable", fault: "storage-failed" } }],
    });
  });

  test("a state that cannot be read at all is thrown", async () => {
    const device = await failing(await armed(), () => true);
    await expect(device.boot()).rejects.toThrow(Unavailable);
  });

  test("a state that is damaged is named, and nothing is run or changed", async () => {
    const { flash, device } = await provisioned();
    flash.tamper(0, new Uint8Array(2 * testLayout.state.bankSize));
    const before = flash.snapshot();
    expect(await device.boot()).toEqual({
      kind: "recovery-needed",
      why: { code: "state-unreadable", because: "no-valid-copy" },
      events: [],
    });
    const again = await device.provision({ ...testFactory, ...first, fetch: () => streamOf(first.image) });
    expect(again).toMatchObject({ ok: false, error: { code: "state-unusable" } });
    expect(flash.snapshot()).toEqual(before);
  });
});

test("every corrupted byte of the stored state: the device runs what it ran, or names the reason", async () => {
  const { flash, device } = await armed();
  const content = flash.snapshot();
  const expected = bytesToHex(device.status().running.manifestDigest);
  for (let at = 0; at < 2 * testLayout.state.bankSize; at++) {
    const corrupted = new MemoryFlash(testLayout.geometry, flip(content, at));
    const state = await new FlashState(corrupted, testLayout.state, nodeCrypto).read();
    if (state.kind !== "present") expect.fail(`byte ${at}: ${state.kind}`);
    if (state.state.boot.state !== "armed" || state.state.floor.sequence !== 5n) expect.fail(`byte ${at} is believed`);
    if (bytesToHex(state.state.floor.manifestDigest) !== expected) expect.fail(`byte ${at} is believed`);
  }
});
