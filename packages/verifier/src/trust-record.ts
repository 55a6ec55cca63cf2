import { type CborItem, decode, encode, err, type Malformed, malformed, ok, type Result } from "@sumac/cbor";
import { keyId as computeKeyId } from "@sumac/cose";
import { bytesToHex, type Crypto, equalBytes, type PublicKey, type SignatureScheme } from "@sumac/crypto";
import { type ComponentId, componentKey } from "@sumac/suit";

/**
 * What a device believes (trust.md 1): who may release which component, whose approval it waits for, and which
 * deprecated algorithm ids it still accepts. Provisioned at the factory (EDR 3.12) and on site (EDR 3.13).
 */
export interface TrustRecord {
  readonly roles: readonly Role[];
  /** COSE ids such as -7 (ES256) and -8 (EdDSA). Empty = only the current, fully specified ids. */
  readonly legacyAlgorithms: readonly number[];
}

/**
 * `release` roles say what may run; at least one must have signed, and each component needs one that may write it.
 * `approval` roles (the plant) are all demanded on top: they can hold an update back, never let one through.
 */
export interface Role {
  readonly name: string;
  readonly purpose: "release" | "approval";
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

/** Well-formed bytes, but a record that nobody should act on. */
export type TrustRecordRefusal =
  | Malformed
  | { readonly code: "trust-threshold"; readonly role: string; readonly threshold: number; readonly keys: number }
  | { readonly code: "trust-duplicate-key"; readonly role: string; readonly keyId: string }
  | { readonly code: "trust-duplicate-role"; readonly role: string }
  | { readonly code: "trust-no-release-role" };

const schemeLabel: Record<SignatureScheme, number> = { ed25519: 1, "ecdsa-p256-sha256": 2 };
const purposeLabel = { release: 1, approval: 2 } as const;

/** Puts a key under the id that is computed from it: nobody can give one key two ids (trust.md 1). */
export const trustKey = (key: PublicKey, crypto: Crypto): TrustedKey => ({ keyId: computeKeyId(key, crypto), key });

/** Refuses thresholds that cannot be met or mean nothing, the same key material twice in a role, and two roles of one name. */
export function checkTrustRecord(record: TrustRecord): Result<TrustRecord, TrustRecordRefusal> {
  const names = new Set<string>();
  for (const { name, threshold, keys } of record.roles) {
    if (names.has(name)) return err({ code: "trust-duplicate-role", role: name });
    names.add(name);
    const distinct = new Set<string>();
    for (const { key, keyId } of keys) {
      const material = `${key.scheme} ${bytesToHex(key.bytes)}`;
      if (distinct.has(material)) return err({ code: "trust-duplicate-key", role: name, keyId: bytesToHex(keyId) });
      distinct.add(material);
    }
    if (!Number.isInteger(threshold) || threshold < 1 || threshold > keys.length) {
      return err({ code: "trust-threshold", role: name, threshold, keys: keys.length });
    }
  }
  if (!record.roles.some((role) => role.purpose === "release")) return err({ code: "trust-no-release-role" });
  return ok(record);
}

/**
 * Wire form, deterministic CBOR: [1, [* [name, purpose, threshold, [* [scheme, key bytes]], null / [* component id]]],
 * [* legacy algorithm id]]. Key ids are not carried: the reader computes them.
 */
export function serializeTrustRecord(record: TrustRecord): Uint8Array {
  return encode([
    1,
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

/** Reads a trust record from bytes that are already believed (factory, or a signed trust update); limit 64 roles and keys. */
export function parseTrustRecord(bytes: Uint8Array, crypto: Crypto): Result<TrustRecord, TrustRecordRefusal> {
  const decoded = decode(bytes, { field: "trust-record" });
  if (!decoded.ok) return decoded;
  try {
    const [version, roles, legacy] = tuple(decoded.value, 3, "trust-record");
    if (integer(version, "version") !== 1) throw malformed("wrong-value", "trust-record.version", version.offset);
    return checkTrustRecord({
      roles: list(roles, "roles").map((role) => parseRole(role, crypto)),
      legacyAlgorithms: list(legacy, "legacy-algorithms").map((id) => integer(id, "legacy-algorithms")),
    });
  } catch (refusal) {
    if (isMalformed(refusal)) return err(refusal);
    throw refusal;
  }
}

function parseRole(item: CborItem, crypto: Crypto): Role {
  const [name, purpose, threshold, keys, components] = tuple(item, 5, "role");
  if (name.kind !== "text") throw malformed("wrong-type", "trust-record.role.name", name.offset);
  const purposeNumber = integer(purpose, "purpose");
  const purposeName = purposeNumber === 1 ? "release" : purposeNumber === 2 ? "approval" : undefined;
  if (purposeName === undefined) throw malformed("wrong-value", "trust-record.role.purpose", purpose.offset);
  return {
    name: name.value,
    purpose: purposeName,
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
  const [scheme, bytes] = tuple(item, 2, "key");
  const label = integer(scheme, "scheme");
  const key = bytesOf(bytes, "key");
  if (label === 1 && key.length === 32) return { scheme: "ed25519", bytes: key };
  if (label === 2 && key.length === 65) return { scheme: "ecdsa-p256-sha256", bytes: key };
  throw malformed("wrong-value", "trust-record.role.key", item.offset);
}

function tuple(item: CborItem | undefined, length: 2, field: string): [CborItem, CborItem];
function tuple(item: CborItem | undefined, length: 3, field: string): [CborItem, CborItem, CborItem];
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
