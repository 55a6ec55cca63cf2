import { bytesToHex, type Crypto } from "@sumac/crypto";
import { componentKey, formatUuid } from "@sumac/suit";
import { profileOf, type Role, type TrustPart } from "@sumac/verifier";
import { componentName } from "../device/component-name.ts";
import type { DeviceStatus } from "../device/device.ts";
import type { Policy } from "../operator/policy.ts";
import { sha256 } from "../sha256.ts";
import type { Floor, StoredTrustPart } from "../state/state.ts";
import { parseTrustPart } from "../trust/trust-in-force.ts";

/**
 * What a device is, runs, believes and is set to (CR 7.6, CR 7.8), as plain JSON. Nothing in it changes by itself: two
 * inventories of one device differ in what was changed between them, and nowhere else.
 */
export interface Inventory {
  readonly inventory: 1;
  readonly device: string;
  /** Lower-case hex key id; null = the device has no key. */
  readonly deviceKeyId: string | null;
  readonly identity: {
    readonly vendorIds: readonly string[];
    readonly classIds: readonly string[];
    readonly deviceId: string | null;
  };
  readonly components: readonly InventoryComponent[];
  /** What runs now. */
  readonly running: {
    readonly slot: string;
    readonly mode: string;
    readonly sequence: string;
    readonly manifestDigest: string;
  };
  /** The security version: nothing below it runs. Numbers are decimal strings, because they may be larger than 2^53. */
  readonly floors: { readonly release: InventoryFloor; readonly recovery: InventoryFloor | null };
  readonly trust: { readonly vendor: InventoryTrust; readonly owner: InventoryTrust | null };
  readonly policy: Policy;
}

export interface InventoryComponent {
  /** Text where all segments are printable, else hex; segments joined by `/`. */
  readonly component: string;
  /** Hex segments joined by `/`: never two components of one name. */
  readonly componentId: string;
  readonly version: string | null;
  readonly digest: { readonly algorithm: string; readonly value: string };
  readonly size: number;
}

export interface InventoryFloor {
  readonly sequence: string;
  readonly manifestDigest: string;
}

export interface InventoryTrust {
  readonly digest: string;
  readonly sequence: string;
  readonly profile: string;
  readonly legacyAlgorithms: readonly number[];
  readonly roles: readonly {
    readonly name: string;
    readonly purpose: string;
    readonly threshold: number;
    readonly keyIds: readonly string[];
    readonly components: "any" | readonly string[];
  }[];
}

export interface InventoryInput {
  /** What people call the device. */
  readonly device: string;
  readonly deviceKeyId?: Uint8Array;
  readonly status: DeviceStatus;
  readonly policy: Policy;
  readonly crypto: Crypto;
}

export function takeInventory({ device, deviceKeyId, status, policy, crypto }: InventoryInput): Inventory {
  const { running, mode, identity, floor, recovery, trust } = status;
  return {
    inventory: 1,
    device,
    deviceKeyId: deviceKeyId === undefined ? null : bytesToHex(deviceKeyId),
    identity: {
      vendorIds: identity.vendorIds.map(formatUuid),
      classIds: identity.classIds.map(formatUuid),
      deviceId: identity.deviceId === undefined ? null : formatUuid(identity.deviceId),
    },
    components: running.images.map(({ component, digest, size }) => ({
      component: componentName(component),
      componentId: componentKey(component),
      version: running.version ?? null,
      digest: { algorithm: digest.algorithm, value: bytesToHex(digest.bytes) },
      size,
    })),
    running: {
      slot: running.slot,
      mode,
      sequence: String(running.sequence),
      manifestDigest: bytesToHex(running.manifestDigest),
    },
    floors: { release: floorOf(floor), recovery: recovery === undefined ? null : floorOf(recovery) },
    trust: {
      vendor: trustOf("vendor", trust.vendor, crypto),
      owner: trust.owner === undefined ? null : trustOf("owner", trust.owner, crypto),
    },
    policy: Object.fromEntries(Object.entries(policy).sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

const floorOf = ({ sequence, manifestDigest }: Floor): InventoryFloor => ({
  sequence: String(sequence),
  manifestDigest: bytesToHex(manifestDigest),
});

function trustOf(part: TrustPart, { record, sequence }: StoredTrustPart, crypto: Crypto): InventoryTrust {
  const parsed = parseTrustPart(part, record, crypto);
  if (!parsed.ok) throw new Error(`a running device has a sound trust record, not ${parsed.error.problem.code}`);
  const { roles, legacyAlgorithms } = parsed.value;
  return {
    digest: bytesToHex(sha256(crypto, record)),
    sequence: String(sequence),
    profile: profileOf(parsed.value),
    legacyAlgorithms: [...legacyAlgorithms],
    roles: roles.map(({ name, purpose, threshold, keys, components }: Role) => ({
      name,
      purpose,
      threshold,
      keyIds: keys.map(({ keyId }) => bytesToHex(keyId)),
      components: components === "any" ? "any" : components.map(componentKey),
    })),
  };
}
