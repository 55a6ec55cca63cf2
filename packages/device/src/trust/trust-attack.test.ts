import { nodeCrypto } from "@sumac/crypto/node";
import type { ComponentId, SequenceInput } from "@sumac/suit";
import { type TrustPart, trustComponents } from "@sumac/verifier";
import { describe, expect, test } from "vitest";
import { recoveryComponent } from "../device/component-set.ts";
import {
  classId,
  directive,
  firmware,
  foreignKey,
  makeRelease,
  makeSetRelease,
  ownerKey,
  type TestKey,
  testImage,
  vendorId,
  vendorKey,
} from "../device/release.test.support.ts";
import { explainDevice } from "../explain.ts";
import { FlashSlots } from "../flash/flash-slots.ts";
import {
  makeTrustUpdate,
  newOwnerKey,
  newVendorKey,
  newVendorRoot,
  ownerPart,
  ownerPartWithRelease,
  ownerRoot,
  recordOf,
  role,
  sendRelease,
  sendTrust,
  type TrustUpdateOptions,
  testTimeRules,
  trusting,
  trustLayout,
  vendorPart,
  vendorRoots,
} from "./trust.test.support.ts";
import { maxTrustRecordBytes } from "./trust-update.ts";

const [rootA, rootB, rootC] = vendorRoots;
const both = [rootA, rootB];
const withNewKey = vendorPart({ release: [vendorKey, newVendorKey] });
const newOwner = ownerPart([newOwnerKey]);
const flip = (bytes: Uint8Array, at: number): Uint8Array => bytes.with(at, (bytes.at(at) ?? 0) ^ 1);
const find = (bytes: Uint8Array, part: Uint8Array): number => Buffer.from(bytes).indexOf(Buffer.from(part));

const vendorUpdate = (over: Partial<TrustUpdateOptions> = {}): Uint8Array =>
  makeTrustUpdate({ part: "vendor", sequence: 4n, record: withNewKey, signers: both, ...over });
const ownerUpdate = (over: Partial<TrustUpdateOptions> = {}): Uint8Array =>
  makeTrustUpdate({ part: "owner", sequence: 4n, record: newOwner, signers: [ownerRoot], ...over });

const largeRecord = (): Uint8Array =>
  vendorPart({
    release: [vendorKey, newVendorKey],
    components: [firmware, ...Array.from({ length: 40 }, () => [testImage(50, 1)])],
  });

const together = (components: readonly ComponentId[], signers: readonly TestKey[]): Uint8Array =>
  makeSetRelease({ sequence: 6n, components: components.map((id) => ({ id, image: withNewKey })), signers }).envelope;

interface Attack {
  readonly row: string;
  readonly name: string;
  readonly send: () => Uint8Array;
  readonly fetched?: Uint8Array;
  readonly now?: bigint;
  readonly error: object;
  /** Absent: the device is owned. */
  readonly owner?: "none";
  /** The vendor's part in force. */
  readonly vendor?: Uint8Array;
}

