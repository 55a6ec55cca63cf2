import { describe, expect, test } from "vitest";
import type { MemoryFlash } from "../flash/memory-flash.ts";
import { flip, offer, provisioned, running, second } from "../flash/simulated-device.test.support.ts";
import type { OfferConditions } from "./offer.ts";
import {
  approvalTrust,
  classId,
  directive,
  foreignKey,
  makeRelease,
  ownerKey,
  type Release,
  testImage,
  testLayout,
  vendorId,
  vendorKey,
} from "./release.test.support.ts";

/** What a refused update must leave alone: the state, and everything of slot a. */
function protectedFlash(flash: MemoryFlash): Uint8Array {
  return flash.snapshot().subarray(0, testLayout.slots.b.envelopeOffset);
}

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
