import { nodeCrypto } from "@sumac/crypto/node";
import { digestOf } from "@sumac/suit";
import { trustKey } from "@sumac/verifier";
import { describe, expect, test } from "vitest";
import type { DeviceEvent } from "../device/device-event.ts";
import { foreignKey, makeRelease, ownerKey, vendorKey } from "../device/release.test.support.ts";
import {
  deviceOn,
  makeTrustUpdate,
  newOwnerKey,
  newOwnerRoot,
  newVendorKey,
  newVendorRoot,
  ownerPart,
  ownerRoot,
  sendRelease,
  sendTrust,
  trusting,
  vendorPart,
  vendorRoots,
} from "./trust.test.support.ts";

const [rootA, rootB, rootC] = vendorRoots;
const both = [rootA, rootB];
const sha256 = (bytes: Uint8Array) => digestOf(nodeCrypto, "sha-256", bytes).bytes;
const idOf = (key: { publicKey: Parameters<typeof trustKey>[0] }) => trustKey(key.publicKey, nodeCrypto).keyId;
const withNewKey = vendorPart({ release: [vendorKey, newVendorKey] });
const update = (sequence: bigint, record: Uint8Array, signers = both) =>
  makeTrustUpdate({ part: "vendor", sequence, record, signers });
const next = (signers = [vendorKey]) => makeRelease({ sequence: 6n, signers });

