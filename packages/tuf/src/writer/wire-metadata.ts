import { asArray, asObject } from "../json-fields.ts";
import type { JsonValue, PlainJson } from "../json-value.ts";
import type { TopLevelRole } from "../role-name.ts";
import type { TufKeyObject } from "../tuf-key.ts";

/** The `signed` part of metadata in the form it is written: what a change starts from and what signers see. */
export type WireMetadata = WireRoot | WireTargets | WireSnapshot | WireTimestamp;

/** Readers take any 1.x; this one is what other clients were made for. */
export const specVersion = "1.0.31";

export type WireRole = { readonly keyids: readonly string[]; readonly threshold: number };

export type WireRoot = {
  readonly _type: "root";
  readonly consistent_snapshot: true;
  readonly expires: string;
  readonly keys: Readonly<Record<string, TufKeyObject>>;
  readonly roles: Readonly<Record<TopLevelRole, WireRole>>;
  readonly spec_version: string;
  /** Ours: which of a vendor's two trees this root is of. */
  readonly tree?: "online" | "offline";
  readonly version: number;
};

export type WireTargets = {
  readonly _type: "targets";
  readonly delegations?: WireDelegations;
  readonly expires: string;
  readonly spec_version: string;
  readonly targets: Readonly<Record<string, WireTarget>>;
  readonly version: number;
};

export type WireDelegations = {
  readonly keys: Readonly<Record<string, TufKeyObject>>;
  readonly roles: readonly WireDelegation[];
};

export type WireDelegation = {
  readonly keyids: readonly string[];
  readonly name: string;
  readonly paths: readonly string[];
  readonly terminating: boolean;
  readonly threshold: number;
};

export type WireTarget = {
  readonly custom?: { readonly [member: string]: PlainJson };
  readonly hashes: { readonly sha256: string };
  readonly length: number;
};

export type WireFile = {
  readonly hashes?: { readonly sha256: string };
  readonly length?: number;
  readonly version: number;
};

export type WireSnapshot = {
  readonly _type: "snapshot";
  readonly expires: string;
  readonly meta: Readonly<Record<string, WireFile>>;
  readonly spec_version: string;
  readonly version: number;
};

export type WireTimestamp = {
  readonly _type: "timestamp";
  readonly expires: string;
  /** Ours: when it was signed. A client without a clock learns a lower bound of the time from it. */
  readonly issued?: string;
  readonly meta: { readonly "snapshot.json": WireFile };
  readonly spec_version: string;
  readonly tree?: "online" | "offline";
  readonly version: number;
};

/** A received value as plain data. Own properties only: `__proto__` is a member like any other. */
export function plainJson(value: JsonValue): PlainJson {
  switch (value.kind) {
    case "object":
      return Object.fromEntries(Array.from(value.members, ([key, member]) => [key, plainJson(member)]));
    case "array":
      return value.items.map(plainJson);
    case "null":
      return null;
    default:
      return value.value;
  }
}

/** The signature entries of a received file: id to hex. */
export function signatureEntries(file: JsonValue): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const entries = asObject(file, "").members.get("signatures");
  for (const entry of entries === undefined ? [] : asArray(entries, "signatures").items) {
    const members = asObject(entry, "signatures").members;
    const id = members.get("keyid");
    const sig = members.get("sig");
    if (id?.kind === "string" && sig?.kind === "string") found.set(id.value, sig.value);
  }
  return found;
}
