import { err, ok, type Result } from "@sumac/cbor";
import type { Crypto, PublicKey } from "@sumac/crypto";
import { ecdsaP256Scheme, ed25519Scheme, type KeyScheme, mlDsa65Scheme } from "../key-scheme.ts";
import { type TufKeyObject, tufKeyId, tufKeyObject } from "../tuf-key.ts";
import type { WireRole } from "./wire-metadata.ts";
import type { ChangeRefusal } from "./writer-refusal.ts";

/** Which schemes may be written: only Sumac's own clients verify ML-DSA, so somebody has to ask for it by name. */
export type WrittenSchemes = "classical" | "classical-and-ml-dsa";

export const schemesOf = (written: WrittenSchemes): readonly KeyScheme[] =>
  written === "classical" ? [ed25519Scheme, ecdsaP256Scheme] : [ed25519Scheme, ecdsaP256Scheme, mlDsa65Scheme];

/** A role's keys on their way into metadata. */
export interface ListedKeys {
  readonly role: WireRole;
  readonly keys: Readonly<Record<string, TufKeyObject>>;
}

export interface KeyRing {
  readonly name: string;
  readonly keys: readonly PublicKey[];
  readonly threshold: number;
}

/** Refuses what would let one person sign as two, and what nobody could ever sign. */
export function listKeys(
  { name, keys, threshold }: KeyRing,
  written: WrittenSchemes,
  crypto: Crypto,
): Result<ListedKeys, ChangeRefusal> {
  const listed = new Map<string, TufKeyObject>();
  const materials = new Map<string, string>();
  for (const key of keys) {
    const object = writtenKey(key, written);
    if (object === undefined) return err({ code: "key-type-not-written", role: name, scheme: key.scheme });
    const id = tufKeyId(key, crypto);
    const material = materialOf(object, written);
    if (material === undefined) return err({ code: "key-type-not-written", role: name, scheme: key.scheme });
    if (materials.has(material)) return err({ code: "key-repeated", role: name, keyId: id });
    materials.set(material, id);
    listed.set(id, object);
  }
  const role = checkThreshold(name, { keyids: [...listed.keys()], threshold });
  return role.ok ? ok({ role: role.value, keys: Object.fromEntries(listed) }) : role;
}

export function checkThreshold(name: string, role: WireRole): Result<WireRole, ChangeRefusal> {
  const { threshold, keyids } = role;
  if (Number.isSafeInteger(threshold) && threshold >= 1 && threshold <= keyids.length) return ok(role);
  return err({ code: "threshold-unreachable", role: name, threshold, keys: keyids.length });
}

function writtenKey(key: PublicKey, written: WrittenSchemes): TufKeyObject | undefined {
  const object = tufKeyObject(key);
  return object !== undefined && schemesOf(written).some(({ scheme }) => scheme === object.scheme) ? object : undefined;
}

const materialOf = (object: TufKeyObject, written: WrittenSchemes): string | undefined =>
  schemesOf(written)
    .find(({ scheme }) => scheme === object.scheme)
    ?.readKey(object.keyval.public)?.material;

/**
 * One file's keys: the lists of all its roles together. The same material under two ids cannot come about here, because
 * the writer has one spelling of a key and the id is its hash.
 */
export function joinKeys(
  lists: readonly Readonly<Record<string, TufKeyObject>>[],
  used: Iterable<string>,
): Readonly<Record<string, TufKeyObject>> {
  const all = new Map(lists.flatMap((list) => Object.entries(list)));
  const kept = new Map<string, TufKeyObject>();
  for (const id of [...new Set(used)].sort()) {
    const key = all.get(id);
    if (key !== undefined) kept.set(id, key);
  }
  return Object.fromEntries(kept);
}
