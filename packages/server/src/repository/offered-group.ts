import { err, ok, type Result } from "@sumac/cbor";
import type { Crypto } from "@sumac/crypto";
import { isWritableRoleName, type TufRefusal } from "@sumac/tuf";
import { type HeldRoot, type HeldTargets, holdRoot, holdTargets, type WriterRefusal } from "@sumac/tuf/writer";
import { type HeldTree, publishedVersion } from "./held-tree.ts";
import type { OwnRepositoryRefusal } from "./repository-refusal.ts";

/** Role files that become visible together: a new delegation and the role that its keys have signed, for example. */
export interface OfferedGroup {
  /** In any order. */
  readonly roots: readonly Uint8Array[];
  readonly targets: Uint8Array | undefined;
  readonly lines: ReadonlyMap<string, Uint8Array>;
}

/** Of a group what the tree does not have, parsed and placed behind it. */
export interface NewFiles {
  /** One version after the other. */
  readonly roots: readonly HeldRoot[];
  readonly targets: HeldTargets | undefined;
  readonly lines: ReadonlyMap<string, HeldTargets>;
}

export type GroupRefusal = TufRefusal | WriterRefusal | OwnRepositoryRefusal;

/** Reads a published file that an offered one is compared with. */
export type ReadPublished = (role: string, version: number) => Uint8Array | undefined;

/**
 * What was published before may be offered again and is passed over, so that whoever was interrupted repeats all of it.
 * Nothing older and no second content under one version.
 */
export function sortGroup(
  group: OfferedGroup,
  tree: HeldTree | undefined,
  read: ReadPublished,
  crypto: Crypto,
): Result<NewFiles, GroupRefusal> {
  const roots = sortRoots(group.roots, tree?.root.metadata.version ?? 0, read, crypto);
  if (!roots.ok) return roots;
  const lines = new Map<string, HeldTargets>();
  let targets: HeldTargets | undefined;
  const offered: readonly (readonly [string, Uint8Array])[] = [
    ...(group.targets === undefined ? [] : [["targets", group.targets] as const]),
    ...group.lines,
  ];
  for (const [role, bytes] of offered) {
    if (role !== "targets" && !isWritableRoleName(role)) {
      return err({ code: "name-not-writable", what: "role", name: role });
    }
    const held = holdTargets(bytes, `${role}.json`, crypto);
    if (!held.ok) return held;
    const have = publishedVersion(tree, role);
    const { version } = held.value.metadata;
    if (version < have) return err({ code: "rollback", role, have, offered: version, since: "stored" });
    if (version === have) {
      if (!isSame(bytes, read(role, version))) return err({ code: "role-conflict", role, version });
    } else if (role === "targets") targets = held.value;
    else lines.set(role, held.value);
  }
  return ok({ roots: roots.value, targets, lines });
}

function sortRoots(
  offered: readonly Uint8Array[],
  current: number,
  read: ReadPublished,
  crypto: Crypto,
): Result<readonly HeldRoot[], GroupRefusal> {
  const held: HeldRoot[] = [];
  for (const bytes of offered) {
    const root = holdRoot(bytes, "root.json", crypto);
    if (!root.ok) return root;
    const { version } = root.value.metadata;
    if (version > current) held.push(root.value);
    else if (!isSame(bytes, read("root", version))) return err({ code: "role-conflict", role: "root", version });
  }
  held.sort((a, b) => a.metadata.version - b.metadata.version);
  for (const [index, root] of held.entries()) {
    const expected = current + index + 1;
    const { version } = root.metadata;
    if (version !== expected) return err({ code: "root-version-gap", expected, offered: version });
  }
  return ok(held);
}

const isSame = (a: Uint8Array, b: Uint8Array | undefined): boolean => b !== undefined && Buffer.compare(a, b) === 0;
