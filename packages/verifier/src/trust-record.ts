import { type CborItem, decode, encode, err, type Malformed, malformed, ok, type Result } from "@sumac/cbor";
import { keyId as computeKeyId } from "@sumac/cose";
import {
  bytesToHex,
  type Crypto,
  canVerify,
  equalBytes,
  type PublicKey,
  type SignatureScheme,
  schemeForms,
} from "@sumac/crypto";
import { type ComponentId, componentKey } from "@sumac/suit";
import { profileRules } from "./every-profile.ts";
import { isInPart, type KeyPart, type Profile, type ProfileRule, partsOf } from "./profile.ts";

/**
 * What a device believes (trust.md 1): who may release which component, whose approval it waits for, by which
 * cryptography, and which deprecated algorithm ids it still accepts. Provisioned at the factory (EDR 3.12) and on site
 * (EDR 3.13).
 */
export interface TrustRecord {
  /** Absent = `classic`. A record with ML-DSA keys has to name another profile: see `checkTrustRecord`. */
  readonly profile?: Profile;
  readonly roles: readonly Role[];
  /** COSE ids such as -7 (ES256) and -8 (EdDSA). Empty = only the current, fully specified ids. */
  readonly legacyAlgorithms: readonly number[];
}

/**
 * `release` roles say what may run; at least one must have signed, and each component needs one that may write it.
 * `approval` roles (the plant) are all demanded on top: they can hold an update back, never let one through. `root`
 * roles replace the record they stand in (`rootTrust`) and have no say in releases.
 */
export interface Role {
  readonly name: string;
  readonly purpose: "release" | "approval" | "root";
  /** How many distinct keys of this role must have signed; 1 to the number of keys. */
  readonly threshold: number;
  readonly keys: readonly TrustedKey[];
  readonly components: "any" | readonly ComponentId[];
}

export interface TrustedKey {
  /** SHA-256 over the TUF key object; also the COSE kid. */
  readonly keyId: Uint8Array;
  readonly key: PublicKey;
}

/** Whose record it is: the vendor's, from the factory (EDR 3.12), or the owner's, from the site (EDR 3.13). */
export type TrustPart = "vendor" | "owner";

/** Well-formed bytes, but a record that nobody should act on. */
export type TrustRecordRefusal =
  | Malformed
  | {
      readonly code: "trust-threshold";
      readonly role: string;
      readonly threshold: number;
      /** Keys of `part` in the role: too few. */
      readonly keys: number;
      readonly part: KeyPart;
    }
  | {
      readonly code: "trust-key-not-in-profile";
      readonly role: string;
      readonly keyId: string;
      readonly profile: Profile;
    }
  /** This device cannot check such signatures: it would refuse every update. */
  | { readonly code: "trust-scheme-unsupported"; readonly role: string; readonly scheme: SignatureScheme }
  | { readonly code: "trust-duplicate-key"; readonly role: string; readonly keyId: string }
  | { readonly code: "trust-duplicate-role"; readonly role: string }
  | { readonly code: "trust-no-release-role" }
  /** The owner can hold releases back; who may make them is the vendor's to say. */
  | { readonly code: "trust-owner-release-role"; readonly role: string }
  /** Nobody could ever replace it. */
  | { readonly code: "trust-no-root-role" }
  /** One signature would stand for both sides (CR 2.1 RE 4). */
  | { readonly code: "trust-key-in-both-parts"; readonly role: string; readonly keyId: string };

const schemeLabel: Readonly<Record<SignatureScheme, number>> = {
  ed25519: 1,
  "ecdsa-p256-sha256": 2,
  "ecdsa-p384-sha384": 3,
  "ml-dsa-65": 4,
  "ml-dsa-87": 5,
};
const purposeLabel = { release: 1, approval: 2, root: 3 } as const;
const profileLabel: Readonly<Record<Profile, number>> = { classic: 1, hybrid: 2, cnsa2: 3 };

export const profileOf = (record: TrustRecord): Profile => record.profile ?? "classic";

/** What the record's profile demands of signatures and digests. */
export const ruleOf = (record: TrustRecord): ProfileRule => profileRules[profileOf(record)];

/** Puts a key under the id that is computed from it: nobody can give one key two ids (trust.md 1). */
export const trustKey = (key: PublicKey, crypto: Crypto): TrustedKey => ({ keyId: computeKeyId(key, crypto), key });

