import { bytesToHex, type PublicKey } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { digestOf } from "@sumac/suit";
import { trustKey } from "@sumac/verifier";
import { describe, expect, test } from "vitest";
import { foreignKey, makeRelease, vendorKey } from "../device/release.test.support.ts";
import { FlashSlots } from "../flash/flash-slots.ts";
import { MemoryFlash } from "../flash/memory-flash.ts";
import type { SlotStaging } from "../slots/slots.ts";
import { FlashState } from "../state/flash-state.ts";
import type { DeviceKey, DeviceKeyStore } from "../statement/device-key.ts";
import {
  deviceOn,
  newVendorKey,
  trustFactory,
  trustLayout,
  vendorPart,
  vendorRoots,
} from "../trust/trust.test.support.ts";
import { Unavailable } from "../unavailable.ts";
import { provisionUnit } from "./provision-unit.ts";
import { checkLot } from "./provisioning-lot.ts";
import type { ProvisioningMark } from "./provisioning-mark.ts";
import {
  type ProvisioningRecord,
  parseProvisioningRecord,
  serializeProvisioningRecord,
} from "./provisioning-record.ts";

let made = 0;
/** A platform that keeps the key to itself. */
class TestKeyStore implements DeviceKeyStore {
  #key: DeviceKey | undefined;
  readonly #next: () => PublicKey;

  constructor(next: () => PublicKey = () => ({ scheme: "ed25519", bytes: new Uint8Array(32).fill(++made) })) {
    this.#next = next;
  }

  async open(): Promise<DeviceKey | undefined> {
    return this.#key;
  }