const attacks: readonly Attack[] = [
  // One for each check of CR 1.9.
  {
    row: "CR 1.9",
    name: "bad signature",
    send: () => withBrokenSignature(vendorUpdate()),
    error: { code: "signature-invalid" },
  },
  {
    row: "CR 1.9",
    name: "wrong chain: signed by strangers",
    send: () => vendorUpdate({ signers: [foreignKey, newVendorRoot] }),
    error: { code: "signer-unknown" },
  },
  {
    row: "CR 1.9",
    name: "wrong role: signed by the release key",
    send: () => vendorUpdate({ signers: [vendorKey] }),
    error: { code: "signer-unknown" },
  },
  {
    row: "CR 1.9",
    name: "wrong role: an approval key for the owner's part",
    send: () => ownerUpdate({ signers: [ownerKey] }),
    error: { code: "signer-unknown" },
  },
  {
    row: "CR 1.9",
    name: "expired",
    send: () => vendorUpdate({ useBefore: testTimeRules.buildTime + 10n }),
    now: testTimeRules.buildTime + 10n,
    error: { code: "expired" },
  },
  {
    row: "CR 1.9",
    name: "expires, and nobody knows the time",
    send: () => vendorUpdate({ useBefore: testTimeRules.buildTime + 10n }),
    error: { code: "freshness-unknown" },
  },
  {
    row: "CR 2.11",
    name: "expired, with the clock set back ten years",
    send: () => vendorUpdate({ useBefore: testTimeRules.buildTime - 10n }),
    now: testTimeRules.buildTime - 315_576_000n,
    error: { code: "expired", now: testTimeRules.buildTime },
  },
  {
    row: "CR 2.11",
    name: "not known to be over, with the clock set back ten years",
    send: () => vendorUpdate({ useBefore: testTimeRules.buildTime + 10n }),
    now: testTimeRules.buildTime - 315_576_000n,
    error: { code: "freshness-unknown" },
  },
  {
    row: "CR 1.9",
    name: "weak algorithm: ML-DSA keys in a record of the classic profile",
    send: () => vendorUpdate({ record: withWeakProfile() }),
    error: { code: "trust-record-refused", part: "vendor", problem: { code: "malformed" } },
  },
  {
    row: "CR 1.9",
    name: "id not matching: another class of device",
    send: () => vendorUpdate({ classId: vendorId }),
    error: { code: "wrong-class" },
  },
  {
    row: "EDR 3.12",
    name: "one root key of two",
    send: () => vendorUpdate({ signers: [rootA] }),
    error: { code: "threshold-not-met", role: "root", have: 1, need: 2 },
  },
  {
    row: "EDR 3.12",
    name: "one root key twice",
    send: () => vendorUpdate({ signers: [rootA, rootA] }),
    error: { code: "threshold-not-met", have: 1, need: 2 },
  },
  {
    row: "EDR 3.12",
    name: "one root key and a release key",
    send: () => vendorUpdate({ signers: [rootA, vendorKey] }),
    error: { code: "threshold-not-met", have: 1, need: 2 },
  },
  {
    row: "EDR 3.12",
    name: "no signature",
    send: () => vendorUpdate({ signers: [] }),
    error: { code: "threshold-not-met" },
  },
  {
    row: "EDR 3.12",
    name: "the owner's root for the vendor's part",
    send: () => vendorUpdate({ signers: [ownerRoot] }),
    error: { code: "signer-unknown" },
  },
  {
    row: "EDR 3.13",
    name: "the vendor's roots for the owner's part",
    send: () => ownerUpdate({ signers: both }),
    error: { code: "signer-unknown" },
  },
  {
    row: "EDR 3.13",
    name: "the vendor's roots for a device nobody owns",
    send: () => ownerUpdate({ signers: both }),
    owner: "none",
    error: { code: "trust-part-absent", part: "owner" },
  },
  {
    row: "EDR 3.12",
    name: "altered record",
    send: () => vendorUpdate({ sent: flip(withNewKey, 40) }),
    error: { code: "image-digest-mismatch" },
  },
  {
    row: "EDR 3.12",
    name: "altered record, fetched",
    send: () => vendorUpdate({ payload: "remote" }),
    fetched: flip(withNewKey, 40),
    error: { code: "image-digest-mismatch" },
  },
  {
    row: "EDR 3.12",
    name: "record cut short",
    send: () => vendorUpdate({ payload: "remote" }),
    fetched: withNewKey.subarray(0, -1),
    error: { code: "image-too-short" },
  },
  {
    row: "EDR 3.12",
    name: "record with a byte more",
    send: () => vendorUpdate({ payload: "remote" }),
    fetched: Uint8Array.of(...withNewKey, 0),
    error: { code: "image-too-long" },
  },
  {
    row: "EDR 3.12",
    name: "altered manifest",
    send: () => flipManifest(vendorUpdate()),
    error: { code: "manifest-digest-mismatch" },
  },
  {
    row: "EDR 3.12",
    name: "truncated envelope",
    send: () => vendorUpdate().subarray(0, -1),
    error: { code: "malformed" },
  },
  {
    row: "EDR 3.12",
    name: "a record of no size",
    send: () => vendorUpdate({ size: "absent" }),
    error: { code: "unsupported", field: "manifest.image-size" },
  },
  {
    row: "EDR 3.12",
    name: "a record that is too large",
    send: () => vendorUpdate({ record: new Uint8Array(maxTrustRecordBytes + 1), payload: "remote" }),
    error: { code: "image-too-large", limit: BigInt(maxTrustRecordBytes) },
  },
  {
    row: "EDR 3.12",
    name: "a record that the storage has no room for",
    send: () => vendorUpdate({ record: largeRecord(), payload: "remote" }),
    fetched: largeRecord(),
    error: { code: "trust-record-too-large" },
  },
  {
    row: "EDR 3.12",
    name: "a record that is none",
    send: () => vendorUpdate({ record: testImage(50, 3) }),
    error: { code: "trust-record-refused", part: "vendor", problem: { code: "malformed" } },
  },
  {
    row: "EDR 3.12",
    name: "a record with bytes after it",
    send: () => vendorUpdate({ record: Uint8Array.of(...withNewKey, 0) }),
    error: { code: "trust-record-refused", problem: { code: "malformed" } },
  },
  {
    row: "EDR 3.12",
    name: "a record that nobody could replace",
    send: () => vendorUpdate({ record: vendorPart({ root: [] }) }),
    error: { code: "trust-record-refused", problem: { code: "trust-no-root-role" } },
  },
  {
    row: "EDR 3.12",
    name: "a record with a threshold that cannot be met",
    send: () => vendorUpdate({ record: vendorPart({ rootThreshold: 4 }) }),
    error: { code: "trust-record-refused", problem: { code: "trust-threshold" } },
  },
  {
    row: "EDR 3.12",
    name: "an owner's part in the vendor's place",
    send: () => vendorUpdate({ record: ownerPart() }),
    error: { code: "trust-record-refused", problem: { code: "trust-no-release-role" } },
  },
  {
    row: "EDR 3.12",
    name: "root keys that have not signed",
    send: () => vendorUpdate({ record: vendorPart({ root: [newVendorRoot], rootThreshold: 1 }) }),
    error: { code: "trust-new-root-refused", because: { code: "signer-unknown" } },
  },
  {
    row: "EDR 3.12",
    name: "a record under which nothing would boot",
    send: () => vendorUpdate({ record: vendorPart({ release: [newVendorKey] }) }),
    error: { code: "trust-update-strands-device", slot: "a", because: { code: "signer-unknown" } },
  },
  {
    row: "EDR 3.12",
    name: "a part without root keys",
    send: () => vendorUpdate(),
    vendor: vendorPart({ root: [] }),
    error: { code: "signer-unknown" },
  },
  {
    row: "EDR 3.12",
    name: "a part without root keys, signed by its release key",
    send: () => vendorUpdate({ signers: [vendorKey] }),
    vendor: vendorPart({ root: [] }),
    error: { code: "trust-not-updatable", part: "vendor" },
  },
  {
    row: "EDR 3.12",
    name: "both parts in one manifest",
    send: () => together([trustComponents.vendor, trustComponents.owner], both),
    error: { code: "components-mixed" },
  },
  {
    row: "EDR 3.12",
    name: "the firmware beside it, by root and release keys",
    send: () => together([trustComponents.vendor, firmware], [...both, vendorKey]),
    error: { code: "component-not-authorised" },
  },
  {
    row: "EDR 3.12",
    name: "the firmware beside it, by a release key that may write everything",
    send: () => together([trustComponents.vendor, firmware], [vendorKey]),
    owner: "none",
    vendor: vendorPart({ components: [firmware, trustComponents.vendor] }),
    error: { code: "components-mixed" },
  },
  {
    row: "EDR 3.12",
    name: "a release key that may write everything",
    send: () => vendorUpdate({ signers: [vendorKey] }),
    vendor: vendorPart({ components: [firmware, trustComponents.vendor] }),
    error: { code: "signer-unknown" },
  },
  {
    row: "EDR 3.12",
    name: "a third part",
    send: () => vendorUpdate({ component: ["trust-record", "server"].map((word) => new TextEncoder().encode(word)) }),
    error: { code: "component-unknown" },
  },
  {
    row: "EDR 3.12",
    name: "a record that is invoked",
    send: () => vendorUpdate({ invoke: "too" }),
    error: { code: "unsupported" },
  },
  {
    row: "EDR 3.13",
    name: "an owner's part with a release role",
    send: () => ownerUpdate({ record: ownerPartWithRelease() }),
    error: { code: "trust-record-refused", part: "owner", problem: { code: "trust-owner-release-role", role: "sly" } },
  },
  {
    row: "EDR 3.13",
    name: "a vendor's part in the owner's place",
    send: () => ownerUpdate({ record: vendorPart({ root: [ownerRoot], rootThreshold: 1 }) }),
    error: { code: "trust-record-refused", part: "owner", problem: { code: "trust-owner-release-role" } },
  },
  {
    row: "EDR 3.13",
    name: "the vendor's key as the owner's approval",
    send: () => ownerUpdate({ record: ownerPart([vendorKey]) }),
    error: { code: "trust-record-refused", problem: { code: "trust-key-in-both-parts" } },
  },
];

