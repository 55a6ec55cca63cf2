import { nodeCrypto } from "@sumac/crypto/node";
import { describe, expect, test } from "vitest";
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
import { Unavailable } from "../unavailable.ts";
import type { Device } from "./device.ts";
import {
  firmware,
  foreignKey,
  makeRelease,
  ownerKey,
  type Release,
  type ReleaseOptions,
  testFactory,
  testLayout,
  vendorId,
  vendorKey,
} from "./release.test.support.ts";

describe("provision", () => {
  test("a blank device is not provisioned, and does nothing else", async () => {
    const device = flashDevice(new MemoryFlash(testLayout.geometry), testLayout, nodeCrypto);
    expect(await device.boot()).toEqual({ kind: "not-provisioned" });
    expect(() => device.status()).toThrow("not running");
    expect(() => device.receive(first.envelope, {})).toThrow("not running");
  });

  test("runs the first release, whose number is the floor", async () => {
    const { device } = await provisioned();
    expect(await device.boot()).toEqual({
      kind: "running",
      booted: {
        slot: "a",
        sequence: 5n,
        manifestDigest: expect.any(Uint8Array),
        images: [
          {
            component: firmware,
            digest: { algorithm: "sha-256", bytes: expect.any(Uint8Array) },
            size: first.image.length,
          },
        ],
        version: "1.5.0",
      },
      mode: "confirmed",
      why: "active",
      events: [],
    });
    expect(device.status()).toMatchObject({
      boot: { state: "idle", active: "a", trials: [] },
      floor: { sequence: 5n },
      report: undefined,
      lastTime: 0n,
    });
  });

  test("happens once", async () => {
    const { flash, device } = await provisioned();
    const before = flash.snapshot();
    const again = await device.provision({ ...testFactory, ...second, fetch: () => streamOf(second.image) });
    expect(again).toEqual({ ok: false, error: { code: "already-provisioned" } });
    expect(flash.snapshot()).toEqual(before);
  });

  const refused: readonly [string, Partial<Release> & { trustRecord?: Uint8Array }, string][] = [
    ["an unsigned release", makeRelease({ sequence: 1n, signers: [] }), "threshold-not-met"],
    ["a foreign release", makeRelease({ sequence: 1n, signers: [foreignKey] }), "signer-unknown"],
    ["another class", makeRelease({ sequence: 1n, classId: vendorId }), "wrong-class"],
    ["another image", { image: second.image }, "image-digest-mismatch"],
    ["half an image", { image: first.image.subarray(0, 300) }, "image-too-short"],
    ["no trust record", { trustRecord: new Uint8Array() }, "trust-record-refused"],
  ];
  for (const [what, change, code] of refused) {
    test(`refuses ${what}, and the device stays unprovisioned`, async () => {
      const device = flashDevice(new MemoryFlash(testLayout.geometry), testLayout, nodeCrypto);
      const given = { ...testFactory, ...first, ...change };
      const result = await device.provision({ ...given, fetch: () => streamOf(given.image) });
      expect(result).toMatchObject({ ok: false, error: { code } });
      expect(await device.boot()).toEqual({ kind: "not-provisioned" });
      expect((await device.provision({ ...testFactory, ...first, fetch: () => streamOf(first.image) })).ok).toBe(true);
    });
  }
});

