import type { Signer } from "@sumac/signing";
import type { TrustPart, TrustRecord } from "@sumac/verifier";
import { serializeTrustRecord } from "@sumac/verifier";
import { describe, expect, test } from "vitest";
import { flip } from "../support/crafted-envelope.ts";
import type { Release } from "../support/example-product.ts";
import {
  foreign,
  impressionOf,
  newer,
  offer,
  owner,
  ownerPart,
  ownerRoot,
  provisioned,
  release,
  second,
  trustUpdate,
  vendor,
  vendorPart,
  vendorRoot,
} from "../support/sample-device.ts";

interface Attack {
  readonly threat: "T-DEV-TRUST-RECORD" | "T-DEV-OWNER-PART";
  readonly name: string;
  readonly part: TrustPart;
  readonly record: TrustRecord;
  readonly signers: readonly Signer[];
  readonly alter?: (made: Release) => Release;
  readonly code: string;
}

const withForeign = vendorPart([vendor, foreign]);
const theirRoot: TrustRecord = {
  ...withForeign,
  roles: withForeign.roles.map((role) => (role.purpose === "root" ? { ...role, keys: ownKeys(foreign) } : role)),
};
function ownKeys(signer: Signer) {
  return vendorPart([signer]).roles[0]?.keys ?? [];
}

const attacks: readonly Attack[] = [
  {
    threat: "T-DEV-TRUST-RECORD",
    name: "a record that trusts a stranger, signed by the stranger",
    part: "vendor",
    record: withForeign,
    signers: [foreign],
    code: "signer-unknown",
  },
  {
    threat: "T-DEV-TRUST-RECORD",
    name: "the same, signed by a stolen release key",
    part: "vendor",
    record: withForeign,
    signers: [vendor],
    code: "signer-unknown",
  },
  {
    threat: "T-DEV-TRUST-RECORD",
    name: "a record whose new root key nobody has shown to hold",
    part: "vendor",
    record: theirRoot,
    signers: [vendorRoot],
    code: "trust-new-root-refused",
  },
  {
    threat: "T-DEV-TRUST-RECORD",
    name: "a record under which nothing would boot any more",
    part: "vendor",
    record: vendorPart([foreign]),
    signers: [vendorRoot],
    code: "trust-update-strands-device",
  },
  {
    threat: "T-DEV-TRUST-RECORD",
    name: "a record altered behind its signature",
    part: "vendor",
    record: withForeign,
    signers: [vendorRoot],
    alter: (made) => {
      const at = Buffer.from(made.envelope).indexOf(Buffer.from(made.image)) + 30;
      return { ...made, envelope: flip(made.envelope, at) };
    },
    code: "image-digest-mismatch",
  },
  {
    threat: "T-DEV-OWNER-PART",
    name: "the vendor takes the plant's say away",
    part: "owner",
    record: ownerPart([vendor]),
    signers: [vendorRoot, vendor],
    code: "signer-unknown",
  },
  {
    threat: "T-DEV-OWNER-PART",
    name: "the plant's approver makes itself the only one",
    part: "owner",
    record: ownerPart([owner]),
    signers: [owner],
    code: "signer-unknown",
  },
  {
    threat: "T-DEV-OWNER-PART",
    name: "the plant gives itself the right to release",
    part: "owner",
    record: {
      ...ownerPart(),
      roles: [...ownerPart().roles, { ...(vendorPart([owner]).roles[0] as TrustRecord["roles"][number]), name: "sly" }],
    },
    signers: [ownerRoot],
    code: "trust-record-refused",
  },
  {
    threat: "T-DEV-OWNER-PART",
    name: "one key stands for vendor and plant",
    part: "owner",
    record: ownerPart([vendor]),
    signers: [ownerRoot],
    code: "trust-record-refused",
  },
];

describe("nobody changes whom a device believes but those it belongs to", () => {
  for (const { threat, name, part, record, signers, alter = (made: Release) => made, code } of attacks) {
    test(`${threat}: ${name}: ${code}`, async () => {
      const sample = await provisioned({ owner: ownerPart() });
      const [before, impression] = [sample.flash.snapshot(), impressionOf(sample)];
      const made = alter(await trustUpdate({ part, sequence: 1n, record, signers }));
      expect(await offer(sample.device, made)).toMatchObject({ ok: false, error: { code } });
      expect(sample.flash.snapshot()).toEqual(before);
      await sample.device.boot();
      expect(impressionOf(sample)).toEqual(impression);
      // Whom it believed before, it believes still; and the right one is still welcome.
      expect(await offer(sample.device, await release(7n, [foreign, owner]))).toMatchObject({ ok: false });
      const right = await trustUpdate({
        part: "vendor",
        sequence: 1n,
        record: vendorPart([vendor, second]),
        signers: [vendorRoot],
      });
      expect(await offer(sample.device, right)).toMatchObject({ ok: true });
    });
  }

  test("T-DEV-TRUST-RECORD: a revoked key stays revoked: the record that had it does not come back", async () => {
    const sample = await provisioned({ vendor: vendorPart([vendor, second]) });
    const signers = [vendorRoot];
    const old = await trustUpdate({ part: "vendor", sequence: 1n, record: vendorPart([vendor, second]), signers });
    await offer(sample.device, old);
    await offer(sample.device, await trustUpdate({ part: "vendor", sequence: 2n, record: vendorPart(), signers }));
    const before = sample.flash.snapshot();
    for (const step of [() => sample.device.boot(), () => sample.device.factoryReset(), () => sample.device.boot()]) {
      expect(await offer(sample.device, old)).toEqual({
        ok: false,
        error: { code: "rollback", offered: 1n, floor: 2n },
      });
      expect(await offer(sample.device, await release(6n, [second]))).toMatchObject({
        error: { code: "signer-unknown" },
      });
      await step();
    }
    expect(sample.device.status().trust.vendor.sequence).toBe(2n);
    expect(before.length).toBe(sample.flash.snapshot().length);
  });

  test("T-DEV-OWNER-PART: the first owner is taken once, and a factory reset does not make the device ownerless", async () => {
    const sample = await provisioned({ owner: ownerPart() });
    const theirs = serializeTrustRecord(ownerPart([foreign]));
    expect(await sample.device.own(theirs)).toEqual({ ok: false, error: { code: "already-owned" } });
    expect(await sample.device.factoryReset()).toMatchObject({ ok: true });
    await sample.device.boot();
    expect(await sample.device.own(theirs)).toEqual({ ok: false, error: { code: "already-owned" } });
    expect(await offer(sample.device, newer)).toMatchObject({ error: { code: "not-approved" } });
    expect(await offer(sample.device, await release(6n, [vendor, owner]))).toMatchObject({ ok: true });
  });
});