/** The last byte of the first signature: the blocks come first in the envelope. */
function withBrokenSignature(envelope: Uint8Array): Uint8Array {
  const label = Uint8Array.of(0x58, 0x40);
  return flip(envelope, find(envelope, label) + label.length + 63);
}

const flipManifest = (envelope: Uint8Array): Uint8Array => flip(envelope, find(envelope, classId));

/** Scheme 4 with the bytes of an Ed25519 key. */
function withWeakProfile(): Uint8Array {
  const record = vendorPart();
  return record.with(find(record, vendorKey.publicKey.bytes) - 3, 4);
}

describe("a refused trust update leaves state, slots, floor and trust record untouched", () => {
  for (const { row, name, send, fetched, now, error, owner, vendor } of attacks) {
    test(`${row}: ${name}: ${(error as { code: string }).code}`, async () => {
      const { device, flash, events } = await trusting(vendor, owner === "none" ? undefined : ownerPart());
      const before = { flash: flash.snapshot(), status: device.status() };
      const answer = await sendTrust(device, send(), { ...(fetched && { fetched }), ...(now && { now }) });
      expect(answer).toMatchObject({ ok: false, error });
      expect(flash.snapshot()).toEqual(before.flash);
      expect(device.status()).toEqual(before.status);
      expect(events.at(-1)).toMatchObject({ event: "refused", refusal: error });
      if (answer.ok) return;
      const { problem, remedy } = explainDevice(answer.error);
      expect(`${problem} ${remedy}`).not.toMatch(/undefined|\[object|NaN/);
      if (vendor !== undefined) return;
      // And the right one is still welcome.
      expect(await sendTrust(device, vendorUpdate())).toMatchObject({ ok: true, value: { part: "vendor" } });
    });
  }

  test.each<[TrustPart, (sequence: bigint, record: Uint8Array) => Uint8Array, Uint8Array, Uint8Array]>([
    [
      "vendor",
      (sequence, record) => vendorUpdate({ sequence, record, signers: [rootA, rootC] }),
      vendorPart(),
      withNewKey,
    ],
    ["owner", (sequence, record) => ownerUpdate({ sequence, record }), ownerPart(), newOwner],
  ])("EDR 3.10 RE 1: replay of an old trust record: rollback, %s", async (part, make, old, current) => {
    const { device, flash } = await trusting(vendorPart(), ownerPart());
    const first = make(4n, old);
    expect(await sendTrust(device, first)).toMatchObject({ ok: true });
    expect(await sendTrust(device, make(5n, current))).toMatchObject({ ok: true });
    const before = flash.snapshot();
    expect(await sendTrust(device, first)).toEqual({ ok: false, error: { code: "rollback", offered: 4n, floor: 5n } });
    expect(await sendTrust(device, make(5n, old))).toEqual({
      ok: false,
      error: { code: "sequence-reused", sequence: 5n },
    });
    expect(await sendTrust(device, make(0n, old))).toMatchObject({ ok: false, error: { code: "rollback" } });
    expect(flash.snapshot()).toEqual(before);
    expect(device.status().trust[part]).toEqual({ record: current, sequence: 5n });
    await device.boot();
    expect(await sendTrust(device, first)).toMatchObject({ ok: false, error: { code: "rollback" } });
  });

  test("EDR 3.12: a record under which the recovery image would not boot: trust-update-strands-device", async () => {
    const components = [firmware, recoveryComponent];
    const vendor = vendorPart({ release: [vendorKey, newVendorKey], components });
    const active = makeRelease({ sequence: 5n, signers: [newVendorKey] });
    const recovery = makeRelease({
      sequence: 1n,
      signers: [vendorKey],
      manifest: { components: [recoveryComponent] },
      sever: [],
    });
    const { device, flash } = await trusting(vendor, undefined, active, recovery);
    const before = flash.snapshot();
    const revoking = vendorUpdate({ record: vendorPart({ release: [newVendorKey], components }) });
    expect(await sendTrust(device, revoking)).toMatchObject({
      ok: false,
      error: { code: "trust-update-strands-device", slot: "recovery", because: { code: "signer-unknown" } },
    });
    expect(flash.snapshot()).toEqual(before);
  });

  test("EDR 3.12: a slot that does not boot now is no reason to keep a record that should go", async () => {
    const revoking = vendorUpdate({ record: vendorPart({ release: [newVendorKey] }) });
    const damaged = await trusting(withNewKey);
    // Under the confirmed release itself, whose envelope is damaged now.
    const { envelopeOffset, envelopeSize } = trustLayout.slots.a;
    for (let at = 0; at < envelopeSize; at += 256) await damaged.flash.erase(envelopeOffset + at);
    expect(await sendTrust(damaged.device, revoking)).toMatchObject({ ok: true });

    const exchanged = await trusting(withNewKey);
    const { envelope, image } = makeRelease({ sequence: 5n, signers: [foreignKey] });
    const slots = new FlashSlots(exchanged.flash, trustLayout, nodeCrypto);
    const writer = await slots.begin("a", { envelope, imageSizes: [image.length] });
    await writer.write(0, 0, image);
    await writer.seal();
    expect(await sendTrust(exchanged.device, revoking)).toMatchObject({ ok: true });
  });

  test("EDR 3.12: while an image is on trial nothing changes: trial-running", async () => {
    const { device, flash } = await trusting(vendorPart());
    await sendRelease(device, makeRelease({ sequence: 6n }));
    await device.arm();
    await device.boot();
    const before = flash.snapshot();
    const running = { ok: false, error: { code: "trial-running" } };
    expect(await sendTrust(device, vendorUpdate())).toEqual(running);
    expect(await device.own(ownerPart())).toEqual(running);
    expect(flash.snapshot()).toEqual(before);
  });
});

describe("EDR 3.13: the first owner's part", () => {
  test.each<[string, Uint8Array, object]>([
    [
      "a release role",
      ownerPartWithRelease(),
      { code: "trust-record-refused", part: "owner", problem: { code: "trust-owner-release-role" } },
    ],
    ["a vendor's part", vendorPart(), { code: "trust-record-refused", problem: { code: "trust-owner-release-role" } }],
    [
      "the vendor's root",
      ownerPart([ownerKey], rootA),
      { code: "trust-record-refused", problem: { code: "trust-key-in-both-parts" } },
    ],
    ["no record", testImage(50, 2), { code: "trust-record-refused", problem: { code: "malformed" } }],
    ["more than fits in memory", new Uint8Array(maxTrustRecordBytes + 1), { code: "trust-record-too-large" }],
  ])("EDR 3.13: refused on site: %s", async (_name, record, error) => {
    const { device, flash, events } = await trusting();
    const before = flash.snapshot();
    expect(await device.own(record)).toMatchObject({ ok: false, error });
    expect(flash.snapshot()).toEqual(before);
    expect(events).toMatchObject([{ event: "refused", refusal: error }]);
    expect(await device.own(ownerPart())).toMatchObject({ ok: true });
  });

  test("EDR 3.13: is taken once: already-owned, whoever asks", async () => {
    const { device, flash } = await trusting(vendorPart(), ownerPart());
    const before = flash.snapshot();
    for (const record of [ownerPart([foreignKey]), ownerPart()]) {
      expect(await device.own(record)).toEqual({ ok: false, error: { code: "already-owned" } });
    }
    await device.boot();
    expect(await device.own(ownerPart([foreignKey]))).toEqual({ ok: false, error: { code: "already-owned" } });
    expect(flash.snapshot()).toEqual(before);
  });
});

interface VendorRefusal {
  readonly code: string;
  readonly send: (signers: readonly [typeof ownerKey]) => ReturnType<typeof makeRelease>;
  readonly now?: bigint;
}

const withoutClass: SequenceInput = {
  commands: [
    { kind: "override-parameters", parameters: { vendorIdentifier: vendorId } },
    { kind: "condition", condition: "vendor-identifier", policy: 15 },
  ],
};
const release = makeRelease({ sequence: 6n });
const install = (...names: readonly ("copy" | "invoke")[]) =>
  ({ install: { at: "inline", value: { commands: names.map((name) => directive(name)) } } }) as const;

/** Each is signed by the owner's key and, where that is not the point, by the vendor's. */
const vendorRefusals: readonly VendorRefusal[] = [
  { code: "threshold-not-met", send: (owner) => makeRelease({ sequence: 6n, signers: owner }) },
  {
    code: "manifest-digest-mismatch",
    send: (owner) => alter(makeRelease({ sequence: 6n, signers: [vendorKey, ...owner] }), classId),
  },
  {
    code: "severed-member-mismatch",
    send: (owner) =>
      alter(makeRelease({ sequence: 6n, signers: [vendorKey, ...owner] }), new TextEncoder().encode("1.6.0")),
  },
  {
    code: "unsupported",
    send: (owner) => makeRelease({ sequence: 6n, signers: [vendorKey, ...owner], manifest: install("invoke") }),
  },
  {
    code: "command-failed",
    send: (owner) => makeRelease({ sequence: 6n, signers: [vendorKey, ...owner], manifest: install("copy") }),
  },
  {
    code: "wrong-vendor",
    send: (owner) => makeRelease({ sequence: 6n, signers: [vendorKey, ...owner], vendorId: classId }),
  },
  {
    code: "wrong-class",
    send: (owner) => makeRelease({ sequence: 6n, signers: [vendorKey, ...owner], classId: vendorId }),
  },
  {
    code: "identity-missing",
    send: (owner) => makeRelease({ sequence: 6n, signers: [vendorKey, ...owner], manifest: { shared: withoutClass } }),
  },
  {
    code: "component-unknown",
    send: (owner) =>
      makeRelease({ sequence: 6n, signers: [vendorKey, ...owner], manifest: { components: [[Uint8Array.of(9)]] } }),
  },
  { code: "rollback", send: (owner) => makeRelease({ sequence: 4n, signers: [vendorKey, ...owner] }) },
  {
    code: "sequence-reused",
    send: (owner) => makeRelease({ sequence: 5n, version: "9.9.9", signers: [vendorKey, ...owner] }),
  },
  {
    code: "expired",
    send: (owner) => makeRelease({ sequence: 6n, useBefore: 1000n, signers: [vendorKey, ...owner] }),
    now: testTimeRules.buildTime,
  },
  {
    code: "freshness-unknown",
    send: (owner) =>
      makeRelease({ sequence: 6n, useBefore: testTimeRules.buildTime + 9n, signers: [vendorKey, ...owner] }),
  },
  {
    code: "image-too-large",
    send: (owner) => makeRelease({ sequence: 6n, image: testImage(1025, 6), signers: [vendorKey, ...owner] }),
  },
  {
    code: "image-too-short",
    send: (owner) => ({
      ...makeRelease({ sequence: 6n, signers: [vendorKey, ...owner] }),
      image: release.image.subarray(0, -1),
    }),
  },
  {
    code: "image-too-long",
    send: (owner) => ({
      ...makeRelease({ sequence: 6n, signers: [vendorKey, ...owner] }),
      image: Uint8Array.of(...release.image, 0),
    }),
  },
  {
    code: "image-digest-mismatch",
    send: (owner) => ({
      ...makeRelease({ sequence: 6n, signers: [vendorKey, ...owner] }),
      image: flip(release.image, 9),
    }),
  },
  {
    code: "malformed",
    send: (owner) => ({
      ...release,
      envelope: makeRelease({ sequence: 6n, signers: [vendorKey, ...owner] }).envelope.subarray(0, -1),
    }),
  },
  {
    code: "too-large",
    send: (owner) => makeRelease({ sequence: 6n, version: "x".repeat(4000), signers: [vendorKey, ...owner] }),
  },
];

function alter(made: ReturnType<typeof makeRelease>, part: Uint8Array): ReturnType<typeof makeRelease> {
  return { ...made, envelope: flip(made.envelope, find(made.envelope, part)) };
}

describe("EDR 3.13: an owner's key lifts no refusal of the vendor's", () => {
  for (const { code, send, now } of vendorRefusals) {
    test(`EDR 3.13: ${code}, with the owner's signature as without`, async () => {
      const { device } = await trusting(vendorPart(), ownerPart());
      const floor = device.status().floor;
      expect(await sendRelease(device, send([ownerKey]), now)).toMatchObject({ ok: false, error: { code } });
      expect(device.status()).toMatchObject({ floor, boot: { active: "a" } });
      expect(await device.boot()).toMatchObject({ booted: { sequence: 5n }, why: "active" });
    });
  }

  test("EDR 3.13: nor does the owner's root, nor both together", async () => {
    const { device } = await trusting(vendorPart(), ownerPart());
    for (const signers of [[ownerRoot], [ownerRoot, ownerKey], [rootA, rootB, ownerKey]]) {
      expect(await sendRelease(device, makeRelease({ sequence: 6n, signers }))).toMatchObject({ ok: false });
    }
    expect((await sendRelease(device, makeRelease({ sequence: 6n, signers: [ownerRoot] }))).ok).toBe(false);
  });
});

test("CR 2.1: install, approve and change trust are three permissions: a key of one has none of the others", async () => {
  const keys = {
    install: [vendorKey],
    approve: [ownerKey],
    "change the vendor's": both,
    "change the owner's": [ownerRoot],
  };
  const may = async (who: keyof typeof keys): Promise<string[]> => {
    const allowed: string[] = [];
    const signers = keys[who];
    const { device } = await trusting(vendorPart(), ownerPart());
    const trust = async (envelope: Uint8Array) => (await sendTrust(device, envelope)).ok;
    // Approval is the missing half of one, the release that of the other.
    const release = async (others: typeof both) =>
      (await sendRelease(device, makeRelease({ sequence: 6n, signers: [...signers, ...others] }))).ok;
    if (await release([ownerKey])) allowed.push("install");
    await device.disarm();
    if (await release([vendorKey])) allowed.push("approve");
    if (await trust(vendorUpdate({ signers }))) allowed.push("change the vendor's");
    if (await trust(ownerUpdate({ signers }))) allowed.push("change the owner's");
    return allowed;
  };
  for (const who of Object.keys(keys) as (keyof typeof keys)[]) expect(await may(who)).toEqual([who]);
});

test("CR 2.1 RE 4: with two approvals demanded, one is refused", async () => {
  const two = makeOwner(2);
  const { device } = await trusting(vendorPart(), two);
  expect(await sendRelease(device, makeRelease({ sequence: 6n, signers: [vendorKey, ownerKey] }))).toEqual({
    ok: false,
    error: { code: "not-approved", role: "plant", have: 1, need: 2 },
  });
  const signers = [vendorKey, ownerKey, newOwnerKey];
  expect(await sendRelease(device, makeRelease({ sequence: 6n, signers }))).toMatchObject({ ok: true });
});

const makeOwner = (threshold: number): Uint8Array =>
  recordOf([role("plant", "approval", [ownerKey, newOwnerKey], threshold), role("plant-root", "root", [ownerRoot])]);
