import { setImmediate as turn } from "node:timers/promises";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  Device,
  type Flash,
  FlashSlots,
  FlashState,
  type IntegrityParts,
  integritySteps,
  MemoryFlash,
  planFlash,
} from "@sumac/device";
import { serializeTrustRecord } from "@sumac/verifier";
import { describe, expect, test } from "vitest";
import { craftRelease } from "../support/crafted-envelope.ts";
import { firmware, identity } from "../support/example-product.ts";
import { imageOf, vendor, vendorPart } from "../support/sample-device.ts";

const size = 1_000_000;
const layout = planFlash({
  eraseBlock: 4096,
  writeSize: 16,
  components: [{ id: firmware, capacity: size }],
  envelope: 8000,
  state: 4000,
});

/** Storage that takes its time, so that others get theirs: as flash and files do. */
const shared = (flash: MemoryFlash): Flash => ({
  geometry: flash.geometry,
  read: async (offset, length) => {
    await turn();
    return flash.read(offset, length);
  },
  write: async (offset, bytes) => {
    await turn();
    await flash.write(offset, bytes);
  },
  erase: async (offset) => {
    await turn();
    await flash.erase(offset);
  },
});

/** Longest stretch, in microseconds of this thread's own work, between two turns of a control cycle. */
async function longestStretch(work: () => Promise<unknown>): Promise<{ longest: number; turns: number }> {
  let [longest, turns] = [0, 0];
  const state = { over: false };
  const cycle = async (): Promise<void> => {
    let last = process.threadCpuUsage();
    while (!state.over) {
      await turn();
      const { user, system } = process.threadCpuUsage(last);
      longest = Math.max(longest, user + system);
      last = process.threadCpuUsage();
      turns++;
    }
  };
  const control = cycle();
  await work();
  state.over = true;
  await control;
  return { longest, turns };
}

async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 16_384) yield bytes.subarray(at, at + 16_384);
}

describe("CCSC 1: a control cycle in the same process has its turn within 50 ms in every phase of an update", () => {
  test("CCSC 1: staging, boot, confirmation, integrity check and a thousand refusals", async () => {
    const flash = shared(new MemoryFlash(layout.geometry));
    const slots = new FlashSlots(flash, layout, nodeCrypto);
    const state = new FlashState(flash, layout.state, nodeCrypto);
    const device = new Device({ slots, state, crypto: nodeCrypto });
    const release = (sequence: bigint) => craftRelease({ sequence, image: imageOf(sequence, size), signers: [vendor] });
    const [first, second, old] = [await release(5n), await release(6n), await release(4n)];
    const trustRecord = serializeTrustRecord(vendorPart());
    await device.provision({ identity, trustRecord, envelope: first.envelope, fetch: () => inPieces(first.image) });
    await device.boot();
    const parts: IntegrityParts = { slots, state, crypto: nodeCrypto, deviceKey: "no-seal" };
    const phases: Readonly<Record<string, () => Promise<unknown>>> = {
      refusals: async () => {
        for (let i = 0; i < 1000; i++) {
          device.receive(old.envelope, {});
          await turn();
        }
      },
      staging: async () => {
        const received = device.receive(second.envelope, {});
        if (!received.ok || received.value.kind !== "offer") throw new Error("refused");
        const fetch = (from: number) => inPieces(second.image.subarray(from));
        expect(await device.install(received.value.offer, { fetch })).toMatchObject({ ok: true });
        await device.arm();
      },
      boot: async () => expect(await device.boot()).toMatchObject({ mode: "trial" }),
      confirmation: () => device.confirm(),
      check: async () => {
        for await (const _ of integritySteps(parts)) await turn();
      },
    };
    for (const [phase, work] of Object.entries(phases)) {
      const { longest, turns } = await longestStretch(work);
      expect(longest, phase).toBeLessThan(50_000);
      expect(turns, phase).toBeGreaterThan(1);
    }
    expect(await device.boot()).toMatchObject({ booted: { sequence: 6n }, mode: "confirmed" });
  });
});

test("CR 2.11 RE 1: the time follows a source that the site trusts, forward, and is known again after a restart", async () => {
  const flash = new MemoryFlash(layout.geometry);
  const parts = {
    slots: new FlashSlots(flash, layout, nodeCrypto),
    state: new FlashState(flash, layout.state, nodeCrypto),
    crypto: nodeCrypto,
  };
  const device = new Device(parts);
  const { envelope, image } = await craftRelease({ sequence: 5n, signers: [vendor] });
  const trustRecord = serializeTrustRecord(vendorPart());
  await device.provision({ identity, trustRecord, envelope, fetch: () => inPieces(image) });
  await device.boot();
  const noon = 1_800_000_000n;
  await device.keepTime({ clock: noon });
  expect(device.status().lastTime).toBe(noon);
  await device.keepTime({ clock: noon + 2n * 86_400n });
  expect(device.status().lastTime).toBe(noon + 2n * 86_400n);
  await device.keepTime({ attested: noon + 4n * 86_400n });
  const back = new Device(parts);
  await back.boot();
  expect(back.status().lastTime).toBe(noon + 4n * 86_400n);
});