describe("an update", () => {
  for (const [what, options] of [
    ["a remote payload", {}],
    ["an integrated payload", { payload: "integrated", uri: "#firmware" }],
    ["every member severed", { sever: ["install", "text"] }],
    ["the owner's signature as well", { signers: [vendorKey, ownerKey] }],
  ] as const) {
    test(`with ${what} goes from staged over armed and trial to confirmed`, async () => {
      const release = makeRelease({ sequence: 6n, ...(options as Partial<ReleaseOptions>) });
      const { device } = await provisioned();
      expect(await offer(device, release)).toMatchObject({ ok: true });
      expect(device.status().boot).toEqual({ state: "staged", active: "a", trials: [] });
      expect(await device.boot()).toMatchObject(running(5n, "a", "confirmed", "active"));
      await device.arm({ action: "7", manifestDigest: Uint8Array.of(1) });
      expect(device.status()).toMatchObject({
        running: { sequence: 5n },
        boot: { state: "armed" },
        report: { action: "7" },
      });

      expect(await device.boot()).toMatchObject(running(6n, "b", "trial", "trial-begins"));
      expect(device.status()).toMatchObject({
        mode: "trial",
        boot: { state: "trial", active: "a" },
        floor: { sequence: 5n },
      });
      expect(await device.confirm()).toMatchObject({ ok: true, value: { sequence: 6n } });
      expect(device.status()).toMatchObject({
        mode: "confirmed",
        boot: { state: "confirmed", active: "b", trials: [] },
        floor: { sequence: 6n },
        report: { action: "7" },
      });
      expect(await device.boot()).toMatchObject(running(6n, "b", "confirmed", "active"));
      await device.forgetReport();
      expect(device.status().report).toBeUndefined();
    });
  }

  test("goes back and forth between the slots", async () => {
    const { device } = await provisioned();
    for (const sequence of [6n, 7n, 8n, 9n]) {
      expect(await offer(device, makeRelease({ sequence }))).toMatchObject({ ok: true });
      await device.arm();
      await device.boot();
      await device.confirm();
      expect(await device.boot()).toMatchObject(
        running(sequence, sequence % 2n === 0n ? "b" : "a", "confirmed", "active"),
      );
    }
  });

  test("that is not confirmed before the next boot is gone back on, and the floor stays", async () => {
    const { device } = await armed();
    expect(await device.boot()).toMatchObject(running(6n, "b", "trial", "trial-begins"));
    expect(await device.boot()).toMatchObject(running(5n, "a", "confirmed", "trial-not-confirmed"));
    expect(await device.boot()).toMatchObject(running(5n, "a", "confirmed", "active"));
    expect(device.status()).toMatchObject({ boot: { state: "reverted", active: "a" }, floor: { sequence: 5n } });
    expect(await device.confirm()).toEqual({ ok: false, error: { code: "no-trial" } });
  });

  test("may be tried again after it went back, without a second download", async () => {
    const { device } = await armed();
    await device.boot();
    await device.boot();
    const received = device.receive(second.envelope, {});
    if (!received.ok || received.value.kind !== "offer") throw new Error("refused");
    const fetch = () => expect.fail("downloaded again");
    expect(await device.install(received.value.offer, { fetch })).toMatchObject({ ok: true });
    await device.arm();
    expect(await device.boot()).toMatchObject(running(6n, "b", "trial", "trial-begins"));
  });

  test("cannot overwrite the way back while an image is on trial", async () => {
    const { flash, device } = await armed();
    await device.boot();
    const before = flash.snapshot();
    expect(await offer(device, makeRelease({ sequence: 7n }))).toEqual({ ok: false, error: { code: "trial-running" } });
    await expect(device.abandon()).rejects.toThrow("way back");
    expect(flash.snapshot()).toEqual(before);
  });

  test("that is the installed one is a no-op", async () => {
    const { flash, device } = await provisioned();
    const before = flash.snapshot();
    expect(await offer(device, first)).toEqual({ ok: true, value: { kind: "already-installed" } });
    expect(flash.snapshot()).toEqual(before);
  });

  test("can be taken back until it is tried", async () => {
    const { device } = await armed();
    expect(await device.disarm()).toBe("disarmed");
    expect(await device.disarm()).toBe("nothing-staged");
    expect(await device.boot()).toMatchObject(running(5n, "a", "confirmed", "active"));
    await expect(device.arm()).rejects.toThrow("nothing is staged");
  });

  test("that replaces an armed one takes its record and report away first, even if it is refused then", async () => {
    const { device } = await provisioned();
    await offer(device, second);
    await device.arm({ action: "7", manifestDigest: Uint8Array.of(1) });
    const third = makeRelease({ sequence: 7n });
    expect(await offer(device, { ...third, image: flip(third.image, 0) })).toMatchObject({ ok: false });
    expect(device.status()).toMatchObject({ boot: { state: "idle" }, report: undefined });
    expect(await device.boot()).toMatchObject({ ...running(5n, "a", "confirmed", "active"), events: [] });
  });

  test("is carried out only by the session that received it", async () => {
    const { device } = await provisioned();
    const received = device.receive(second.envelope, {});
    if (!received.ok || received.value.kind !== "offer") throw new Error("refused");
    const { offer: mine } = received.value;
    await expect(device.install({ ...mine }, { fetch: () => streamOf(second.image) })).rejects.toThrow("not received");
    await device.boot();
    await expect(device.install(mine, { fetch: () => streamOf(second.image) })).rejects.toThrow("not received");
  });
});