  async generate(): Promise<DeviceKey> {
    if (this.#key !== undefined) throw new Error("there is a key");
    this.#key = { publicKey: this.#next(), sign: async () => new Uint8Array(64) };
    return this.#key;
  }
}

const release = makeRelease({ sequence: 5n });
const deviceId = (i: number) => new Uint8Array(16).fill(i);

function testMark(): ProvisioningMark {
  let serial: string | undefined;
  return {
    read: async () => serial,
    async write(given) {
      serial = given;
    },
    async clear() {
      serial = undefined;
    },
  };
}

function unitOn(flash: MemoryFlash, keys: DeviceKeyStore = new TestKeyStore()) {
  return {
    flash,
    device: deviceOn(flash),
    slots: new FlashSlots(flash, trustLayout, nodeCrypto),
    state: new FlashState(flash, trustLayout.state, nodeCrypto),
    crypto: nodeCrypto,
    keys,
    mark: testMark(),
  };
}

const blank = (keys?: DeviceKeyStore) => unitOn(new MemoryFlash(trustLayout.geometry), keys);
const factory = (i = 1, vendor = vendorPart()) => {
  const made = trustFactory(vendor, release);
  return { ...made, identity: { ...made.identity, deviceId: deviceId(i) } };
};
const unit = (serial: string) => ({ serial, time: "2026-11-22T10:00:00Z" });

const hex = (key: { publicKey: PublicKey }): string => bytesToHex(trustKey(key.publicKey, nodeCrypto).keyId);

describe("EDR 3.12: provisioning writes, reads back and says so", () => {
  test("EDR 3.12: the record says what lies in the unit", async () => {
    const parts = blank();
    const record = await provisionUnit(parts, factory(), unit("SN-1"));
    const digest = (bytes: Uint8Array) => bytesToHex(digestOf(nodeCrypto, "sha-256", bytes).bytes);
    expect(record).toMatchObject({
      serial: "SN-1",
      result: "passed",
      reason: null,
      identity: { deviceId: "01".repeat(16) },
      deviceKey: { scheme: "ed25519" },
      readBack: {
        trust: [
          {
            part: "vendor",
            digest: digest(vendorPart()),
            keys: [
              { role: "release", purpose: "release", keyId: hex(vendorKey) },
              ...vendorRoots.map((key) => ({ role: "root", purpose: "root", keyId: hex(key) })),
            ],
          },
        ],
        release: {
          sequence: "5",
          images: [{ digest: `sha-256:${digest(release.image)}`, size: release.image.length }],
        },
        recovery: null,
      },
    });
    expect(record.readBack).toEqual(record.written);
    expect(await parts.device.boot()).toMatchObject({ kind: "running" });
  });

  test("EDR 3.12: the record is a JSON document of its form, and reads back", async () => {
    const record = await provisionUnit(blank(), factory(), unit("SN-1"));
    const text = serializeProvisioningRecord(record);
    expect(parseProvisioningRecord(text)).toEqual({ ok: true, value: record });
  });

  test("EDR 3.12: the read-back digest equals the record for all of a lot, and no two share a device key (CR 1.2 RE 1)", async () => {
    const lot: ProvisioningRecord[] = [];
    for (let i = 1; i <= 40; i++) lot.push(await provisionUnit(blank(), factory(i), unit(`SN-${i}`)));
    expect(lot.map(({ result }) => result)).toEqual(Array(40).fill("passed"));
    for (const { readBack, written } of lot) expect(readBack).toEqual(written);
    expect(checkLot(lot)).toEqual([]);
    expect(new Set(lot.map(({ deviceKey }) => deviceKey?.keyId)).size).toBe(40);
  });

  test("EDR 3.12: a unit whose record was lost to a kill is read back and recorded, with the same factory and number only", async () => {
    const parts = blank();
    const first = await provisionUnit(parts, factory(), unit("SN-1"));
    const before = parts.flash.snapshot();
    const others: [string, Parameters<typeof provisionUnit>[1], string][] = [
      ["another number", factory(), "SN-2"],
      ["another identity", factory(2), "SN-1"],
      ["another trust record", factory(1, vendorPart({ release: [foreignKey] })), "SN-1"],
      ["another release", { ...factory(), envelope: makeRelease({ sequence: 6n }).envelope }, "SN-1"],
    ];
    for (const [what, made, serial] of others) {
      const refused = await provisionUnit(parts, made, unit(serial));
      expect(refused, what).toMatchObject({ result: "failed", reason: "already-provisioned" });
    }
    expect(await provisionUnit(parts, factory(), unit("SN-1"))).toEqual(first);
    expect(parts.flash.snapshot()).toEqual(before);
    await parts.device.boot();
    await parts.device.setTime(1_900_000_000n);
    const used = await provisionUnit(parts, factory(), unit("SN-1"));
    expect(used).toMatchObject({ result: "failed", reason: "already-provisioned" });
  });

  test("EDR 3.12: a unit whose record is safe gets no second one; one that was damaged since then fails", async () => {
    const parts = blank();
    await provisionUnit(parts, factory(), unit("SN-1"));
    const { state: _state, ...slotA } = (await parts.slots.inspect("a")) as SlotStaging & { state: "sealed" };
    const writer = await parts.slots.begin("a", slotA);
    await writer.write(
      0,
      0,
      release.image.map((byte) => byte ^ 1),
    );
    await writer.seal();
    const damaged = await provisionUnit(parts, factory(), unit("SN-1"));
    expect(damaged).toMatchObject({ result: "failed", reason: "slot-readback-mismatch", readBack: null });
    await parts.mark.clear();
    const refused = await provisionUnit(parts, factory(), unit("SN-1"));
    expect(refused).toMatchObject({ result: "failed", reason: "already-provisioned" });
  });

  test("EDR 3.12: overwriting without authority fails, and leaves state, slots and key alone", async () => {
    const parts = blank();
    await provisionUnit(parts, factory(), unit("SN-1"));
    const before = parts.flash.snapshot();
    const key = await parts.keys.open();
    const evil = factory(9, vendorPart({ release: [vendorKey, foreignKey], root: [foreignKey], rootThreshold: 1 }));
    expect(await provisionUnit(parts, evil, unit("SN-1"))).toMatchObject({
      result: "failed",
      reason: "already-provisioned",
      written: null,
      readBack: null,
    });
    expect(parts.flash.snapshot()).toEqual(before);
    expect(await parts.keys.open()).toBe(key);
  });

  test("EDR 3.12: a unit with damaged state is not provisioned over, nor given a new key", async () => {
    const parts = blank();
    await provisionUnit(parts, factory(), unit("SN-1"));
    const { offset, bankSize } = trustLayout.state;
    const damaged = parts.flash.snapshot().fill(0, offset, offset + 2 * bankSize);
    const keys = new TestKeyStore();
    const again = unitOn(new MemoryFlash(trustLayout.geometry, damaged), keys);
    expect(await provisionUnit(again, factory(), unit("SN-1"))).toMatchObject({
      result: "failed",
      reason: "state-unusable",
      deviceKey: null,
    });
    expect(await keys.open()).toBeUndefined();
  });

  test("EDR 3.12: a unit that was cut short is finished with the key that it has", async () => {
    const keys = new TestKeyStore();
    const key = await keys.generate();
    const record = await provisionUnit(blank(keys), factory(), unit("SN-1"));
    expect(record).toMatchObject({ result: "passed", deviceKey: { keyId: hex(key) } });
  });

  test("EDR 3.12: a unit that was cut in the middle of the image begins it anew: the factory's stream does", async () => {
    const parts = blank();
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield release.image.subarray(0, 512);
      throw new Unavailable("link-lost", { retryable: true });
    }
    await expect(provisionUnit(parts, { ...factory(), fetch: broken }, unit("SN-1"))).rejects.toThrow("link-lost");
    let asked = 0;
    const fetch = (): AsyncGenerator<Uint8Array> => {
      asked++;
      return one(release.image);
    };
    expect(await provisionUnit(parts, { ...factory(), fetch }, unit("SN-1"))).toMatchObject({ result: "passed" });
    expect(asked).toBe(1);
  });

  test.each([
    ["a trust record that cannot be used", { trustRecord: Uint8Array.of(0) }, "trust-record-refused"],
    [
      "a release by a stranger",
      { envelope: makeRelease({ sequence: 5n, signers: [foreignKey] }).envelope },
      "signer-unknown",
    ],
    ["another image", { fetch: () => one(release.image.with(0, 1)) }, "image-digest-mismatch"],
  ])("EDR 3.12: refused and recorded: %s", async (_name, over, reason) => {
    const record = await provisionUnit(blank(), { ...factory(), ...over }, unit("SN-1"));
    expect(record).toMatchObject({ result: "failed", reason, written: null });
    expect(parseProvisioningRecord(serializeProvisioningRecord(record)).ok).toBe(true);
  });

  test("EDR 3.12: what was written and does not lie there is a failed unit", async () => {
    const parts = blank();
    const { state } = parts;
    const forgetful = {
      ...parts,
      state: {
        capacity: state.capacity,
        write: (next: Parameters<FlashState["write"]>[0]) => state.write(next),
        read: async () => {
          const reading = await state.read();
          if (reading.kind !== "present") return reading;
          const record = vendorPart({ release: [vendorKey, newVendorKey] });
          return { ...reading, state: { ...reading.state, trust: { vendor: { record, sequence: 0n } } } };
        },
      },
    };
    const record = await provisionUnit(forgetful, factory(), unit("SN-1"));
    expect(record).toMatchObject({ result: "failed", reason: "read-back-differs" });
    expect(checkLot([record])).toEqual([{ code: "unit-failed", serials: ["SN-1"] }]);
  });
});

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

