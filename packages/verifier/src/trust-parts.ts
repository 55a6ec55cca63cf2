import { err, ok, type Result } from "@sumac/cbor";
import { bytesToHex } from "@sumac/crypto";
import { type ComponentId, componentKey } from "@sumac/suit";
import {
  profileOf,
  type Role,
  ruleOf,
  type TrustPart,
  type TrustRecord,
  type TrustRecordRefusal,
} from "./trust-record.ts";

/** What a device believes, by whom it was put there (trust.md 5). */
export interface TrustParts {
  readonly vendor: TrustRecord;
  /** Absent: no owner has come yet. */
  readonly owner?: TrustRecord;
}

/** The component that a trust update writes. */
export const trustComponents: Readonly<Record<TrustPart, ComponentId>> = {
  vendor: trustComponent("vendor"),
  owner: trustComponent("owner"),
};

function trustComponent(part: TrustPart): ComponentId {
  return ["trust-record", part].map((segment) => new TextEncoder().encode(segment));
}

/** The part of the trust record that a component is; undefined = it is something else. */
export function trustPartOf(component: ComponentId): TrustPart | undefined {
  const key = componentKey(component);
  if (key === componentKey(trustComponents.vendor)) return "vendor";
  return key === componentKey(trustComponents.owner) ? "owner" : undefined;
}

/**
 * Whether an owner's part goes with the vendor's: no role of one name, no key in both parts, and only approval keys that
 * the vendor's profile counts, since it decides for releases. Asked when the owner's part comes or changes, never when
 * the vendor's does: else an owner could stand in the way of a revocation.
 */
export function checkOwnerPart(owner: TrustRecord, vendor: TrustRecord): Result<TrustRecord, TrustRecordRefusal> {
  const profile = profileOf(vendor);
  const vendorKeys = new Set(vendor.roles.flatMap(({ keys }) => keys.map(({ keyId }) => bytesToHex(keyId))));
  for (const role of owner.roles) {
    if (vendor.roles.some(({ name }) => name === role.name)) {
      return err({ code: "trust-duplicate-role", role: role.name });
    }
    for (const { key, keyId: id } of role.keys) {
      const keyId = bytesToHex(id);
      if (vendorKeys.has(keyId)) return err({ code: "trust-key-in-both-parts", role: role.name, keyId });
      if (role.purpose === "approval" && !ruleOf(vendor).schemes.includes(key.scheme)) {
        return err({ code: "trust-key-not-in-profile", role: role.name, keyId, profile });
      }
    }
  }
  return ok(owner);
}

/**
 * The record that releases are judged by: what the vendor's says, and the owner's approvals on top. Nothing else of the
 * owner's part counts, so that it can hold a release back and never let one through (EDR 3.13).
 */
export function releaseTrust({ vendor, owner }: TrustParts): TrustRecord {
  const ofPurpose = (record: TrustRecord | undefined, purpose: Role["purpose"]): readonly Role[] =>
    record?.roles.filter((role) => role.purpose === purpose) ?? [];
  return {
    ...vendor,
    roles: [...ofPurpose(vendor, "release"), ...ofPurpose(vendor, "approval"), ...ofPurpose(owner, "approval")],
  };
}

/**
 * The record that a boot is judged by: release roles alone. An approval is a condition of installing, like time; what
 * was installed before an owner came boots on.
 */
export const bootTrust = ({ vendor }: TrustParts): TrustRecord => ({
  ...vendor,
  roles: vendor.roles.filter(({ purpose }) => purpose === "release"),
});

/**
 * The record that an update of `part` is judged by: the root roles of that part alone, and they may write nothing else.
 * No release key, no approval and no root of the other part takes part in it. Refused: a part without a root role.
 */
export function rootTrust(record: TrustRecord, part: TrustPart): Result<TrustRecord, TrustRecordRefusal> {
  const roles = record.roles.filter(({ purpose }) => purpose === "root");
  if (roles.length === 0) return err({ code: "trust-no-root-role" });
  const components = [trustComponents[part]];
  return ok({ ...record, roles: roles.map((role) => ({ ...role, purpose: "release", components })) });
}
