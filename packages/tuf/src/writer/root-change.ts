import { err, ok, type Result } from "@sumac/cbor";
import type { PublicKey } from "@sumac/crypto";
import { type TopLevelRole, topLevelRoles } from "../role-name.ts";
import { tufKeyId } from "../tuf-key.ts";
import { type DraftContext, expiryOf, nextVersion } from "./draft-context.ts";
import { checkThreshold, joinKeys, type KeyRing, listKeys } from "./role-keys.ts";
import { specVersion, type WireRole, type WireRoot } from "./wire-metadata.ts";
import type { ChangeRefusal } from "./writer-refusal.ts";

export interface FirstRoot {
  /** Which of the vendor's two trees it begins (tuf.md 8). */
  readonly tree: "online" | "offline";
  readonly keys: Readonly<Record<TopLevelRole, Omit<KeyRing, "name">>>;
}

/** Version 1 of a tree's root. */
export function firstRoot({ tree, keys }: FirstRoot, context: DraftContext): Result<WireRoot, ChangeRefusal> {
  const expires = expiryOf("root", context);
  if (!expires.ok) return expires;
  const roles = new Map<string, WireRole>();
  const lists = [];
  for (const name of topLevelRoles) {
    const listed = listKeys({ name, ...keys[name] }, context.schemes, context.crypto);
    if (!listed.ok) return listed;
    roles.set(name, listed.value.role);
    lists.push(listed.value.keys);
  }
  const wireRoles = Object.fromEntries(roles) as WireRoot["roles"];
  return ok({
    _type: "root",
    consistent_snapshot: true,
    expires: expires.value,
    keys: joinKeys(lists, usedIds(wireRoles)),
    roles: wireRoles,
    spec_version: specVersion,
    tree,
    version: 1,
  });
}

/** Who signs for a role from now on. */
export interface KeyChange {
  readonly role: string;
  readonly add: readonly PublicKey[];
  /** Lower-case hex. */
  readonly remove: readonly string[];
  /** Absent: as it was. */
  readonly threshold?: number;
}

/** The next root: the same with new keys, or with no change the same with a new expiry. */
export function nextRoot(
  current: WireRoot,
  changes: readonly (KeyChange & { readonly role: TopLevelRole })[],
  context: DraftContext,
): Result<WireRoot, ChangeRefusal> {
  const expires = expiryOf("root", context);
  if (!expires.ok) return expires;
  const version = nextVersion("root", current.version);
  if (!version.ok) return version;
  let roles = current.roles;
  const lists = [current.keys];
  for (const change of changes) {
    const changed = changeKeys(roles[change.role], change, context);
    if (!changed.ok) return changed;
    roles = { ...roles, [change.role]: changed.value.role };
    lists.push(changed.value.keys);
  }
  const keys = joinKeys(lists, usedIds(roles));
  return ok({ ...current, expires: expires.value, keys, roles, version: version.value });
}

/** The keys of one role after a change; shared by root and delegations. */
export function changeKeys(
  before: WireRole,
  { role, add, remove, threshold = before.threshold }: KeyChange,
  { schemes, crypto }: DraftContext,
): ReturnType<typeof listKeys> {
  for (const keyId of remove) {
    if (!before.keyids.includes(keyId)) return err({ code: "key-absent", role, keyId });
  }
  const added = listKeys({ name: role, keys: add, threshold: Math.max(1, add.length) }, schemes, crypto);
  if (!added.ok && add.length > 0) return added;
  const ids = add.map((key) => tufKeyId(key, crypto));
  const present = ids.find((id) => before.keyids.includes(id) && !remove.includes(id));
  if (present !== undefined) return err({ code: "key-present", role, keyId: present });
  const keyids = [...before.keyids.filter((id) => !remove.includes(id)), ...ids];
  if (add.length + remove.length === 0 && threshold === before.threshold) {
    return err({ code: "nothing-to-change", role });
  }
  const checked = checkThreshold(role, { keyids, threshold });
  return checked.ok ? ok({ role: checked.value, keys: added.ok ? added.value.keys : {} }) : checked;
}

const usedIds = (roles: WireRoot["roles"]): readonly string[] => Object.values(roles).flatMap(({ keyids }) => keyids);
