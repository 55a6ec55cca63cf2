import { err, ok, type Result } from "@sumac/cbor";
import { type DraftContext, expiryOf, nextVersion } from "./draft-context.ts";
import { joinKeys, type KeyRing, listKeys } from "./role-keys.ts";
import { specVersion, type WireRoot } from "./wire-metadata.ts";
import type { ChangeRefusal } from "./writer-refusal.ts";

export interface OfflineKeys {
  readonly snapshot: Omit<KeyRing, "name">;
  readonly timestamp: Omit<KeyRing, "name">;
}

/**
 * The next root of the tree that goes into bundles (tuf.md 8): root and targets keys as online, so that targets and role
 * files are the same bytes in both; snapshot and timestamp have keys of their own, whose files live long. One key must
 * not be in both trees: who holds the server's would hold the bundles'.
 */
export function offlineRoot(
  online: WireRoot,
  current: WireRoot | undefined,
  keys: OfflineKeys | undefined,
  context: DraftContext,
): Result<WireRoot, ChangeRefusal> {
  const expires = expiryOf("root", context);
  if (!expires.ok) return expires;
  const version = nextVersion("root", current?.version ?? 0);
  if (!version.ok) return version;
  const rings: ["snapshot" | "timestamp", WireRoot["roles"]["root"]][] = [];
  const lists = [online.keys, ...(current === undefined ? [] : [current.keys])];
  for (const name of ["snapshot", "timestamp"] as const) {
    const listed = keys === undefined ? undefined : listKeys({ name, ...keys[name] }, context.schemes, context.crypto);
    if (listed?.ok === false) return listed;
    const role = listed?.value.role ?? current?.roles[name];
    if (role === undefined) return err({ code: "threshold-unreachable", role: name, threshold: 1, keys: 0 });
    const both = [...online.roles.snapshot.keyids, ...online.roles.timestamp.keyids];
    const keyId = role.keyids.find((id) => both.includes(id));
    if (keyId !== undefined) return err({ code: "key-present", role: name, keyId });
    if (listed !== undefined) lists.push(listed.value.keys);
    rings.push([name, role]);
  }
  const { root, targets } = online.roles;
  const roles = { root, targets, ...Object.fromEntries(rings) } as WireRoot["roles"];
  return ok({
    _type: "root",
    consistent_snapshot: true,
    expires: expires.value,
    keys: joinKeys(
      lists,
      Object.values(roles).flatMap(({ keyids }) => keyids),
    ),
    roles,
    spec_version: specVersion,
    tree: "offline",
    version: version.value,
  });
}
