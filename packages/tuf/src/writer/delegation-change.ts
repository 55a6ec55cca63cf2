import { err, ok, type Result } from "@sumac/cbor";
import { isWritablePattern, isWritableSegment } from "../path-pattern.ts";
import { isWritableRoleName, lineRoleName } from "../role-name.ts";
import { type DraftContext, expiryOf, nextVersion } from "./draft-context.ts";
import { PatternIndex } from "./pattern-index.ts";
import { joinKeys, type KeyRing, listKeys } from "./role-keys.ts";
import { changeKeys, type KeyChange } from "./root-change.ts";
import { specVersion, type WireDelegation, type WireDelegations, type WireTargets } from "./wire-metadata.ts";
import type { ChangeRefusal } from "./writer-refusal.ts";

/** Version 1 of the top-level targets: it delegates and lists nothing. */
export function firstTargets(context: DraftContext): Result<WireTargets, ChangeRefusal> {
  const expires = expiryOf("targets", context);
  if (!expires.ok) return expires;
  const delegations = { keys: {}, roles: [] };
  return ok({
    _type: "targets",
    delegations,
    expires: expires.value,
    spec_version: specVersion,
    targets: {},
    version: 1,
  });
}

export interface NewLine extends Omit<KeyRing, "name"> {
  /** First segment of the line's target paths. */
  readonly line: string;
}

/** Gives a product line to its keys: role `line-<line>`, path `<line>`, any model, any version, terminating. */
export function addLine(
  current: WireTargets,
  { line, ...ring }: NewLine,
  context: DraftContext,
): Result<WireTargets, ChangeRefusal> {
  const name = lineRoleName(line);
  if (!isWritableSegment(line)) return err({ code: "name-not-writable", what: "line", name: line });
  if (!isWritableRoleName(name)) return err({ code: "name-not-writable", what: "line", name: line });
  const listed = listKeys({ name, ...ring }, context.schemes, context.crypto);
  if (!listed.ok) return listed;
  const role = { name, paths: [`${line}/*/*`], terminating: true, ...listed.value.role };
  const before = delegationsOf(current);
  return withDelegations(
    current,
    { keys: { ...before.keys, ...listed.value.keys }, roles: [...before.roles, role] },
    context,
  );
}

/** Takes a line away. Its role file stays in the tree; no snapshot lists it any more. */
export function removeLine(
  current: WireTargets,
  role: string,
  context: DraftContext,
): Result<WireTargets, ChangeRefusal> {
  const before = delegationsOf(current);
  const found = findDelegation(current, role);
  if (!found.ok) return found;
  return withDelegations(current, { ...before, roles: before.roles.filter(({ name }) => name !== role) }, context);
}

/** New keys or another threshold for delegated roles. A role of a split line changes by itself. */
export function changeLineKeys(
  current: WireTargets,
  changes: readonly KeyChange[],
  context: DraftContext,
): Result<WireTargets, ChangeRefusal> {
  let { keys, roles } = delegationsOf(current);
  for (const change of changes) {
    const found = findDelegation(current, change.role);
    if (!found.ok) return found;
    const changed = changeKeys(found.value, change, context);
    if (!changed.ok) return changed;
    keys = { ...keys, ...changed.value.keys };
    roles = roles.map((role) => (role.name === change.role ? { ...role, ...changed.value.role } : role));
  }
  return withDelegations(current, { keys, roles }, context);
}

export function findDelegation(targets: WireTargets, role: string): Result<WireDelegation, ChangeRefusal> {
  const { roles } = delegationsOf(targets);
  const found = roles.find(({ name }) => name === role);
  return found === undefined
    ? err({ code: "delegation-absent", role, known: roles.map(({ name }) => name) })
    : ok(found);
}

export const delegationsOf = (targets: WireTargets): WireDelegations => targets.delegations ?? { keys: {}, roles: [] };

/** The next targets file with these delegations, after every rule for them. */
export function withDelegations(
  current: WireTargets,
  delegations: WireDelegations,
  context: DraftContext,
): Result<WireTargets, ChangeRefusal> {
  const flaw = delegationFlaw(delegations.roles);
  if (flaw !== undefined) return err(flaw);
  const expires = expiryOf("targets", context);
  if (!expires.ok) return expires;
  const version = nextVersion("targets", current.version);
  if (!version.ok) return version;
  const keys = joinKeys(
    [delegations.keys],
    delegations.roles.flatMap(({ keyids }) => keyids),
  );
  return ok({
    ...current,
    delegations: { keys, roles: delegations.roles },
    expires: expires.value,
    version: version.value,
  });
}

/** Names, patterns, two delegations of one name, and two of one path: the first ends the search. */
export function delegationFlaw(roles: readonly WireDelegation[]): ChangeRefusal | undefined {
  const names = new Set<string>();
  const index = new PatternIndex();
  for (const { name, paths } of roles) {
    if (!isWritableRoleName(name)) return { code: "name-not-writable", what: "role", name };
    if (names.has(name)) return { code: "delegation-present", role: name };
    names.add(name);
    const unwritable = paths.find((pattern) => !isWritablePattern(pattern));
    if (unwritable !== undefined) return { code: "name-not-writable", what: "pattern", name: unwritable };
    for (const pattern of paths) {
      const other = index.add(name, pattern);
      if (other !== undefined) return { code: "delegations-overlap", role: name, other, pattern };
    }
  }
  return undefined;
}