/**
 * Refuses thresholds that cannot be met or mean nothing (in the hybrid profile: by each kind of key), the same key
 * material twice in a role, two roles of one name, and a key that the profile never counts: such a record says
 * something else than its author meant, for instance ML-DSA keys beside a profile that nobody set. A vendor's part needs
 * a release role; an owner's has none, and needs a root role, since nobody else could ever replace it.
 */
export function checkTrustRecord(
  record: TrustRecord,
  part: TrustPart = "vendor",
): Result<TrustRecord, TrustRecordRefusal> {
  const names = new Set<string>();
  for (const role of record.roles) {
    if (names.has(role.name)) return err({ code: "trust-duplicate-role", role: role.name });
    names.add(role.name);
    const refusal = checkKeys(role, ruleOf(record)) ?? checkThreshold(role, ruleOf(record));
    if (refusal !== undefined) return err(refusal);
  }
  const release = record.roles.find(({ purpose }) => purpose === "release");
  if (part === "vendor") return release === undefined ? err({ code: "trust-no-release-role" }) : ok(record);
  if (release !== undefined) return err({ code: "trust-owner-release-role", role: release.name });
  return record.roles.some(({ purpose }) => purpose === "root") ? ok(record) : err({ code: "trust-no-root-role" });
}

function checkKeys({ name, keys }: Role, rule: ProfileRule): TrustRecordRefusal | undefined {
  const distinct = new Set<string>();
  for (const { key, keyId } of keys) {
    const material = `${key.scheme} ${bytesToHex(key.bytes)}`;
    if (distinct.has(material)) return { code: "trust-duplicate-key", role: name, keyId: bytesToHex(keyId) };
    distinct.add(material);
    if (!rule.schemes.includes(key.scheme)) {
      return { code: "trust-key-not-in-profile", role: name, keyId: bytesToHex(keyId), profile: rule.name };
    }
  }
  return undefined;
}

function checkThreshold({ name, purpose, threshold, keys }: Role, rule: ProfileRule): TrustRecordRefusal | undefined {
  for (const part of partsOf(rule, purpose)) {
    const count = keys.filter(({ key }) => isInPart(key.scheme, part)).length;
    if (!Number.isInteger(threshold) || threshold < 1 || threshold > count) {
      return { code: "trust-threshold", role: name, threshold, keys: count, part };
    }
  }
  return undefined;
}

/**
 * Wire form, deterministic CBOR: [2, profile, [* [name, purpose, threshold, [* [scheme, key bytes]], null /
 * [* component id]]], [* legacy algorithm id]]. Key ids are not carried: the reader computes them.
 */
export function serializeTrustRecord(record: TrustRecord): Uint8Array {
  return encode([
    2,
    profileLabel[profileOf(record)],
    record.roles.map((role) => [
      role.name,
      purposeLabel[role.purpose],
      role.threshold,
      role.keys.map(({ key }) => [schemeLabel[key.scheme], key.bytes]),
      role.components === "any" ? null : role.components.map((id) => [...id]),
    ]),
    [...record.legacyAlgorithms],
  ]);
}

/**
 * Reads a trust record from bytes that are already believed (factory, or a signed trust update); limit 64 roles and
 * keys. Version 1, [1, roles, legacy algorithms], had no profile and is read as `classic`, which is what it meant.
 */
export function parseTrustRecord(
  bytes: Uint8Array,
  crypto: Crypto,
  part: TrustPart = "vendor",
): Result<TrustRecord, TrustRecordRefusal> {
  const decoded = decode(bytes, { field: "trust-record" });
  if (!decoded.ok) return decoded;
  try {
    const record = readRecord(decoded.value, crypto);
    const foreign = unsupportedKey(record, crypto);
    return foreign === undefined ? checkTrustRecord(record, part) : err(foreign);
  } catch (refusal) {
    if (isMalformed(refusal)) return err(refusal);
    throw refusal;
  }
}

function readRecord(item: CborItem, crypto: Crypto): TrustRecord {
  const [version] = list(item, "trust-record");
  if (version === undefined) throw malformed("wrong-length", "trust-record.trust-record", item.offset);
  const number = integer(version, "version");
  if (number !== 1 && number !== 2) throw malformed("wrong-value", "trust-record.version", version.offset);
  if (number === 1) {
    const [, roles, legacy] = tuple(item, 3, "trust-record");
    return { profile: "classic", ...readRoles(roles, legacy, crypto) };
  }
  const [, profile, roles, legacy] = tuple(item, 4, "trust-record");
  return { profile: readName(profile, profileLabel, "profile"), ...readRoles(roles, legacy, crypto) };
}