describe("EDR 3.12: the vendor's part is replaced by its root keys", () => {
  test.each(["integrated", "remote"] as const)("EDR 3.12: a signed record comes into force, %s", async (payload) => {
    const { device, flash, events } = await trusting();
    const envelope = makeTrustUpdate({ part: "vendor", sequence: 1n, record: withNewKey, signers: both, payload });
    expect(await sendRelease(device, next([newVendorKey]))).toMatchObject({
      ok: false,
      error: { code: "signer-unknown" },
    });
    events.length = 0;
    const change = {
      part: "vendor",
      sequence: 1n,
      from: sha256(vendorPart()),
      to: sha256(withNewKey),
      signers: [
        { role: "root", keyId: idOf(rootA) },
        { role: "root", keyId: idOf(rootB) },
      ],
    };
    expect(await sendTrust(device, envelope, { fetched: withNewKey })).toEqual({ ok: true, value: change });
    expect(events.map(({ event }) => event)).toEqual(["envelope-received", "received", "trust-changed"]);
    expect(events.at(-1)).toEqual({ event: "trust-changed", ...change });
    expect(device.status().trust.vendor).toEqual({ record: withNewKey, sequence: 1n });
    expect(await sendRelease(device, next([newVendorKey]))).toMatchObject({ ok: true });
    const again = deviceOn(flash);
    expect(await again.boot()).toMatchObject({ kind: "running", booted: { sequence: 5n } });
    expect(again.status().trust.vendor.sequence).toBe(1n);
    expect(again.status().floor.sequence).toBe(5n);
  });

  test("EDR 3.12: the record in force, sent again, is nothing to do", async () => {
    const { device, flash } = await trusting();
    await sendTrust(device, update(1n, withNewKey));
    const before = flash.snapshot();
    expect(await sendTrust(device, update(1n, withNewKey, [rootB, rootC]))).toEqual({ ok: true, value: "already" });
    expect(flash.snapshot()).toEqual(before);
  });

  test("EDR 3.12: root keys are replaced by the old and the new together, and the old then count no more", async () => {
    const { device } = await trusting();
    const record = vendorPart({ root: [rootA, newVendorRoot], rootThreshold: 2 });
    expect(await sendTrust(device, update(1n, record, both))).toMatchObject({
      ok: false,
      error: {
        code: "trust-new-root-refused",
        part: "vendor",
        because: { code: "threshold-not-met", have: 1, need: 2 },
      },
    });
    expect(await sendTrust(device, update(1n, record, [rootA, newVendorRoot]))).toMatchObject({
      ok: false,
      error: { code: "threshold-not-met", role: "root", have: 1, need: 2 },
    });
    expect(await sendTrust(device, update(1n, record, [rootA, rootB, newVendorRoot]))).toMatchObject({ ok: true });
    expect(await sendTrust(device, update(2n, vendorPart(), [rootB, rootC]))).toMatchObject({
      ok: false,
      error: { code: "signer-unknown" },
    });
    expect(await sendTrust(device, update(2n, record, [rootA, newVendorRoot]))).toMatchObject({ ok: true });
  });

  test("CR 1.8: renewal with overlap: both keys count, then the old one no more, offline", async () => {
    const { device, flash } = await trusting();
    await sendTrust(device, update(1n, withNewKey));
    for (const [sequence, key] of [
      [6n, vendorKey],
      [7n, newVendorKey],
    ] as const) {
      expect(await sendRelease(device, makeRelease({ sequence, signers: [key] }))).toMatchObject({ ok: true });
      await device.arm();
      await device.boot();
      expect((await device.confirm()).ok).toBe(true);
    }
    const only = vendorPart({ release: [newVendorKey] });
    expect(await sendTrust(device, update(2n, only))).toMatchObject({ ok: true });
    const refused = { ok: false, error: { code: "signer-unknown" } };
    expect(await sendRelease(device, makeRelease({ sequence: 8n }))).toMatchObject(refused);
    const again = deviceOn(flash);
    expect(await again.boot()).toMatchObject({ kind: "running", mode: "confirmed", booted: { sequence: 7n } });
    expect(await sendRelease(again, makeRelease({ sequence: 8n }))).toMatchObject(refused);
  });

  test("CR 1.8: revocation: what was staged with the revoked key never boots, and its offer is void", async () => {
    const first = makeRelease({ sequence: 5n, signers: [newVendorKey] });
    const { device, events } = await trusting(withNewKey, undefined, first);
    expect(await sendRelease(device, next([vendorKey]))).toMatchObject({ ok: true });
    await device.arm({ action: "7", manifestDigest: new Uint8Array(32) });
    const received = device.receive(makeRelease({ sequence: 7n, signers: [vendorKey] }).envelope, {});
    if (!received.ok || received.value.kind !== "offer") throw new Error("refused");
    const { offer } = received.value;
    events.length = 0;
    expect(await sendTrust(device, update(1n, vendorPart({ release: [newVendorKey] })))).toMatchObject({ ok: true });
    expect(events.map(({ event }) => event)).toEqual(["envelope-received", "received", "disarmed", "trust-changed"]);
    expect(device.status()).toMatchObject({ boot: { state: "idle" }, report: undefined });
    await expect(device.install(offer, { fetch: async function* () {} })).rejects.toThrow("has not received");
    expect(await device.boot()).toMatchObject({ kind: "running", booted: { sequence: 5n }, why: "active" });
  });

  test("CR 1.8: a release whose payload was under way during the revocation is not staged", async () => {
    const { device } = await trusting(withNewKey, undefined, makeRelease({ sequence: 5n, signers: [newVendorKey] }));
    const release = next([vendorKey]);
    const received = device.receive(release.envelope, {});
    if (!received.ok || received.value.kind !== "offer") throw new Error("refused");
    const install = device.install(received.value.offer, {
      async *fetch() {
        expect(await sendTrust(device, update(1n, vendorPart({ release: [newVendorKey] })))).toMatchObject({
          ok: true,
        });
        yield release.image;
      },
    });
    await expect(install).rejects.toThrow("replaced meanwhile");
    expect(device.status().boot.state).not.toBe("staged");
    expect(await device.boot()).toMatchObject({ booted: { sequence: 5n }, why: "active" });
  });

  test("a trust update that another one overtakes is void", async () => {
    const { device } = await trusting();
    const received = device.receive(
      makeTrustUpdate({ part: "vendor", sequence: 1n, record: vendorPart(), signers: both, payload: "remote" }),
      {},
    );
    if (!received.ok || received.value.kind !== "trust-offer") throw new Error("refused");
    const apply = device.applyTrust(received.value.offer, {
      async *fetch() {
        await sendTrust(device, update(2n, withNewKey));
        yield vendorPart();
      },
    });
    await expect(apply).rejects.toThrow("replaced meanwhile");
    expect(device.status().trust.vendor.sequence).toBe(2n);
  });

  test("CR 2.1 RE 1: key to component rights come with the record", async () => {
    const { device } = await trusting(withNewKey, undefined, makeRelease({ sequence: 5n }));
    const elsewhere = [new TextEncoder().encode("bootloader")];
    expect(await sendTrust(device, update(1n, vendorPart({ components: [elsewhere] })))).toMatchObject({
      ok: false,
      error: { code: "trust-update-strands-device", slot: "a", because: { code: "component-not-authorised" } },
    });
  });

  test("CR 4.3: allowed algorithms come with the record", async () => {
    const { device } = await trusting();
    await sendTrust(device, update(1n, vendorPart({ legacyAlgorithms: [-8] })));
    expect(device.status().trust.vendor.record).toEqual(vendorPart({ legacyAlgorithms: [-8] }));
  });
});