describe("resume", () => {
  async function cutAfter(bytes: number): Promise<Simulated & { readonly from: number[] }> {
    const simulated = await provisioned();
    const from: number[] = [];
    const attempt = async (device: Device, length: number): Promise<unknown> => {
      const received = device.receive(second.envelope, {});
      if (!received.ok || received.value.kind !== "offer") throw new Error("refused");
      return device.install(received.value.offer, {
        async *fetch(at) {
          from.push(at);
          yield* streamOf(second.image.subarray(at, length));
          if (length < second.image.length) throw new Unavailable("link-lost", { retryable: true });
        },
      });
    };
    await expect(attempt(simulated.device, bytes)).rejects.toThrow(Unavailable);
    const device = flashDevice(simulated.flash, testLayout, nodeCrypto);
    await device.boot();
    expect(await attempt(device, second.image.length)).toMatchObject({ ok: true });
    await device.arm();
    expect(await device.boot()).toMatchObject(running(6n, "b", "trial", "trial-begins"));
    return { ...simulated, from };
  }

  for (const [bytes, resumesAt] of [
    [0, 0],
    [100, 0],
    [256, 0],
    [300, 256],
    [600, 512],
    [699, 512],
  ] as const) {
    test(`after ${bytes} of 700 bytes and a restart it goes on at ${resumesAt}`, async () => {
      expect((await cutAfter(bytes)).from).toEqual([0, resumesAt]);
    });
  }

  test("what was left over is digested again: changed meanwhile, it is fetched once more from the start", async () => {
    const { flash, device } = await provisioned();
    const received = device.receive(second.envelope, {});
    if (!received.ok || received.value.kind !== "offer") throw new Error("refused");
    const cut = device.install(received.value.offer, {
      async *fetch() {
        yield second.image.subarray(0, 640);
        throw new Unavailable("link-lost", { retryable: true });
      },
    });
    await expect(cut).rejects.toThrow(Unavailable);
    flash.tamper(testLayout.slots.b.imageOffset + 5, Uint8Array.of(0x11, 0x22));
    const from: number[] = [];
    const result = await device.install(received.value.offer, {
      fetch: (at) => {
        from.push(at);
        return streamOf(second.image.subarray(at));
      },
    });
    expect(result).toMatchObject({ ok: true });
    expect(from).toEqual([512, 0]);
  });

  test("progress counts up to the whole size, resumed or not", async () => {
    const { device } = await provisioned();
    const received = device.receive(second.envelope, {});
    if (!received.ok || received.value.kind !== "offer") throw new Error("refused");
    const seen: number[] = [];
    await device.install(received.value.offer, {
      fetch: () => streamOf(second.image, 100),
      onProgress: (done, total) => {
        expect(total).toBe(700);
        seen.push(done);
      },
    });
    expect(seen).toEqual([100, 200, 300, 400, 500, 600, 700]);
  });
});
