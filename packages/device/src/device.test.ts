import { nodeCrypto } from "@sumac/crypto/node";
import { describe, expect, test } from "vitest";
import type { Device, OfferConditions } from "./device.ts";
import { MemoryFlash } from "./memory-flash.ts";
import type { Release } from "./power-cut-scenario.ts";
import {
  approvalTrust,
  classId,
  directive,
  foreignKey,
  makeRelease,
  ownerKey,
  type ReleaseOptions,
  testFactory,
  testImage,
  testLayout,
  vendorId,
  vendorKey,
} from "./release.test.support.ts";
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
} from "./simulated-device.test.support.ts";
import { flashDevice } from "./simulated-device.ts";
import { Unavailable } from "./unavailable.ts";

/** What a refused update must leave alone: the state, and everything of slot a. */
function protectedFlash(flash: MemoryFlash): Uint8Array {
  return flash.snapshot().subarray(0, testLayout.slots.b.envelopeOffset);
}

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
        imageDigest: { algorithm: "sha-256", bytes: expect.any(Uint8Array) },
        size: first.image.length,
        version: "1.5.0",
      },
      mode: "confirmed",
      why: "active",
      events: [],
    });
    expect(device.status()).toMatchObject({
      boot: { state: "idle", active: "a", attempts: 0 },
      floor: { sequence: 5n },
      report: undefined,
      lastTime: 0n,
    });
  });

  test("happens once", async () => {
    const { flash, device } = await provisioned();
    const before = flash.snapshot();
    const again = await device.provision({ ...testFactory, ...second, image: streamOf(second.image) });
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
      const result = await device.provision({ ...given, image: streamOf(given.image) });
      expect(result).toMatchObject({ ok: false, error: { code } });
      expect(await device.boot()).toEqual({ kind: "not-provisioned" });
      expect((await device.provision({ ...testFactory, ...first, image: streamOf(first.image) })).ok).toBe(true);
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
      expect(device.status().boot).toEqual({ state: "staged", active: "a", attempts: 0 });
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
        boot: { state: "confirmed", active: "b", attempts: 0 },
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

interface Attack {
  readonly threat: string;
  readonly name: string;
  readonly send: () => Release;
  readonly with?: OfferConditions;
  readonly code: string;
  /** `nothing`: not a byte of flash differs. `slot-b`: the image was begun there and is not bootable. */
  readonly touches: "nothing" | "slot-b";
}

const find = (bytes: Uint8Array, part: Uint8Array): number => Buffer.from(bytes).indexOf(Buffer.from(part));
const install = (commands: ReturnType<typeof directive>[]) =>
  ({ install: { at: "inline", value: { commands } } }) as const;
const year2030 = 1_893_456_000n;

const attacks: readonly Attack[] = [
  {
    threat: "T-NET-ONPATH",
    name: "one bit of the payload flipped",
    send: () => ({ ...second, image: flip(second.image, 350) }),
    code: "image-digest-mismatch",
    touches: "slot-b",
  },
  {
    threat: "T-NET-ONPATH",
    name: "one bit of the manifest flipped",
    send: () => ({ ...second, envelope: flip(second.envelope, find(second.envelope, vendorId)) }),
    code: "manifest-digest-mismatch",
    touches: "nothing",
  },
  {
    threat: "T-NET-ONPATH",
    name: "the version text replaced",
    send: () => ({
      ...second,
      envelope: flip(second.envelope, find(second.envelope, new TextEncoder().encode("1.6.0"))),
    }),
    code: "severed-member-mismatch",
    touches: "nothing",
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "unsigned",
    send: () => makeRelease({ sequence: 6n, signers: [] }),
    code: "threshold-not-met",
    touches: "nothing",
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "signed with a foreign key",
    send: () => makeRelease({ sequence: 6n, signers: [foreignKey] }),
    code: "signer-unknown",
    touches: "nothing",
  },
  {
    threat: "T-IMG-INCOMPATIBLE",
    name: "for another class",
    send: () => makeRelease({ sequence: 6n, classId: vendorId }),
    code: "wrong-class",
    touches: "nothing",
  },
  {
    threat: "T-IMG-INCOMPATIBLE",
    name: "for another vendor",
    send: () => makeRelease({ sequence: 6n, vendorId: classId }),
    code: "wrong-vendor",
    touches: "nothing",
  },
  {
    threat: "T-IMG-LOCATION",
    name: "for another component",
    send: () => makeRelease({ sequence: 6n, manifest: { components: [[Uint8Array.of(9)]] } }),
    code: "component-unknown",
    touches: "nothing",
  },
  {
    threat: "T-IMG-EXPIRED",
    name: "replay of an older release",
    send: () => makeRelease({ sequence: 4n }),
    code: "rollback",
    touches: "nothing",
  },
  {
    threat: "T-IMG-EXPIRED",
    name: "the same number with another manifest",
    send: () => makeRelease({ sequence: 5n, version: "9.9.9" }),
    code: "sequence-reused",
    touches: "nothing",
  },
  {
    threat: "T-IMG-EXPIRED-OFFLINE",
    name: "expired",
    send: () => makeRelease({ sequence: 6n, useBefore: 1000n }),
    with: { now: 1001n },
    code: "expired",
    touches: "nothing",
  },
  {
    threat: "T-IMG-EXPIRED-OFFLINE",
    name: "it expires, and there is no clock to say when",
    send: () => makeRelease({ sequence: 6n, useBefore: year2030 }),
    code: "freshness-unknown",
    touches: "nothing",
  },
  {
    threat: "T-IMG-LOCATION",
    name: "an image that is larger than the slot",
    send: () => makeRelease({ sequence: 6n, image: testImage(1025, 6) }),
    code: "image-too-large",
    touches: "nothing",
  },
  {
    threat: "T-UPT-DENIAL",
    name: "an envelope that is larger than its place",
    send: () => makeRelease({ sequence: 6n, version: "x".repeat(1500) }),
    code: "too-large",
    touches: "nothing",
  },
  {
    threat: "T-NET-ONPATH",
    name: "a truncated envelope",
    send: () => ({ ...second, envelope: second.envelope.subarray(0, -1) }),
    code: "malformed",
    touches: "nothing",
  },
  {
    threat: "T-NET-ONPATH",
    name: "a truncated payload",
    send: () => ({ ...second, image: second.image.subarray(0, -1) }),
    code: "image-too-short",
    touches: "slot-b",
  },
  {
    threat: "T-NET-ONPATH",
    name: "an empty payload",
    send: () => ({ ...second, image: new Uint8Array() }),
    code: "image-too-short",
    touches: "slot-b",
  },
  {
    threat: "T-IMG-EXTRA",
    name: "a payload with a byte more",
    send: () => ({ ...second, image: Uint8Array.of(...second.image, 0) }),
    code: "image-too-long",
    touches: "slot-b",
  },
  {
    threat: "T-MFST-OVERRIDE",
    name: "a plan that copies instead of fetching",
    send: () => makeRelease({ sequence: 6n, manifest: install([directive("copy")]) }),
    code: "command-failed",
    touches: "nothing",
  },
  {
    threat: "T-MFST-OVERRIDE",
    name: "a plan without an image",
    send: () => makeRelease({ sequence: 6n, manifest: install([directive("invoke")]) }),
    code: "unsupported",
    touches: "nothing",
  },
  {
    threat: "T-MFST-OVERRIDE",
    name: "a plan that invokes twice",
    send: () =>
      makeRelease({ sequence: 6n, manifest: { invoke: { commands: [directive("invoke"), directive("invoke")] } } }),
    code: "unsupported",
    touches: "nothing",
  },
];

describe("a refused update leaves active slot, floor and trust record untouched", () => {
  for (const { threat, name, send, with: conditions = {}, code, touches } of attacks) {
    test(`${threat}: ${name}: ${code}`, async () => {
      const { flash, device } = await provisioned();
      const before = flash.snapshot();
      const unchanged = protectedFlash(flash);
      expect(await offer(device, send(), conditions)).toMatchObject({ ok: false, error: { code } });
      if (touches === "nothing") expect(flash.snapshot()).toEqual(before);
      expect(protectedFlash(flash)).toEqual(unchanged);
      expect(await device.boot()).toMatchObject(running(5n, "a", "confirmed", "active"));
      expect(device.status().floor.sequence).toBe(5n);
      // And the right one is still welcome.
      expect(await offer(device, second)).toMatchObject({ ok: true });
    });
  }

  test("T-TUF-ENDLESS: a payload that never ends is cut off at the signed size", async () => {
    const { flash, device } = await provisioned();
    const unchanged = protectedFlash(flash);
    const received = device.receive(second.envelope, {});
    if (!received.ok || received.value.kind !== "offer") throw new Error("refused");
    let sent = 0;
    let ended = "by the sender";
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) {
          sent += 64;
          yield new Uint8Array(64);
        }
      } finally {
        ended = "by the device";
      }
    }
    const result = await device.install(received.value.offer, { fetch: endless });
    expect(result).toEqual({ ok: false, error: { code: "image-too-long", expected: BigInt(second.image.length) } });
    expect(sent).toBeLessThanOrEqual(second.image.length + 64);
    expect(ended).toBe("by the device");
    expect(protectedFlash(flash)).toEqual(unchanged);
  });

  test("T-UPD-UNAPPROVED: without the plant's approval it waits, with it it is taken", async () => {
    const { flash, device } = await provisioned(approvalTrust);
    const before = flash.snapshot();
    expect(await offer(device, second)).toMatchObject({ ok: false, error: { code: "not-approved", have: 0, need: 1 } });
    for (const [conditions, code] of [
      [{ operations: { window: "closed", interlock: "clear" } }, "outside-window"],
      [{ operations: { window: "open", interlock: "engaged" } }, "interlock"],
    ] as const) {
      const approved = makeRelease({ sequence: 6n, signers: [vendorKey, ownerKey] });
      expect(await offer(device, approved, conditions)).toMatchObject({ ok: false, error: { code } });
    }
    expect(flash.snapshot()).toEqual(before);
    const approved = makeRelease({ sequence: 6n, signers: [vendorKey, ownerKey] });
    expect(await offer(device, approved)).toMatchObject({ ok: true });
    await device.arm();
    expect(await device.boot()).toMatchObject({ booted: { sequence: 6n }, why: "trial-begins" });
  });

  test("T-UPD-UNAPPROVED: the plant's signature alone lifts no refusal of the vendor's", async () => {
    const { device } = await provisioned(approvalTrust);
    const unsigned = makeRelease({ sequence: 6n, signers: [ownerKey] });
    expect(await offer(device, unsigned)).toMatchObject({ ok: false, error: { code: "threshold-not-met" } });
  });

  test("T-IMG-EXPIRED-OFFLINE: a clock set back brings nothing expired to life", async () => {
    const { device } = await provisioned();
    const soon = makeRelease({ sequence: 6n, useBefore: year2030 });
    expect(await offer(device, soon, { now: year2030 - 10n })).toMatchObject({ ok: true });
    expect(device.status().lastTime).toBe(year2030 - 10n);
    const expired = makeRelease({ sequence: 7n, useBefore: year2030 - 20n });
    const refused = { ok: false, error: { code: "expired", now: year2030 - 10n } };
    expect(await offer(device, expired, { now: 0n })).toMatchObject(refused);
    // What was accepted in time still boots when its time is over.
    await device.arm();
    await device.boot();
    await device.confirm();
    expect(await device.boot()).toMatchObject(running(6n, "b", "confirmed", "active"));
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