describe("checkLot", () => {
  const sample = async (): Promise<ProvisioningRecord> => provisionUnit(blank(), factory(1), unit("SN-1"));

  test("CR 1.2 RE 1: finds two units with one device key", async () => {
    const same: PublicKey = { scheme: "ed25519", bytes: new Uint8Array(32).fill(0xee) };
    const lot: ProvisioningRecord[] = [];
    for (const i of [1, 2, 3]) {
      const keys = new TestKeyStore(i === 2 ? undefined : () => same);
      lot.push(await provisionUnit(blank(keys), factory(i), unit(`SN-${i}`)));
    }
    const keyId = bytesToHex(trustKey(same, nodeCrypto).keyId);
    expect(checkLot(lot)).toEqual([{ code: "device-key-shared", keyId, serials: ["SN-1", "SN-3"] }]);
  });

  test("finds what else is wrong", async () => {
    const good = await sample();
    const other = { ...good, serial: "SN-2", deviceKey: null };
    expect(checkLot([good, other]).map(({ code }) => code)).toEqual(["device-id-shared", "device-key-missing"]);
    const altered = { ...good, readBack: good.readBack && { ...good.readBack, trust: [] } };
    expect(checkLot([altered])).toEqual([{ code: "read-back-differs", serials: ["SN-1"] }]);
    expect(checkLot([good, good]).map(({ code }) => code)).toContain("serial-repeated");
    const failed: ProvisioningRecord = { ...good, result: "failed", reason: "storage-failed" };
    expect(checkLot([failed])).toEqual([{ code: "unit-failed", serials: ["SN-1"] }]);
    expect(checkLot([failed, good])).toEqual([]);
  });
});

describe("parseProvisioningRecord", () => {
  test("refuses a document with any member missing, of another type, or too many", async () => {
    const record = await provisionUnit(blank(), factory(), unit("SN-1"));
    let tried = 0;
    const spoil = (change: (holder: Record<string, unknown>, name: string) => void): void => {
      const walk = (path: readonly string[], value: unknown): void => {
        if (typeof value !== "object" || value === null) return;
        for (const name of Object.keys(value)) {
          const copy = structuredClone(record) as unknown as Record<string, unknown>;
          const holder = path.reduce<Record<string, unknown>>((at, step) => at[step] as Record<string, unknown>, copy);
          change(holder, name);
          expect(parseProvisioningRecord(JSON.stringify(copy)), [...path, name].join(".")).toMatchObject({
            ok: false,
            error: { code: "provisioning-record-malformed", path: expect.stringContaining(path.join(".")) },
          });
          tried++;
          walk([...path, name], (value as Record<string, unknown>)[name]);
        }
      };
      walk([], record);
    };
    spoil((holder, name) => {
      holder[name] = { strange: true };
    });
    spoil((holder, name) => {
      if (Array.isArray(holder)) holder[Number(name)] = 7.5;
      else delete holder[name];
    });
    spoil((holder, name) => {
      if (Array.isArray(holder)) holder[Number(name)] = [];
      else holder[`${name}-2`] = holder[name];
    });
    expect(tried).toBeGreaterThan(150);
  });

  test.each(["", "{", "[]", "null", "7"])("refuses %j", (text) => {
    expect(parseProvisioningRecord(text).ok).toBe(false);
  });
});