describe("EDR 3.13: the owner's part", () => {
  test("EDR 3.13: set on site with no network; from then on a release waits for the owner, and what ran still boots", async () => {
    const { device, flash, events } = await trusting();
    const change = { part: "owner", sequence: 0n, to: sha256(ownerPart()), signers: [] };
    expect(await device.own(ownerPart())).toEqual({ ok: true, value: change });
    expect(events).toEqual([{ event: "trust-changed", ...change }]);
    const again = deviceOn(flash);
    expect(await again.boot()).toMatchObject({ kind: "running", mode: "confirmed", booted: { sequence: 5n } });
    expect(await sendRelease(again, next())).toEqual({
      ok: false,
      error: { code: "not-approved", role: "plant", have: 0, need: 1 },
    });
    expect(await sendRelease(again, next([vendorKey, ownerKey]))).toMatchObject({ ok: true });
    await again.arm();
    await again.boot();
    await again.confirm();
    expect(await again.boot()).toMatchObject({ kind: "running", mode: "confirmed", booted: { sequence: 6n } });
  });

  test("EDR 3.13: what was staged before the owner came waits as well", async () => {
    const { device } = await trusting();
    await sendRelease(device, next());
    await device.arm();
    expect(await device.own(ownerPart())).toMatchObject({ ok: true });
    expect(await device.boot()).toMatchObject({ booted: { sequence: 5n }, why: "active" });
    expect(await sendRelease(device, next())).toMatchObject({ ok: false, error: { code: "not-approved" } });
  });

  test("EDR 3.13: the owner's key is replaced by the owner's root, and the old key approves nothing", async () => {
    const { device } = await trusting(vendorPart(), ownerPart());
    const record = ownerPart([newOwnerKey], newOwnerRoot);
    const envelope = makeTrustUpdate({ part: "owner", sequence: 1n, record, signers: [ownerRoot, newOwnerRoot] });
    expect(await sendTrust(device, envelope)).toMatchObject({ ok: true, value: { part: "owner", sequence: 1n } });
    expect(device.status().trust).toMatchObject({ vendor: { sequence: 0n }, owner: { sequence: 1n } });
    expect(await sendRelease(device, next([vendorKey, ownerKey]))).toMatchObject({
      ok: false,
      error: { code: "not-approved" },
    });
    expect(await sendRelease(device, next([vendorKey, newOwnerKey]))).toMatchObject({ ok: true });
  });

  test("EDR 3.13: an owner who demands nothing any more says so with a part without approval", async () => {
    const { device } = await trusting(vendorPart(), ownerPart());
    await sendTrust(
      device,
      makeTrustUpdate({ part: "owner", sequence: 1n, record: ownerPart([]), signers: [ownerRoot] }),
    );
    expect(await sendRelease(device, next())).toMatchObject({ ok: true });
  });

  test("EDR 3.13: an owner stands in the way of no revocation: his part may name what the vendor's next one has", async () => {
    const { device } = await trusting(
      withNewKey,
      ownerPart([foreignKey]),
      makeRelease({ sequence: 5n, signers: [newVendorKey] }),
    );
    const record = vendorPart({ release: [newVendorKey, foreignKey] });
    expect(await sendTrust(device, update(1n, record))).toMatchObject({ ok: true });
    expect(await device.boot()).toMatchObject({ kind: "running" });
  });

  test("EDR 3.13: a trust update of the vendor's waits for no approval of the owner", async () => {
    const { device } = await trusting(vendorPart(), ownerPart());
    expect(await sendTrust(device, update(1n, withNewKey))).toMatchObject({ ok: true });
  });

  test("EDR 3.13: floors and the other part stay what they were", async () => {
    const { device } = await trusting(vendorPart(), ownerPart());
    const { floor, identity, trust } = device.status();
    await sendTrust(device, update(3n, withNewKey));
    expect(device.status()).toMatchObject({ floor, identity, trust: { owner: trust.owner } });
  });
});

test("CR 2.8: a refused trust update is told with its code", async () => {
  const { device, events } = await trusting();
  await sendTrust(device, update(1n, withNewKey, [rootA]));
  expect(events).toEqual<DeviceEvent[]>([
    { event: "envelope-received", size: expect.any(Number) },
    { event: "refused", refusal: { code: "threshold-not-met", role: "root", have: 1, need: 2, part: "any" } },
  ]);
});
