import type { Result } from "@sumac/cbor";
import { bytesToHex, type Crypto } from "@sumac/crypto";
import type { Delegation, RoleKeys, TargetFile } from "../metadata.ts";
import { matchesPattern } from "../path-pattern.ts";
import type { TufRefusal } from "../refusal.ts";
import { isLegalTargetPath } from "../target-path.ts";
import type { AcceptedRole, TrustedRepository } from "./repository.ts";
import { needRole } from "./role.ts";
import { attemptSteps, type Steps } from "./step.ts";
import { type Authority, refuseTuf } from "./verified-file.ts";

/** A target that the repository vouches for; its bytes are still to come (`FileCheck`). */
export interface FoundTarget {
  readonly target: TargetFile;
  /** The role that lists it, and whose keys signed. */
  readonly role: string;
  readonly roleVersion: number;
  readonly keys: RoleKeys;
}

/**
 * TUF 1.0.34 5.6.7: depth first, in the order of the file, along delegations whose scope holds the path; a terminating one
 * ends the search whether or not it lists the target. No role is visited twice.
 */
export function* findTarget(repository: TrustedRepository, path: string): Steps<Result<FoundTarget, TufRefusal>> {
  return yield* attemptSteps(() => search(repository, path));
}

interface Visit {
  readonly role: string;
  readonly authority: Authority;
}

function* search(repository: TrustedRepository, path: string): Steps<FoundTarget> {
  if (!isLegalTargetPath(path)) return refuseTuf({ code: "target-unknown", target: path });
  const { root, context } = repository;
  const limit = context.policy.maxSearch;
  const visited = new Set<string>();
  let waiting: Visit[] = [{ role: "targets", authority: { name: "root", keys: root.roles.targets } }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { role, authority } = next;
    if (visited.has(role)) continue;
    if (visited.size >= limit) refuseTuf({ code: "search-too-long", target: path, limit });
    visited.add(role);
    const accepted = yield* needRole(role, authority, repository);
    const { metadata } = accepted.targets;
    const target = metadata.targets.get(path);
    refuseWithdrawn(role, path, target, accepted);
    if (target !== undefined) return { target, role, roleVersion: metadata.version, keys: authority.keys };
    const matching = metadata.delegations.filter(scopeOf(path, context.crypto));
    const end = matching.findIndex(({ terminating }) => terminating);
    if (end >= 0) waiting = [];
    const follow = end >= 0 ? matching.slice(0, end + 1) : matching;
    for (const delegation of follow.toReversed()) {
      waiting.push({ role: delegation.name, authority: { name: role, keys: delegation } });
    }
  }
  return refuseTuf({ code: "target-unknown", target: path });
}

/** The path is hashed only if a delegation asks for it. */
function scopeOf(path: string, crypto: Crypto): (delegation: Delegation) => boolean {
  let hash: string | undefined;
  const pathHash = (): string => {
    const digest = crypto.startDigest("sha-256");
    digest.update(new TextEncoder().encode(path));
    return bytesToHex(digest.digest());
  };
  return ({ scope }) => {
    if (scope.kind === "paths") return scope.patterns.some((pattern) => matchesPattern(pattern, path));
    hash ??= pathHash();
    return scope.prefixes.some((prefix) => hash?.startsWith(prefix));
  };
}

/** An old bundle may offer only what the newest known file of the role still lists as it is. */
function refuseWithdrawn(role: string, path: string, target: TargetFile | undefined, accepted: AcceptedRole): void {
  const offered = accepted.inTree?.metadata.targets.get(path);
  if (accepted.inTree === undefined || offered === undefined) return;
  const same =
    target !== undefined &&
    target.length === offered.length &&
    [...target.hashes].every(([name, hash]) => offered.hashes.get(name) === hash);
  if (same) return;
  const have = accepted.targets.metadata.version;
  refuseTuf({ code: "rollback", role, have, offered: accepted.inTree.metadata.version, since: "stored" });
}
