import { bytesToHex, type Crypto } from "@sumac/crypto";
import { componentKey } from "@sumac/suit";
import { releaseTrust, type TrustPart, type TrustParts, trustKey } from "@sumac/verifier";
import type { Device } from "../device/device.ts";
import { sha256 } from "../sha256.ts";
import { checkSlot, type SlotImage, type SlotProblem } from "../slots/slot-check.ts";
import type { Slots } from "../slots/slots.ts";
import type { StoredTrust } from "../state/state.ts";
import type { StateStore } from "../state/state-store.ts";
import type { DeviceKey, DeviceKeyStore } from "../statement/device-key.ts";
import { trustInForce } from "../trust/trust-in-force.ts";
import { isAsProvisioned } from "./as-provisioned.ts";
import type { Factory } from "./provision.ts";
import type { ProvisioningMark } from "./provisioning-mark.ts";
import type {
  ProvisionedContent,
  ProvisionedRelease,
  ProvisionedTrust,
  ProvisioningRecord,
} from "./provisioning-record.ts";

export interface UnitParts {
  readonly device: Pick<Device, "provision">;
  /** Those of the device: what is read back is read past it. */
  readonly slots: Slots;
  readonly state: StateStore;
  readonly crypto: Crypto;
  readonly keys: DeviceKeyStore;
  /** Cleared by whoever keeps the record, when that is safe. */
  readonly mark: ProvisioningMark;
}

export interface Unit {
  /** As it stands on the unit. */
  readonly serial: string;
  /** UTC, `2026-11-22T10:00:00Z`. */
  readonly time: string;
}

/**
 * Provisions one unit, reads back what lies in it, and says both (EDR 3.12). The key is made first and kept: a unit that
 * was cut short is finished with the key that it has: also where only its record is missing, if serial number and factory are
 * those of the first time and the unit has done nothing since. Any other that is provisioned already is left alone, key and all.
 */
export async function provisionUnit(parts: UnitParts, factory: Factory, unit: Unit): Promise<ProvisioningRecord> {
  const { device, slots, state, crypto, keys, mark } = parts;
  const reading = await state.read();
  const inUse = reading.kind !== "blank";
  const key = (await keys.open()) ?? (inUse ? undefined : await keys.generate());
  const base = recordBase(unit, factory, key, crypto);
  if (!inUse) await mark.write(unit.serial);
  if (reading.kind === "present" && key !== undefined && (await mark.read()) === unit.serial) {
    if (await isAsProvisioned(slots, reading.state, factory)) return recordOf(base, await readBack(parts), undefined);
  }
  const provisioned = await device.provision(factory);
  if (!provisioned.ok) {
    return { ...base, result: "failed", reason: provisioned.error.code, written: null, readBack: null };
  }
  const { image, recovery } = provisioned.value;
  const stored: StoredTrust = { vendor: { record: factory.trustRecord, sequence: 0n } };
  const written = content(stored, image, recovery, crypto);
  return recordOf(base, await readBack(parts), written);
}

type RecordBase = Omit<ProvisioningRecord, "result" | "reason" | "written" | "readBack">;

/** `written` undefined: in an earlier run, and the trust record and manifests that lie there are those of this one. */
function recordOf(
  base: RecordBase,
  back: Awaited<ReturnType<typeof readBack>>,
  meant: ProvisionedContent | undefined,
): ProvisioningRecord {
  if ("code" in back) return { ...base, result: "failed", reason: back.code, written: meant ?? null, readBack: null };
  const written = meant ?? back;
  const same = JSON.stringify(back) === JSON.stringify(written);
  return {
    ...base,
    result: same ? "passed" : "failed",
    reason: same ? null : "read-back-differs",
    written,
    readBack: back,
  };
}

function recordBase(
  { serial, time }: Unit,
  { identity }: Factory,
  key: DeviceKey | undefined,
  crypto: Crypto,
): RecordBase {
  return {
    record: "sumac-provisioning",
    version: 1,
    serial,
    time,
    identity: {
      vendorIds: identity.vendorIds.map(bytesToHex),
      classIds: identity.classIds.map(bytesToHex),
      deviceId: identity.deviceId === undefined ? null : bytesToHex(identity.deviceId),
    },
    deviceKey:
      key === undefined
        ? null
        : {
            keyId: bytesToHex(trustKey(key.publicKey, crypto).keyId),
            scheme: key.publicKey.scheme,
            publicKey: bytesToHex(key.publicKey.bytes),
          },
  };
}

/** From the storage, with every digest computed anew. */
async function readBack({
  slots,
  state,
  crypto,
}: UnitParts): Promise<
  ProvisionedContent | SlotProblem | { readonly code: "state-unreadable" | "trust-record-refused" }
> {
  const reading = await state.read();
  if (reading.kind !== "present") return { code: "state-unreadable" };
  const { trust: stored, identity, boot, floor, recovery } = reading.state;
  const trust = trustInForce(stored, crypto);
  if (!trust.ok) return trust.error;
  const judge = { crypto, trust: releaseTrust(trust.value), identity };
  const image = await checkSlot(slots, boot.active, { ...judge, floor });
  if (!image.ok) return image.error;
  if (recovery === undefined) return content(stored, image.value, undefined, crypto);
  const spare = await checkSlot(slots, "recovery", { ...judge, floor: recovery });
  return spare.ok ? content(stored, image.value, spare.value, crypto) : spare.error;
}

function content(
  stored: StoredTrust,
  image: SlotImage,
  recovery: SlotImage | undefined,
  crypto: Crypto,
): ProvisionedContent {
  const parts = trustInForce(stored, crypto);
  if (!parts.ok) throw new Error("what was provisioned was parsed before");
  return {
    trust: (["vendor", "owner"] as const).flatMap((part) => trustOf(part, stored, parts.value, crypto)),
    release: releaseOf(image),
    recovery: recovery === undefined ? null : releaseOf(recovery),
  };
}

function trustOf(part: TrustPart, stored: StoredTrust, parts: TrustParts, crypto: Crypto): ProvisionedTrust[] {
  const [bytes, record] = [stored[part]?.record, parts[part]];
  if (bytes === undefined || record === undefined) return [];
  return [
    {
      part,
      digest: bytesToHex(sha256(crypto, bytes)),
      keys: record.roles.flatMap(({ name, purpose, keys }) =>
        keys.map(({ keyId }) => ({ role: name, purpose, keyId: bytesToHex(keyId) })),
      ),
    },
  ];
}

const releaseOf = ({ sequence, manifestDigest, images }: SlotImage): ProvisionedRelease => ({
  sequence: `${sequence}`,
  manifestDigest: bytesToHex(manifestDigest),
  images: images.map(({ component, digest, size }) => ({
    component: componentKey(component),
    digest: `${digest.algorithm}:${bytesToHex(digest.bytes)}`,
    size,
  })),
});