const readRoles = (roles: CborItem, legacy: CborItem, crypto: Crypto): Omit<TrustRecord, "profile"> => ({
  roles: list(roles, "roles").map((role) => parseRole(role, crypto)),
  legacyAlgorithms: list(legacy, "legacy-algorithms").map((id) => integer(id, "legacy-algorithms")),
});

function unsupportedKey({ roles }: TrustRecord, crypto: Crypto): TrustRecordRefusal | undefined {
  for (const role of roles) {
    const found = role.keys.find(({ key }) => !canVerify(crypto, key.scheme));
    if (found !== undefined) return { code: "trust-scheme-unsupported", role: role.name, scheme: found.key.scheme };
  }
  return undefined;
}

function parseRole(item: CborItem, crypto: Crypto): Role {
  const [name, purpose, threshold, keys, components] = tuple(item, 5, "role");
  if (name.kind !== "text") throw malformed("wrong-type", "trust-record.role.name", name.offset);
  return {
    name: name.value,
    purpose: readName(purpose, purposeLabel, "role.purpose"),
    threshold: integer(threshold, "threshold"),
    keys: list(keys, "keys").map((key) => trustKey(parseKey(key), crypto)),
    components:
      components.kind === "simple" && components.value === null
        ? "any"
        : list(components, "components").map((id) =>
            list(id, "component").map((segment) => bytesOf(segment, "component")),
          ),
  };
}

function parseKey(item: CborItem): PublicKey {
  const [label, bytes] = tuple(item, 2, "key");
  const scheme = readName(label, schemeLabel, "role.key");
  const key = bytesOf(bytes, "key");
  if (key.length === schemeForms[scheme].keyLength) return { scheme, bytes: key };
  throw malformed("wrong-value", "trust-record.role.key", item.offset);
}

/** The name that a table of labels gives to a number. */
function readName<Name extends string>(item: CborItem, labels: Readonly<Record<Name, number>>, field: string): Name {
  const label = integer(item, field);
  for (const name in labels) if (labels[name] === label) return name;
  throw malformed("wrong-value", `trust-record.${field}`, item.offset);
}

function tuple(item: CborItem | undefined, length: 2, field: string): [CborItem, CborItem];
function tuple(item: CborItem | undefined, length: 3, field: string): [CborItem, CborItem, CborItem];
function tuple(item: CborItem | undefined, length: 4, field: string): [CborItem, CborItem, CborItem, CborItem];
function tuple(
  item: CborItem | undefined,
  length: 5,
  field: string,
): [CborItem, CborItem, CborItem, CborItem, CborItem];
function tuple(item: CborItem | undefined, length: number, field: string): CborItem[] {
  const items = list(item, field);
  if (items.length !== length) throw malformed("wrong-length", `trust-record.${field}`, item?.offset ?? 0);
  return items;
}

function list(item: CborItem | undefined, field: string): CborItem[] {
  if (item?.kind !== "array") throw malformed("wrong-type", `trust-record.${field}`, item?.offset ?? 0);
  if (item.items.length > 64) throw malformed("wrong-length", `trust-record.${field}`, item.offset);
  return [...item.items];
}

function integer(item: CborItem, field: string): number {
  if (item.kind !== "integer" || typeof item.value !== "number") {
    throw malformed("wrong-type", `trust-record.${field}`, item.offset);
  }
  return item.value;
}

function bytesOf(item: CborItem, field: string): Uint8Array {
  if (item.kind !== "bytes") throw malformed("wrong-type", `trust-record.${field}`, item.offset);
  return item.value;
}

function isMalformed(thrown: unknown): thrown is Malformed {
  return typeof thrown === "object" && thrown !== null && (thrown as { code?: unknown }).code === "malformed";
}

/** Whether a role may write a component. */
export function mayWrite(role: Role, component: ComponentId): boolean {
  if (role.components === "any") return true;
  const wanted = componentKey(component);
  return role.components.some((id) => componentKey(id) === wanted);
}

/** The trusted key with this id, in any role. */
export function findKey(record: TrustRecord, keyId: Uint8Array): TrustedKey | undefined {
  for (const role of record.roles) {
    const found = role.keys.find((key) => equalBytes(key.keyId, keyId));
    if (found !== undefined) return found;
  }
  return undefined;
}
